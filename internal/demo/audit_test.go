package demo_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/demo"
)

// travelled is a value after a way through JSON.
func travelled[T any](t *testing.T, v T) T {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var there T
	if err := json.Unmarshal(raw, &there); err != nil {
		t.Fatal(err)
	}
	return there
}

// An audit gets everything from other processes and must see what the day sees.
func TestAuditSeesFromAfarWhatTheDaySees(t *testing.T) {
	t.Parallel()
	c := newConnector(t)
	c.letters = []string{"stray"}
	want := c.compare()
	found := map[string]demo.Found{}
	for _, id := range []string{demo.TenantNO, demo.TenantSE} {
		state, err := c.world.Flow.Snapshot(id)
		if err != nil {
			t.Fatal(err)
		}
		found[id] = travelled(t, demo.Found{State: state})
	}
	norway := found[demo.TenantNO]
	norway.Letters = []string{"product/stray"}
	found[demo.TenantNO] = norway
	got, err := demo.NewAudit().Compare(travelled(t, demo.BooksOf(c.world.Omnium)), found)
	if err != nil {
		t.Fatalf("Compare() = %v, want no error", err)
	}
	if len(want.Differences) != 1 {
		t.Errorf("the day finds %v, want the stray letter", want.Differences)
	}
	if diff := cmp.Diff(want.Differences, got.Differences); diff != "" {
		t.Errorf("differences (-day +audit):\n%s", diff)
	}
}

// A product that is gone is missed only by an audit that remembers it.
func TestAuditRemembers(t *testing.T) {
	t.Parallel()
	const gone = "TE-2403"
	c := newConnector(t)
	audit := demo.NewAudit()
	audit.Remember(demo.BooksOf(c.world.Omnium))
	c.world.Omnium.HardDelete(gone)
	state, err := c.world.Flow.Snapshot(demo.TenantNO)
	if err != nil {
		t.Fatal(err)
	}
	report, err := audit.Compare(demo.BooksOf(c.world.Omnium), map[string]demo.Found{demo.TenantNO: {State: state}})
	if err != nil {
		t.Fatalf("Compare() = %v, want no error", err)
	}
	onSale := 0
	for _, d := range report.Differences {
		if d.Tenant == demo.TenantNO && d.UID == "TE2403" && d.Kind == demo.Retired {
			onSale++
		}
	}
	if onSale == 0 {
		t.Errorf("Compare() after a hard delete finds %v, want %s to be on sale", report.Differences, gone)
	}
}
