package reconcile_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/reconcile"
)

// TestTwoIDsOnOneUID checks that of two ids that fall on one uid the first keeps it.
func TestTwoIDsOnOneUID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(plain("A-1"), plain("A1"))
	w.pushed("A-1")
	before := w.calls()
	o := w.run("A1")
	w.want("run of the second", o, "permanent uid_collision")
	wantNames(t, o, "A-1", "A1")
	if got := w.ops(before); got != "" {
		t.Errorf("requests of the second = %q, want none", got)
	}
	w.onSale("A1", "A-1")
	w.patch("A-1", func(p *omnium.Product) { p.Name = "updated" })
	w.pushed("A-1")
	w.onSale("A1", "updated")

	w.omnium.HardDelete("A-1")
	w.drain(w.process, "A-1")
	w.onSale("A1", "A1")
	w.agrees()
}

// TestOffSaleProductsLeaveEachOtherAlone checks that products off sale, each of which has once waited
// for a uid of the other, do not take it in turns to claim and to give up.
func TestOffSaleProductsLeaveEachOtherAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := func(deleted bool, id string, skus ...string) {
		p := plain(id, skus...)
		if deleted {
			p.Status, p.Modified = omnium.StatusDeleted, omnium.Time{Time: time.Now()}
		}
		w.put(p)
	}
	put(false, "a", "x", "y")
	w.drain(w.process, "a")
	put(true, "a", "x", "y")
	put(false, "b", "x", "y")
	w.drain(w.process, "b", "a")
	put(false, "a", "y", "x")
	put(true, "b", "x", "y")
	w.drain(w.process, "a", "b")
	put(true, "a", "y", "x")
	w.drain(w.process, "a", "b") // fails the test when it does not end
	before := w.calls()
	w.drain(w.process, "a", "b")
	if got := w.ops(before); got != "" {
		t.Errorf("requests to Flow of products off sale = %q, want none", got)
	}
}

// TestCollisionOfOneVariant checks that a product with one uid that is taken claims none for good:
// what it leaves again is free.
func TestCollisionOfOneVariant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(plain("holder", "y"), plain("late", "x", "y"))
	w.pushed("holder")
	w.want("run", w.run("late"), "permanent uid_collision")
	w.patch("late", func(p *omnium.Product) { p.Variants = []omnium.Product{variant("z", "")} })
	w.put(plain("third", "x"))
	w.drain(w.process, "third")
	w.drain(w.process, "late")
	w.onSale("x", "third")
	w.agrees()
}

// TestMove moves skus between products. The jobs of the products come in every order, and each has
// been run, or not, before the other side was changed in Omnium.
func TestMove(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before, after []omnium.Product
		gone          []string
	}{
		"variant": {
			before: []omnium.Product{plain("a", "x", "y"), plain("b", "z")},
			after:  []omnium.Product{plain("a", "y"), plain("b", "z", "x")},
		},
		"last variant": {
			before: []omnium.Product{plain("a", "x"), plain("b", "z")},
			after:  []omnium.Product{plain("a", "y"), plain("b", "z", "x")},
		},
		"swap": {
			before: []omnium.Product{plain("a", "x"), plain("b", "y")},
			after:  []omnium.Product{plain("a", "y"), plain("b", "x")},
		},
		"circle": {
			before: []omnium.Product{plain("a", "x"), plain("b", "y"), plain("c", "z")},
			after:  []omnium.Product{plain("a", "y"), plain("b", "z"), plain("c", "x")},
		},
		"holder deleted": {
			before: []omnium.Product{plain("a", "x", "y"), plain("b", "z")},
			after:  []omnium.Product{plain("b", "x", "y", "z")},
			gone:   []string{"a"},
		},
		"holder soft-deleted": {
			before: []omnium.Product{plain("a", "x", "y"), plain("b", "z")},
			after:  []omnium.Product{softDeleted(plain("a", "x", "y")), plain("b", "x", "y", "z")},
		},
		"variant soft-deleted": {
			before: []omnium.Product{plain("a", "x", "y"), plain("b", "z")},
			after:  []omnium.Product{deletedVariant(plain("a", "x", "y")), plain("b", "x", "z")},
		},
		"holder in another market": {
			before: []omnium.Product{plain("a", "x", "y"), plain("b", "z")},
			after:  []omnium.Product{in("SWE", plain("a", "x", "y")), plain("b", "x", "y", "z")},
		},
		"there and back": {
			before: []omnium.Product{plain("a", "x"), plain("b", "y")},
			after:  []omnium.Product{plain("b", "y", "x"), plain("a", "z"), plain("a", "x"), plain("b", "y")},
		},
		"new product": {
			before: []omnium.Product{plain("a", "x", "y")},
			after:  []omnium.Product{plain("a", "y"), plain("b", "x")},
		},
	}
	for name, test := range tests {
		// In Omnium the two sides change one after the other: early says after how many of the
		// changes all jobs run once, and are then repeated only as what they asked for says.
		for early := range len(test.after) + 1 {
			for _, order := range [][]string{{"a", "b", "c"}, {"c", "b", "a"}} {
				t.Run(fmt.Sprintf("%s after %d in order %v", name, early, order), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t)
					w.put(test.before...)
					w.drain(w.process, "a", "b", "c")
					for i, p := range test.after {
						if i == early {
							w.drain(w.process, order...)
						}
						w.put(p)
						if early < len(test.after) && i >= early {
							w.drain(w.process, p.ProductID)
						}
					}
					for _, id := range test.gone {
						w.omnium.HardDelete(id)
					}
					if early == len(test.after) || len(test.gone) > 0 {
						w.drain(w.process, order...)
					}
					w.agrees()
				})
			}
		}
	}
}

func softDeleted(p omnium.Product) omnium.Product {
	p.Status, p.IsActive = omnium.StatusDeleted, false
	return p
}

// deletedVariant soft-deletes the first variant.
func deletedVariant(p omnium.Product) omnium.Product {
	p.Variants[0].Status = omnium.StatusDeleted
	return p
}

func in(market string, p omnium.Product) omnium.Product {
	p.MarketIDs = []string{market}
	return p
}

// TestMoveStepByStep checks who does what: the winner asks the holder to let go and comes back.
func TestMoveStepByStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(plain("a", "x", "y"), plain("b", "z"))
	w.pushed("a", "b")
	w.put(plain("a", "y"), plain("b", "z", "x"))
	before := w.calls()
	o := w.run("b")
	w.want("run of the winner", o, "failed uid_moving")
	if !o.DataFault || o.Reads != 2 || w.calls() != before {
		t.Errorf("run of the winner: DataFault %v, Reads %d, %d requests to Flow; want true, 2, 0",
			o.DataFault, o.Reads, w.calls()-before)
	}
	if got := w.asked(); len(got) != 1 || got[0] != "a" {
		t.Errorf("enqueued by the winner = %v, want a", got)
	}
	w.want("run of the holder", w.run("a"), "done deactivated")
	w.offSale("x")
	if got := w.asked(); len(got) != 1 || got[0] != "b" {
		t.Errorf("enqueued by the holder = %v, want b, which waits for the uid", got)
	}
	w.want("second run of the winner", w.run("b"), "done pushed")
	w.onSale("x", "b")
	w.agrees()
}

// TestMoveBetweenAnyTwoSteps runs the whole job of one side of a move between any two steps of the
// other's.
func TestMoveBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	moves := map[string][]omnium.Product{
		"move":        {plain("a", "y"), plain("b", "z", "x")},
		"swap":        {plain("a", "z"), plain("b", "x", "y")},
		"soft delete": {softDeleted(plain("a", "x", "y")), plain("b", "z", "x")},
	}
	for name, after := range moves {
		for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
			t.Run(name+" "+order[0]+" first", func(t *testing.T) {
				t.Parallel()
				// ends when the first job has fewer steps than at.
				for at, interrupted := 1, true; interrupted; at++ {
					interrupted = false
					w := newWorld(t)
					w.put(plain("a", "x", "y"), plain("b", "z"))
					w.pushed("a", "b")
					w.put(after...)
					one, other := w.start(), w.start()
					one.before = func(step int) error {
						if step == at {
							interrupted = true
							other.handle(t, w.changed(order[1]))
						}
						return nil
					}
					one.handle(t, w.changed(order[0]))
					w.drain(w.process, "a", "b")
					if err := w.disagreement(); err != nil {
						t.Errorf("the job of %s before step %d: Flow is not what Omnium says: %v", order[1], at, err)
					}
				}
			})
		}
	}
}

// TestOwnerThatCannotBeRead covers the questions about the holder of a uid that end badly.
func TestOwnerThatCannotBeRead(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		holder func() (*omnium.Product, error)
		want   string
	}{
		"unreachable": {
			func() (*omnium.Product, error) { return nil, errors.New("no route to host") },
			"snoozed omnium_unreachable",
		},
		"throttled": {
			func() (*omnium.Product, error) { return nil, &omnium.ThrottledError{Wait: 7} },
			"snoozed omnium_throttled",
		},
		"unmappable": {
			func() (*omnium.Product, error) {
				p := plain("a", "x")
				p.Variants[0].Cost = "much"
				return &p, nil
			},
			"permanent uid_collision",
		},
		"gone": {
			func() (*omnium.Product, error) { return nil, omnium.ErrNotFound },
			"failed uid_moving",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taken := false
			w := newWorld(t, func(o *reconcile.Options) {
				o.Omnium = stub{product: func(id string) (*omnium.Product, error) {
					if id == "a" && taken {
						return test.holder()
					}
					p := plain(id, "x")
					return &p, nil
				}}
			})
			w.pushed("a")
			taken = true
			w.want("run", w.run("b"), test.want)
			w.onSale("x", "a")
		})
	}
}

// TestHolderThatIsBuriedLetsGo checks that a holder releases what it has lost even when the rest of
// it cannot be pushed.
func TestHolderThatIsBuriedLetsGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(plain("a", "x", "y"), plain("b", "z"), plain("c", "taken"))
	w.pushed("a", "b", "c")
	w.put(plain("a", "taken"), plain("b", "z", "x"))
	last := w.drain(w.process, "b", "a")
	w.want("last run of a", last["a"], "permanent uid_collision")
	if o := last["b"]; o.Verdict != job.Done {
		t.Errorf("last run of b = %s, want done", show(o))
	}
	w.onSale("x", "b")
	w.onSale("taken", "c")
}
