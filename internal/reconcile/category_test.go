package reconcile_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
)

// both makes a process work on categories and products.
func both(w *world, p *process) *process {
	w.Helper()
	categories, err := reconcile.NewCategory(p.opts, w.oms, p.target)
	if err != nil {
		w.Fatalf("NewCategory: %v", err)
	}
	products, err := reconcile.NewProduct(p.opts, p.target)
	if err != nil {
		w.Fatalf("NewProduct: %v", err)
	}
	p.handler = byResource{event.Category: categories, event.Product: products}
	return p
}

// synchronised makes a process one of a tenant that synchronises categories, with product groups below
// root unless that is empty.
func synchronised(root string) func(*world, *process) *process {
	return func(w *world, p *process) *process {
		p.opts.Tenant.Resources = []string{"product", "category"}
		p.opts.Tenant.Properties["SyncCategoriesToFlow"] = "true"
		p.opts.Tenant.Properties["ProductGroupRootId"] = root
		return both(w, p)
	}
}

// newCategoryWorld synchronises categories; its default product group is there.
func newCategoryWorld(t *testing.T, root string) *world {
	t.Helper()
	w := newWorld(t)
	w.opts.Tenant.Properties["DefaultProductGroupUid"] = "diverse"
	g := flow.ProductGroup{ProductGroupUID: "diverse", Name: "Diverse"}
	if _, err := w.target.PutProductGroup(t.Context(), g, false); err != nil {
		t.Fatal(err)
	}
	synchronised(root)(w, w.process)
	return w
}

func category(id string) job.Key { return job.Key{Resource: event.Category, ID: id} }

// tree puts categories into Omnium: "child<parent Name".
func (w *world) tree(specs ...string) []job.Key {
	w.Helper()
	var keys []job.Key
	for _, spec := range specs {
		place, name, _ := strings.Cut(spec, " ")
		id, parent, _ := strings.Cut(place, "<")
		if name == "" {
			name = id
		}
		w.store(omniumtest.Categories, omnium.Category{
			ID: id + "_no", CategoryID: id, ParentID: parent, Language: "no", Name: name,
		})
		keys = append(keys, category(id))
	}
	return keys
}

// categorize runs the job of one category whose event is of now.
func (w *world) categorize(id string) job.Outcome {
	w.Helper()
	return w.handle(w, w.due(category(id)))[0]
}

// grown fails the test unless Flow holds what Omnium's categories are mapped to. Of what is gone or has
// become something else Flow may hold more.
func (w *world) grown(root string) {
	w.Helper()
	all := mapping.Categories{}
	for _, c := range omniumtest.Documents[omnium.Category](w.omnium, omniumtest.Categories) {
		if c.Language == "no" {
			all[c.CategoryID] = &c
		}
	}
	state := w.snapshot()
	for id := range all {
		m, err := mapping.Category(all, id, root)
		if err != nil || m == nil {
			continue
		}
		if m.Group != nil {
			if diff := cmp.Diff(*m.Group, state.Groups[m.Group.ProductGroupUID]); diff != "" {
				w.Errorf("product group of %s (-want +got):\n%s", id, diff)
			}
			continue
		}
		if diff := cmp.Diff(*m.Category, state.Categories[m.Category.CategoryUID]); diff != "" {
			w.Errorf("category of %s (-want +got):\n%s", id, diff)
		}
	}
}

// TestCategoriesInAnyOrder pushes a tree leaf first, root first, and all at once.
func TestCategoriesInAnyOrder(t *testing.T) {
	t.Parallel()
	specs := []string{"groups<root", "a<groups", "b<a", "c<b", "x<root", "y<x"}
	for name, order := range map[string]func([]job.Key){
		"leaf first": slices.Reverse[[]job.Key], "root first": func([]job.Key) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCategoryWorld(t, "groups")
			keys := w.tree(specs...)
			order(keys)
			last := w.drainKey(w.process, keys...)
			w.grown("groups")
			w.want("run of the root", last[category("groups")], "done skipped product_group_root")
			state := w.snapshot()
			groups := slices.Sorted(maps.Keys(state.Groups))
			categories := slices.Sorted(maps.Keys(state.Categories))
			if fmt.Sprint(groups, categories) != "[a b c diverse] [x y]" {
				t.Errorf("groups %v and categories %v, want a b c diverse and x y", groups, categories)
			}
			before := w.calls()
			for key, o := range w.drainKey(w.process, keys...) {
				if o.Result != job.Unchanged && key != category("groups") {
					t.Errorf("another run of %s = %s, want unchanged", key, show(o))
				}
			}
			if got := w.ops(before); got != "" {
				t.Errorf("requests for an unchanged tree = %q, want none", got)
			}
		})
	}
}

// TestManyCategoriesAreReadAtOnce checks that a large batch costs one scroll, and is pushed from the top
// down, so that nobody waits.
func TestManyCategoriesAreReadAtOnce(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "")
	var jobs []job.Job
	for i := 30; i > 0; i-- {
		key := w.tree(fmt.Sprintf("c%d<c%d", i, i/3))[0]
		j := aged(w.due(key))
		jobs = append(jobs, j)
	}
	for i, o := range w.handle(t, jobs...) {
		w.want("outcome of "+jobs[i].ID, o, "done pushed")
	}
	w.grown("")
	if got := w.omnium.Calls(omniumtest.OpCategoryScroll); got != 1 {
		t.Errorf("scrolls = %d, want 1", got)
	}
	// The parent of the top, c0, does not exist, which the search cannot tell: asked in two languages.
	if got := w.omnium.Calls(omniumtest.OpCategory); got > 4 {
		t.Errorf("reads by id = %d, want those for c0 only", got)
	}
}

// TestYoungCategoriesAreReadByID covers Omnium's search, which does not show what has just happened.
func TestYoungCategoriesAreReadByID(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "")
	now := time.Now().Add(-time.Minute)
	w.omnium.Now = func() time.Time { return now }
	w.omnium.IndexLag = 10 * time.Second
	w.drainKey(w.process, w.tree("a", "b<a", "c<a", "d<a", "e<a")...)
	var jobs []job.Job
	for _, key := range w.tree("v", "x", "y", "z") { // enough of them to read all
		j := aged(w.due(key))
		jobs = append(jobs, j)
	}
	now = time.Now()
	for _, key := range w.tree("a", "b", "c<b", "d<b", "e<d Renamed") {
		jobs = append(jobs, w.due(key))
	}
	w.handle(t, jobs...)
	if got := w.omnium.Calls(omniumtest.OpCategoryScroll); got == 0 {
		t.Error("scrolls = 0, want one for what is not young")
	}
	w.drainKey(w.process)
	w.grown("")
}

// TestCategoryBulkReadThatFails checks that a search that fails says nothing about its categories. Those
// that are new need it to find out what is below them.
func TestCategoryBulkReadThatFails(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{503: "snoozed omnium_unavailable", 400: "done pushed"} {
		w := newCategoryWorld(t, "")
		keys := w.tree("a", "b", "c", "d")
		w.drainKey(w.process, keys...)
		w.tree("a New", "b New", "c New", "d New")
		w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) {
			return status, nil, strings.HasSuffix(r.URL.Path, "ScrollSearch")
		}
		var jobs []job.Job
		for _, key := range keys {
			j := aged(w.due(key))
			jobs = append(jobs, j)
		}
		for _, o := range w.handle(t, jobs...) {
			w.want(fmt.Sprintf("run while the search answers %d", status), o, want)
		}
	}
}

func TestCategoryLanguage(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "")
	w.store(omniumtest.Categories, omnium.Category{ID: "a_en", CategoryID: "a", Language: "en", Name: "Jackets"})
	w.want("run in another language than the market's", w.categorize("a"), "done pushed")
	w.tree("a Jakker")
	w.want("run of a document", w.categorize("a_no"), "done rekeyed alias_of_a")
	w.drainKey(w.process)
	if got := w.snapshot().Categories["a"].Name; got != "Jakker" {
		t.Errorf("name = %q, want that in the language of the market", got)
	}
	w.omnium.Remove(omniumtest.Categories, "a_no")
	w.want("deletion of a document", w.handle(t, of(event.Category, w.event("a_no", event.Deleted)))[0],
		"done rekeyed alias_of_a")
	w.drainKey(w.process)
	if got := w.snapshot().Categories["a"].Name; got != "Jackets" {
		t.Errorf("name = %q, want that in the language that is left", got)
	}
}

// TestCategoryMoves moves categories below a root and out of it, renames, swaps and deletes them: after
// the jobs of what changed, and what they ask for, Flow is what Omnium says.
func TestCategoryMoves(t *testing.T) {
	t.Parallel()
	before := []string{"groups<root", "a<groups", "b<a", "c<b", "x<root", "y<x", "z<y"}
	tests := map[string][]string{
		"rename":                   {"a<groups New name"},
		"within the groups":        {"c<a"},
		"to the top":               {"c<groups"},
		"out of the groups":        {"b<x"},
		"whole branch out":         {"a<root"},
		"into the groups":          {"x<a"},
		"into the groups, at once": {"y<groups", "x<y"},
		"change of places":         {"b<groups", "a<b"},
		"turned upside down":       {"c<groups", "b<c", "a<b"},
		"categories upside down":   {"z<root", "y<z", "x<y"},
		"parent is not there":      {"b<nowhere"},
		"new parent":               {"new<groups", "c<new"},
		"in, out and renamed":      {"c<z Other", "y<a Inside"},
	}
	for name, after := range tests {
		for _, reversed := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", last first"}[reversed], func(t *testing.T) {
				t.Parallel()
				w := newCategoryWorld(t, "groups")
				w.drainKey(w.process, w.tree(before...)...)
				keys := w.tree(after...)
				if reversed {
					slices.Reverse(keys)
				}
				for key, o := range w.drainKey(w.process, keys...) {
					if o.Verdict != job.Done {
						t.Errorf("last run of %s = %s, want done", key, show(o))
					}
				}
				w.grown("groups")
				w.drainKey(w.process, w.tree(before...)...)
				w.grown("groups")
			})
		}
	}
}

// TestCategoryGoes checks that what is deleted is left in place, and that its children move up and come
// back down with it.
func TestCategoryGoes(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "groups")
	w.drainKey(w.process, append(w.tree("a<groups", "b<a", "c<b"), w.sorted("p", "c"))...)
	w.want("delete of what was never seen", w.handle(t, of(event.Category, w.event("never", event.Deleted)))[0],
		"done skipped unknown_to_omnium")
	w.want("delete of what was never seen, with a language", w.handle(t, of(event.Category, w.event("never_no", event.Deleted)))[0],
		"done skipped unknown_to_omnium")
	for range 2 {
		w.omnium.Remove(omniumtest.Categories, "a_no")
		before := w.calls()
		w.want("delete", w.handle(t, of(event.Category, w.event("a", event.Deleted)))[0], "done skipped deleted_left_in_place")
		if got := w.ops(before); got != "" {
			t.Errorf("requests of a delete = %q, want none", got)
		}
		w.drainKey(w.process)
		w.grown("groups")
		if _, there := w.snapshot().Groups["a"]; !there {
			t.Error("the deleted group is not in Flow any more, want it left in place")
		}
		if got := w.snapshot().Categories["c"].ParentUID; got != "b" {
			t.Errorf("parent of c = %q, want b: both are categories now", got)
		}
		w.placed("p", "diverse", "c")
		w.drainKey(w.process, w.tree("a<groups Back")...)
		w.grown("groups")
		w.placed("p", "c")
	}
}

// TestCategoryCycle checks that a cycle is a dead letter for whatever runs into it, and that all of it
// is looked at again once one member has found a place.
func TestCategoryCycle(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "")
	w.drainKey(w.process, w.tree("old")...)
	keys := w.tree("a<c", "b<a", "c<b", "d<c", "old<a")
	for key, o := range w.drainKey(w.process, keys...) {
		w.want("run of "+key.ID, o, "permanent category_cycle")
		wantNames(t, o, "a", "b", "c")
	}
	w.tree("b<root")
	w.drainKey(w.process, category("b"))
	w.grown("")
	for _, id := range []string{"a", "b", "c", "d"} {
		if _, there := w.snapshot().Categories[id]; !there {
			t.Errorf("%s is not in Flow, want it there without an event of its own", id)
		}
	}
}

func TestCategoriesOnOneUID(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "")
	w.drainKey(w.process, w.tree("a-1", "child<a-1")...)
	w.tree("a1", "other<a1")
	o := w.categorize("a1")
	w.want("run of the second", o, "permanent uid_collision")
	wantNames(t, o, "a-1", "a1")
	o = w.categorize("other")
	w.want("run of its child", o, "permanent uid_collision")
	wantNames(t, o, "a-1", "a1", "other")
	if _, there := w.snapshot().Categories["other"]; there {
		t.Error("the child of the second is in Flow, want it nowhere rather than below the first")
	}
}

func TestNewCategoryRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, err := range map[string]error{
		"options": second(reconcile.NewCategory(reconcile.Options{}, w.oms, w.target)),
		"source":  second(reconcile.NewCategory(w.opts, nil, w.target)),
		"target":  second(reconcile.NewCategory(w.opts, w.oms, nil)),
	} {
		if err == nil {
			t.Errorf("NewCategory without %s = nil, want an error", name)
		}
	}
}
