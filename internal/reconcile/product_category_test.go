package reconcile_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

func productKey(id string) job.Key { return job.Key{Resource: event.Product, ID: id} }

// sorted puts a product into Omnium whose first category is its main one.
func (w *world) sorted(id string, categories ...string) job.Key {
	w.Helper()
	p := plain(id)
	p.MainCategoryID, p.MainCategoryName = categories[0], "copy of "+categories[0]
	for _, c := range categories {
		p.Categories = append(p.Categories, omnium.ProductCategory{CategoryID: c})
	}
	w.put(p)
	return productKey(id)
}

// placed fails the test unless the product is in the group and the categories.
func (w *world) placed(uid, group string, categories ...string) {
	w.Helper()
	p := w.product(uid)
	if p.ProductGroupUID != group || !slices.Equal(p.CategoryUIDs, categories) {
		w.Errorf("%s is in group %q and categories %v, want %q and %v",
			uid, p.ProductGroupUID, p.CategoryUIDs, group, categories)
	}
}

// TestProductsAndCategoriesInAnyOrder checks that products end in the same place whether their
// categories come before or after them, and that the category decides what the group is called.
func TestProductsAndCategoriesInAnyOrder(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func([]job.Key){
		"categories first": func([]job.Key) {}, "products first": slices.Reverse[[]job.Key],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCategoryWorld(t, "groups")
			keys := w.tree("groups<root", "a<groups", "b<a Proper name", "x<root", "y<x")
			keys = append(keys,
				w.sorted("p", "b", "x", "a"), w.sorted("q", "x", "y"), w.sorted("r", "groups"), w.sorted("s", "gone"))
			order(keys)
			w.drainKey(w.process, keys...)
			w.grown("groups")
			w.placed("p", "b", "x")
			w.placed("q", "diverse", "x", "y")
			w.placed("r", "diverse")
			w.placed("s", "diverse")
			if _, there := w.snapshot().Groups["x"]; there {
				t.Error("x is a product group, want it a category only")
			}
			before := w.calls()
			w.drainKey(w.process, keys...)
			if got := w.ops(before); got != "" {
				t.Errorf("requests of further runs = %q, want none", got)
			}
		})
	}
}

// TestProductFollowsItsCategory moves a category across the root of the groups: its products follow
// without an event of their own.
func TestProductFollowsItsCategory(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "groups")
	keys := w.tree("a<groups", "b<a", "x<root")
	keys = append(keys, w.sorted("p", "b", "x"), w.sorted("q", "x"))
	w.drainKey(w.process, keys...)
	w.placed("p", "b", "x")
	w.drainKey(w.process, w.tree("a<x")...)
	w.placed("p", "diverse", "b", "x")
	w.drainKey(w.process, w.tree("a<groups", "x<groups")...)
	w.placed("p", "b")
	w.placed("q", "x")
	w.drainKey(w.process, w.tree("b<root")...)
	w.placed("p", "diverse", "b")
	w.grown("groups")
	w.onSale("p", "p")
}

// TestRenamedCategoryStaysRenamed checks that products, which hold copies of names, do not undo it.
func TestRenamedCategoryStaysRenamed(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "groups")
	p := w.sorted("p", "b")
	w.drainKey(w.process, append(w.tree("a<groups", "b<a Old"), p)...)
	w.drainKey(w.process, w.tree("b<a New")...)
	again := w.start() // a process that has not ensured anything yet
	again.opts = w.opts
	both(w, again)
	w.patch("p", func(p *omnium.Product) { p.Name = "other" })
	w.drainKey(again, p)
	w.onSale("p", "other")
	w.grown("groups")
}

// TestCategoriesWithoutRoot checks that every main category is a product group as well as a category
// when the groups have no root.
func TestCategoriesWithoutRoot(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "")
	w.drainKey(w.process, append([]job.Key{w.sorted("p", "b", "a")}, w.tree("a", "b<a")...)...)
	w.placed("p", "b", "a", "b")
	w.grown("")
	if got := w.snapshot().Groups["b"].Name; got != "copy of b" {
		t.Errorf("name of the product group = %q, want that on the product", got)
	}
}

// TestRootWithoutCategories checks what ProductGroupRootId means alone: products are in groups below the
// root only, which they bring along.
func TestRootWithoutCategories(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "groups")
	w.opts.Tenant.Properties["SyncCategoriesToFlow"] = "false"
	w.opts.Tenant.Resources = []string{"product"}
	both(w, w.process)
	w.tree("groups<root", "a<groups", "b<a", "x<root", "loop<loop")
	for i, category := range []string{"b", "x", "loop", "groups", "nowhere"} {
		id := fmt.Sprintf("p%d", i)
		w.drainKey(w.process, w.sorted(id, category, "x"))
		want := "diverse"
		if category == "b" {
			want = "b"
		}
		w.placed(id, want)
	}
	if got := w.omnium.Calls(omniumtest.OpCategoryScroll); got != 1 {
		t.Errorf("scrolls for five products = %d, want 1", got)
	}
	w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) {
		return 503, nil, strings.HasSuffix(r.URL.Path, "ScrollSearch")
	}
	w.want("run within the minute", w.handle(t, w.due(productKey("p0")))[0], "done unchanged")
}

// TestProductCategoryLeavesWithTheProduct checks that nothing is sent about the categories of what is
// off sale, and that all of it is back when the product is.
func TestProductCategoryLeavesWithTheProduct(t *testing.T) {
	t.Parallel()
	w := newCategoryWorld(t, "groups")
	p := w.sorted("p", "b", "x")
	w.drainKey(w.process, append(w.tree("b<groups", "x"), p)...)
	w.omnium.SoftDelete("p")
	w.drainKey(w.process, p)
	w.offSale("p")
	w.placed("p", "b", "x")
	w.drainKey(w.process, w.sorted("p", "b"))
	w.placed("p", "b")
	w.onSale("p", "p")
}

// TestCategorySurvives puts a category, what is below it and the products in it through faults.
func TestCategorySurvives(t *testing.T) {
	t.Parallel()
	base := func(w *world) {
		w.opts.Tenant.Properties["DefaultProductGroupUid"] = "diverse"
		g := flow.ProductGroup{ProductGroupUID: "diverse", Name: "Diverse"}
		if _, err := w.target.PutProductGroup(w.Context(), g, false); err != nil {
			w.Fatal(err)
		}
		keys := w.tree("top<groups", "x<root", "child<a")
		w.drainKey(w.process, append(keys, w.sorted("p", "a", "x"), w.sorted("q", "child"))...)
	}
	say := func(spec string) func(*world) { return func(w *world) { w.tree(spec) } }
	after := func(first, then func(*world)) func(*world) { return func(w *world) { first(w); then(w) } }
	inside, outside := say("a<top"), say("a<x")
	gone := func(w *world) { w.omnium.Remove(omniumtest.Categories, "a_no") }
	faults{
		start: func(w *world, p *process) *process {
			p.opts.Tenant.Properties["DefaultProductGroupUid"] = "diverse"
			return synchronised("groups")(w, p)
		},
		job: category("a"),
		changes: map[string]change{
			"comes":            {base, inside, inside},
			"comes and moves":  {base, inside, outside},
			"comes and goes":   {base, outside, gone},
			"renamed":          {after(base, inside), say("a<top New"), say("a<top New")},
			"renamed and back": {after(base, inside), say("a<top New"), inside},
			"moves":            {after(base, inside), say("a<groups"), say("a<groups")},
			"leaves":           {after(base, inside), outside, outside},
			"leaves and back":  {after(base, inside), outside, inside},
			"goes and back":    {after(base, inside), gone, inside},
		},
		agrees: func(w *world) {
			w.Helper()
			w.grown("groups")
			parents := map[string]string{}
			for _, c := range omniumtest.Documents[omnium.Category](w.omnium, omniumtest.Categories) {
				parents[c.CategoryID] = c.ParentID
			}
			switch parents["a"] {
			case "top", "groups":
				w.placed("p", "a", "x")
				w.placed("q", "child")
			case "x":
				w.placed("p", "diverse", "a", "x")
				w.placed("q", "diverse", "child")
			default:
				w.placed("q", "diverse", "child")
			}
		},
	}.test(t)
}
