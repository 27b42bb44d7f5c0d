package queue

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// State is where a job is.
type State string

// The states of a job. Ready and Delayed are one state of which the time has come or not.
const (
	Ready   State = "ready"   // due now
	Delayed State = "delayed" // due later
	Leased  State = "leased"  // being worked on
	Dead    State = "dead"    // a dead letter
)

// States returns every state in the order in which they are listed to people.
func States() []State { return []State{Ready, Delayed, Leased, Dead} }

// View is what is known about a job, for people who look at it.
type View struct {
	job.Key
	State      State
	Lane       job.Lane // where it waits or ran; live for a dead one
	Generation int64
	Attempts   int
	// Due is when it is or was due, when its lease ends, or when it died.
	Due time.Time
	// Enqueued is when the object first became due since it last agreed; zero for a dead one.
	Enqueued time.Time
	Cause    job.Cause
	// Reason and Detail are why a dead one died.
	Reason, Detail string
}

// Job returns one job in whatever state it is; the error is ErrNotFound when there is none.
func (q *Queue) Job(ctx context.Context, t tenant.ID, key job.Key) (View, error) {
	k := keysOf(t)
	names := []string{k.meta, k.jobs, k.due, k.bulk, k.leased, k.dead, k.died}
	reply, err := q.run(ctx, q.scripts.look, "look", names, encodeKey(key)).Slice()
	if err != nil {
		return View{}, err
	}
	if len(reply) == 0 {
		return View{}, fmt.Errorf("job %s: %w", key, ErrNotFound)
	}
	if len(reply) != 4 {
		return View{}, fmt.Errorf("look: %d values in the answer", len(reply))
	}
	number, _ := reply[1].(int64)
	record, _ := reply[3].(string)
	now, err := millis(reply[0])
	if err != nil {
		return View{}, fmt.Errorf("look: %w", err)
	}
	score, err := millis(reply[2])
	if err != nil {
		return View{}, fmt.Errorf("look: %w", err)
	}
	s := map[int64]set{3: setDue, 4: setBulk, 5: setLeased, 7: setDied}[number]
	return decodeView(s, setEntry{name: encodeKey(key), score: score, record: record}, now), nil
}

// Jobs returns up to limit jobs in a state, or in any when it is empty, and the cursor for the next
// page, which is empty after the last one. The first page has the empty cursor. Those that wait come
// first, by lane and the time they are due, then the leased by the end of the lease, then the dead,
// the youngest first. A job that changes its state between two pages is seen in either, in both or
// not at all; no other is missed or seen twice. The error is ErrCursor when the cursor is not one
// that was given out for this state.
func (q *Queue) Jobs(
	ctx context.Context, t tenant.ID, state State, cursor string, limit int,
) ([]View, string, error) {
	w := walk{state: state, sets: setsOf(state)}
	if err := w.seek(cursor); err != nil || limit < 1 {
		return nil, "", err
	}
	var views []View
	for len(w.sets) > 0 && len(views) < limit {
		asked := limit - len(views)
		found, err := q.page(ctx, t, w.sets[0], w.start(), asked)
		if err != nil {
			return nil, "", fmt.Errorf("list jobs: %w", err)
		}
		views = w.take(found, views)
	}
	return views, w.cursor(), nil
}

// setsOf lists where the jobs of a state are.
func setsOf(state State) []set {
	switch state {
	case Ready, Delayed:
		return []set{setDue, setBulk}
	case Leased:
		return []set{setLeased}
	case Dead:
		return []set{setDied}
	default:
		return []set{setDue, setBulk, setLeased, setDied}
	}
}

// walk goes through the sets of a state.
type walk struct {
	state State
	sets  []set  // those that are left; the first is the one at hand
	seen  string // cursor within it
}

// seek goes to where an earlier walk stopped: "set", or "set milliseconds name".
func (w *walk) seek(cursor string) error {
	if cursor == "" {
		return nil
	}
	name, seen, _ := strings.Cut(cursor, " ")
	at := slices.Index(w.sets, set(name))
	if _, _, err := parseCursor(seen); err != nil || at < 0 || seen == afterNow {
		return ErrCursor
	}
	w.sets, w.seen = w.sets[at:], seen
	return nil
}

// start is where in the set at hand to go on.
func (w *walk) start() string {
	if w.seen == "" && w.state == Delayed {
		return afterNow
	}
	return w.seen
}

// cursor is what seek takes; empty at the end.
func (w *walk) cursor() string {
	if len(w.sets) == 0 {
		return ""
	}
	if w.seen == "" {
		return string(w.sets[0])
	}
	return string(w.sets[0]) + " " + w.seen
}

// take adds what belongs to the state and goes on to the next set at the end of this one.
func (w *walk) take(found entryPage, views []View) []View {
	w.seen = found.next
	for _, e := range found.entries {
		if w.state == Ready && e.score.After(found.now) {
			w.seen = "" // and so are all that follow
			break
		}
		if e.found {
			views = append(views, decodeView(w.sets[0], e, found.now))
		}
	}
	if w.seen == "" {
		w.sets = w.sets[1:]
	}
	return views
}

func decodeView(s set, e setEntry, now time.Time) View {
	if s == setDied {
		d := e.letter()
		generation, _, _ := strings.Cut(e.record, " ")
		v := View{
			Key: d.Key, State: Dead, Attempts: d.Attempts, Due: d.DiedAt, Cause: d.Cause,
			Reason: d.Reason, Detail: d.Detail,
		}
		v.Generation, _ = strconv.ParseInt(generation, 10, 64) // an unreadable one has none
		return v
	}
	v := decodeRecord(e.record)
	v.Key, v.Due = decodeKey(e.name), e.score
	switch {
	case s == setLeased:
		v.State = Leased
	case e.score.After(now):
		v.State = Delayed
	default:
		v.State = Ready
	}
	return v
}

// decodeRecord reads what the scripts pack: generation attempts crashes token enqueued flags cause.
// What it cannot read is shown as the scripts take it, as a job that begins anew.
func decodeRecord(record string) View {
	fields := strings.SplitN(record, " ", 7)
	var n [6]int64
	if len(fields) < 7 {
		return View{Generation: 1}
	}
	for i := range n {
		v, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return View{Generation: 1}
		}
		n[i] = v
	}
	return View{
		Generation: n[0], Attempts: int(n[1]), Enqueued: time.UnixMilli(n[4]).UTC(),
		Lane: job.Lane(n[5] / 2 % 2), Cause: decodeCause(fields[6]),
	}
}

// Hasten makes a waiting job due now, whatever it waits for. The error is ErrNotFound when none
// waits: it is leased, dead or gone.
func (q *Queue) Hasten(ctx context.Context, t tenant.ID, key job.Key) error {
	k := keysOf(t)
	code, err := q.run(ctx, q.scripts.hasten, "hasten",
		[]string{k.meta, k.jobs, k.due, k.bulk, k.leased}, encodeKey(key), wakeChannel, string(t)).Int()
	if err != nil {
		return err
	}
	if code == 0 {
		return fmt.Errorf("waiting job %s: %w", key, ErrNotFound)
	}
	return nil
}
