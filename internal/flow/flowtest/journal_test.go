package flowtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

func TestJournal(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{Journal: true})
	c.must("POST /no/brands", `{"brandUid": "b", "name": "B"}`)
	c.must("GET /no/brands", "")
	if status, _ := c.call("POST /no/brands", `{"brandUid": "b", "name": "B"}`); status != 409 {
		t.Fatalf("second create = %d, want 409", status)
	}
	c.must("POST /no/products", `{"productUid": "p", "name": "P"}`)
	want := []struct {
		op     string
		status int
		effect int64
	}{{flow.BrandCreate, 200, 1}, {flow.BrandCreate, 409, 0}, {flow.ProductCreate, 201, 2}}
	got := c.server.Journal()
	if len(got) != len(want) {
		t.Fatalf("Journal() = %+v, want %d writes", got, len(want))
	}
	for i, p := range got {
		if w := want[i]; p.Op != w.op || p.Status != w.status || p.Effect != w.effect || p.End.Before(p.At) || !p.GaveUp.IsZero() {
			t.Errorf("Journal()[%d] = %+v, want %+v, ended and not given up", i, p, w)
		}
	}
	if string(got[0].Body) != `{"brandUid": "b", "name": "B"}` {
		t.Errorf("Journal()[0].Body = %s, want what was sent", got[0].Body)
	}
}

func TestJournalNoticesWhoGoesAway(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{Journal: true})
	c.server.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Hang: true} })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := c.try(ctx, "POST /no/brands", `{"brandUid": "b", "name": "B"}`); err == nil {
		t.Fatal("a request that hangs = nil, want the end of its context")
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 5000 {
		if p := c.server.Journal(); len(p) == 1 && !p[0].GaveUp.IsZero() && p[0].Effect == 0 {
			return
		}
		<-tick.C
	}
	t.Errorf("Journal() = %+v, want one write without effect whose client gave up", c.server.Journal())
}
