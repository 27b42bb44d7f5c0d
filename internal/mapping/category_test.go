package mapping_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// goldenTree is what the categories of a situation become, by category id.
type goldenTree struct {
	Groups     map[string]flow.ProductGroup `json:"groups,omitempty"`
	Categories map[string]flow.Category     `json:"categories,omitempty"`
	Parents    map[string]string            `json:"parents,omitempty"` // category ids
	NotCreated []string                     `json:"notCreated,omitempty"`
	Errors     map[string]map[string]string `json:"errors,omitempty"`
}

func TestCategoryGolden(t *testing.T) {
	t.Parallel()
	for _, dir := range situations(t, "category") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			var list []omnium.Category
			readJSON(t, filepath.Join(dir, "omnium.json"), &list)
			var o struct{ GroupRoot string }
			if _, err := os.Stat(filepath.Join(dir, "options.json")); err == nil {
				readJSON(t, filepath.Join(dir, "options.json"), &o)
			}
			golden(t, dir, "flow.json", viewTree(t, list, o.GroupRoot))
		})
	}
}

func viewTree(t *testing.T, list []omnium.Category, root string) goldenTree {
	t.Helper()
	all := mapping.Categories{}
	for i := range list {
		all[list[i].CategoryID] = &list[i]
	}
	tree := goldenTree{
		Groups: map[string]flow.ProductGroup{}, Categories: map[string]flow.Category{},
		Parents: map[string]string{}, Errors: map[string]map[string]string{},
	}
	for id := range all {
		m, err := mapping.Category(all, id, root)
		switch {
		case err != nil:
			tree.Errors[id] = refusal(t, err)
		case m == nil:
			tree.NotCreated = append(tree.NotCreated, id)
		case m.Group != nil:
			tree.Groups[id] = *m.Group
		default:
			tree.Categories[id] = *m.Category
		}
		if m != nil && m.ParentID != "" {
			tree.Parents[id] = m.ParentID
		}
	}
	return tree
}

func TestCategoryThatIsNotThere(t *testing.T) {
	t.Parallel()
	if m, err := mapping.Category(mapping.Categories{}, "a", ""); m != nil || err != nil {
		t.Errorf("Category of nothing = %v, %v; want nil, nil", m, err)
	}
}

// TestAnyTreeHasAPlaceForEverything checks, for any parents at all, that mapping ends, that whatever is
// mapped has a parent of its own kind or none, and that going up from it ends at the top.
func TestAnyTreeHasAPlaceForEverything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parents := rapid.SliceOfN(rapid.IntRange(-1, 12), 1, 12).Draw(t, "parents")
		root := fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "root"))
		all := mapping.Categories{}
		for i, parent := range parents {
			id := fmt.Sprint(i)
			all[id] = &omnium.Category{CategoryID: id, ParentID: fmt.Sprint(parent), Name: id}
		}
		for id := range all {
			m, err := mapping.Category(all, id, root)
			if err != nil || m == nil {
				continue
			}
			for seen := 0; m.ParentID != ""; seen++ {
				above, err := mapping.Category(all, m.ParentID, root)
				if err != nil || above == nil || (above.Group == nil) != (m.Group == nil) || seen > len(all) {
					t.Fatalf("%s is below %s, which is %+v, %v", id, m.ParentID, above, err)
				}
				m = above
			}
		}
	})
}

// TestProductCategories checks what a product becomes when categories are synchronised or the product
// groups have a root.
func TestProductCategories(t *testing.T) {
	t.Parallel()
	group, category, both := mapping.CategoryUse{Group: true}, mapping.CategoryUse{Category: true}, mapping.CategoryUse{Group: true, Category: true}
	product := omnium.Product{
		ProductID: "p", MainCategoryID: " main ", MainCategoryName: "Main",
		Categories: []omnium.ProductCategory{{CategoryID: "z-1"}, {CategoryID: "main"}, {CategoryID: "a"}, {}, {CategoryID: "a"}},
	}
	tests := map[string]struct {
		uses       map[string]mapping.CategoryUse
		group      string
		ensured    bool
		categories []string
	}{
		"nothing is said":           {nil, "main", true, nil},
		"nothing is known":          {map[string]mapping.CategoryUse{}, "diverse", false, nil},
		"main is a group":           {map[string]mapping.CategoryUse{"main": group}, "main", true, nil},
		"main is a category":        {map[string]mapping.CategoryUse{"main": category}, "diverse", false, []string{"main"}},
		"main is both":              {map[string]mapping.CategoryUse{"main": both}, "main", true, []string{"main"}},
		"others are categories":     {map[string]mapping.CategoryUse{"main": group, "a": category, "z-1": category}, "main", true, []string{"a", "z1"}},
		"others are groups as well": {map[string]mapping.CategoryUse{"main": group, "a": group, "z-1": category}, "main", true, []string{"z1"}},
	}
	for name, test := range tests {
		o := norway()
		o.Categories = test.uses
		m, err := mapping.Product(&product, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		u := m.Units[0]
		if u.Product.ProductGroupUID != test.group || (u.Group != nil) != test.ensured {
			t.Errorf("%s: group %q, ensured %v; want %q, %v", name, u.Product.ProductGroupUID, u.Group != nil, test.group, test.ensured)
		}
		if diff := cmp.Diff(test.categories, u.Product.CategoryUIDs); diff != "" {
			t.Errorf("%s: categories (-want +got):\n%s", name, diff)
		}
	}
}

// TestVariantCategories checks that a variant has its own categories or its product's.
func TestVariantCategories(t *testing.T) {
	t.Parallel()
	category := mapping.CategoryUse{Category: true}
	o := norway()
	o.Categories = map[string]mapping.CategoryUse{"a": category, "b": category, "Æ": category}
	product := omnium.Product{ProductID: "p", Categories: []omnium.ProductCategory{{CategoryID: "a"}}, Variants: []omnium.Product{
		{SkuID: "1"}, {SkuID: "2", Categories: []omnium.ProductCategory{{CategoryID: "b"}}},
	}}
	m, err := mapping.Product(&product, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a", "b"} {
		if got := m.Units[i].Product.CategoryUIDs; !slices.Equal(got, []string{want}) {
			t.Errorf("categories of variant %d = %v, want %s", i+1, got, want)
		}
	}
	product.Variants[1].Categories[0].CategoryID = "Æ"
	if _, err := mapping.Product(&product, o); err == nil || refusal(t, err)["reason"] != mapping.ReasonUIDEmpty {
		t.Errorf("Product with a category without a usable character = %v, want uid_empty", err)
	}
}
