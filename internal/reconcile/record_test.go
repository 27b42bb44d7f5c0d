package reconcile_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/rest"
)

// shelf is a Flow that holds things, and the Omnium that they come from.
type shelf struct {
	mu     sync.Mutex
	things map[string]reconcile.Thing // in Omnium
	bodies map[string]reconcile.ThingBody
	parts  map[string]map[string]string
	writes []string
}

func newShelf() *shelf {
	return &shelf{
		things: map[string]reconcile.Thing{},
		bodies: map[string]reconcile.ThingBody{}, parts: map[string]map[string]string{},
	}
}

// stock makes a process work on the things of the shelf.
func (s *shelf) stock(_ *world, p *process) *process {
	p.opts.Tenant.Resources = []string{reconcile.KindThing}
	p.handler = reconcile.NewThings(p.opts, func(id string) (reconcile.Thing, bool) {
		thing, found := s.things[id]
		return thing, found
	}, steppedShelf{s, p})
	return p
}

func thing(id string) job.Key { return job.Key{Resource: reconcile.KindThing, ID: id} }

// agrees fails the test unless the shelf holds every thing as Omnium has it.
func (s *shelf) agrees(t testing.TB) {
	t.Helper()
	for id, want := range s.things {
		if diff := cmp.Diff(want.Body, s.bodies[id]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
		got := maps.Clone(s.parts[id])
		maps.DeleteFunc(got, func(part, _ string) bool { return want.KeepsParts && want.Parts[part] == "" })
		if diff := cmp.Diff(want.Parts, got); diff != "" && len(want.Parts)+len(got) > 0 {
			t.Errorf("parts of %s (-want +got):\n%s", id, diff)
		}
	}
}

// took returns and forgets what was written, in order.
func (s *shelf) took() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	writes := s.writes
	s.writes = nil
	return writes
}

// steppedShelf is the shelf as a process reaches it: each write is a step.
type steppedShelf struct {
	*shelf
	p *process
}

func (s steppedShelf) write(what string, do func() error) error {
	return s.p.step(func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.writes = append(s.writes, what)
		return do()
	})
}

func missing() error { return &rest.Error{StatusCode: 404} }

// PutThing merges as Flow does: a field that is not named stays unless it is cleared.
func (s steppedShelf) PutThing(
	_ context.Context, uid string, b reconcile.ThingBody, _ bool, clear flow.Fields,
) (created bool, err error) {
	err = s.write("put "+uid, func() error {
		had, there := s.bodies[uid]
		created = !there
		if b.Note == "" && clear == 0 {
			b.Note = had.Note
		}
		s.bodies[uid] = b
		return nil
	})
	return created, err
}

func (s steppedShelf) PutPart(_ context.Context, uid, part, text string, _ bool) error {
	return s.write("put "+uid+"/"+part, func() error {
		if _, there := s.bodies[uid]; !there {
			return missing()
		}
		if s.parts[uid] == nil {
			s.parts[uid] = map[string]string{}
		}
		s.parts[uid][part] = text
		return nil
	})
}

func (s steppedShelf) DropPart(_ context.Context, uid, part string) error {
	return s.write("drop "+uid+"/"+part, func() error {
		if _, there := s.parts[uid][part]; !there {
			return missing()
		}
		delete(s.parts[uid], part)
		return nil
	})
}

// TestRecordSurvives puts bodies and parts through faults.
func TestRecordSurvives(t *testing.T) {
	t.Parallel()
	plain := reconcile.Thing{Body: reconcile.ThingBody{Name: "a"}}
	noted := reconcile.Thing{Body: reconcile.ThingBody{Name: "a", Note: "n"}}
	with := func(thing reconcile.Thing, parts ...string) reconcile.Thing {
		thing.Parts = map[string]string{}
		for i := 0; i < len(parts); i += 2 {
			thing.Parts[parts[i]] = parts[i+1]
		}
		return thing
	}
	two, other := with(noted, "1", "x", "2", "y"), with(plain, "1", "z", "3", "y")
	tests := map[string][3]*reconcile.Thing{
		"first push":               {nil, &two, &two},
		"first push, then other":   {nil, &two, &other},
		"first push, then nothing": {nil, &two, &plain},
		"note":                     {&plain, &noted, &noted},
		"note and back":            {&plain, &noted, &plain},
		"note gone":                {&noted, &plain, &plain},
		"note gone and back":       {&noted, &plain, &noted},
		"parts":                    {&two, &other, &other},
		"parts and back":           {&two, &other, &two},
		"parts gone":               {&two, &plain, &plain},
		"parts gone and back":      {&two, &noted, &two},
		"parts come":               {&noted, &two, &two},
		"parts come and go":        {&noted, &two, &noted},
		"three times":              {&two, &other, &plain},
	}
	for name, states := range tests {
		for _, keeps := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", parts stay"}[keeps], func(t *testing.T) {
				t.Parallel()
				s := newShelf()
				say := func(state *reconcile.Thing) func(*world) {
					if state == nil {
						return func(*world) { *s = *newShelf() }
					}
					thing := *state
					thing.KeepsParts = keeps
					return func(*world) { s.things["a"] = thing }
				}
				begin := func(w *world) {
					say(nil)(w)
					if states[0] != nil {
						say(states[0])(w)
					}
				}
				faults{
					start: s.stock, job: thing("a"),
					changes: map[string]change{"": {begin, say(states[1]), say(states[2])}},
					agrees:  func(w *world) { s.agrees(w); s.took() },
					quiet:   func() []string { return s.took() },
				}.test(t)
			})
		}
	}
}

// TestRecordWritesWhatDiffers checks what is sent, and in which order.
func TestRecordWritesWhatDiffers(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newShelf()
	s.stock(w, w.process)
	for _, step := range []struct {
		name  string
		thing reconcile.Thing
		want  []string
	}{
		{"first", reconcile.Thing{Parts: map[string]string{"1": "x"}}, []string{"put a", "put a/1"}},
		{"nothing", reconcile.Thing{Parts: map[string]string{"1": "x"}}, nil},
		{"a part", reconcile.Thing{Parts: map[string]string{"1": "y"}}, []string{"put a/1"}},
		{"another part instead", reconcile.Thing{Parts: map[string]string{"2": "y"}}, []string{"drop a/1", "put a/2"}},
		{"the body", reconcile.Thing{Body: reconcile.ThingBody{Name: "n"}, Parts: map[string]string{"2": "y"}}, []string{"put a"}},
		{"no parts that can go", reconcile.Thing{Body: reconcile.ThingBody{Name: "n"}, KeepsParts: true}, nil},
	} {
		s.things["a"] = step.thing
		w.drainKey(w.process, thing("a"))
		if got := s.took(); !slices.Equal(got, step.want) {
			t.Errorf("%s: writes = %v, want %v", step.name, got, step.want)
		}
	}
}

// TestRecordThatFlowHasLost checks that a part that Flow refuses because its record is gone makes the
// next attempt send everything, and that a body that finds the record gone does so at once.
func TestRecordThatFlowHasLost(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newShelf()
	s.stock(w, w.process)
	s.things["a"] = reconcile.Thing{Parts: map[string]string{"1": "x", "2": "x"}}
	w.drainKey(w.process, thing("a"))
	lose := func() { clear(s.bodies); clear(s.parts) }

	lose()
	s.things["a"] = reconcile.Thing{Parts: map[string]string{"1": "y", "2": "x"}}
	w.want("run with a part", w.handle(t, w.due(thing("a")))[0], "failed flow_lost_thing")
	w.want("next attempt", w.handle(t, w.due(thing("a")))[0], "done pushed")
	s.agrees(t)

	lose()
	s.things["a"] = reconcile.Thing{Body: reconcile.ThingBody{Name: "new"}, Parts: map[string]string{"2": "x"}}
	w.want("run with a body", w.handle(t, w.due(thing("a")))[0], "done pushed")
	s.agrees(t)
}
