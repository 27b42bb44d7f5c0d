package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// treePut writes a category or a product group.
type treePut func(ctx context.Context, uid, name, parent string, known bool) (bool, error)

func treePuts(c *flow.Client) map[string]treePut {
	return map[string]treePut{
		"category": func(ctx context.Context, uid, name, parent string, known bool) (bool, error) {
			g := flow.Category{CategoryUID: uid, Name: name, ExternalID: uid + "!", ParentUID: parent}
			return c.PutCategory(ctx, g, known)
		},
		"productGroup": func(ctx context.Context, uid, name, parent string, known bool) (bool, error) {
			g := flow.ProductGroup{ProductGroupUID: uid, Name: name, ExternalID: uid + "!", ParentUID: parent}
			return c.PutProductGroup(ctx, g, known)
		},
	}
}

// holds fails the test unless Flow holds the category or group so.
func (w world) holds(t *testing.T, kind, uid, name, parent string) {
	t.Helper()
	got := w.snapshot(t).Categories[uid]
	if g := w.snapshot(t).Groups[uid]; kind == "productGroup" {
		got = flow.Category{CategoryUID: g.ProductGroupUID, Name: g.Name, ExternalID: g.ExternalID, ParentUID: g.ParentUID}
	}
	want := flow.Category{CategoryUID: uid, Name: name, ExternalID: uid + "!", ParentUID: parent}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", kind, diff)
	}
}

// TestPutInTree creates, renames, moves down and up to the top level, whether or not the client is told
// that Flow has it.
func TestPutInTree(t *testing.T) {
	t.Parallel()
	for _, existing := range []int{409, 400} {
		for _, kind := range []string{"category", "productGroup"} {
			t.Run(fmt.Sprintf("%s, existing answers %d", kind, existing), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, flowtest.Options{ExistingStatus: existing})
				put := treePuts(w.client)[kind]
				for _, step := range []struct {
					uid, name, parent string
					known, created    bool
				}{
					{"top", "Top", "", false, true},
					{"a", "A", "", false, true},
					{"a", "B", "top", true, false},
					{"a", "C", "", true, false},
					{"a", "D", "top", false, false},
					{"a", "E", "", false, false},
					{"lost", "L", "a", true, true},
				} {
					created, err := put(t.Context(), step.uid, step.name, step.parent, step.known)
					if err != nil || created != step.created {
						t.Errorf("put %+v = created %v, %v", step, created, err)
					}
					w.holds(t, kind, step.uid, step.name, step.parent)
				}
			})
		}
	}
}

func TestPutInTreeRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{ExistingStatus: 400})
	for kind, put := range treePuts(w.client) {
		if _, err := put(t.Context(), "a", "A", "nowhere", false); err == nil {
			t.Errorf("put of a %s below nothing = nil, want an error", kind)
		}
		if _, err := put(t.Context(), "", "A", "", false); !errors.Is(err, flow.ErrBadUID) {
			t.Errorf("put of a %s without a uid = %v, want ErrBadUID", kind, err)
		}
	}
}
