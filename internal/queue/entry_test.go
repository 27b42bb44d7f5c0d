package queue_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// TestEntriesOf: each job of an event is deduplicated for itself, or the second would be lost.
func TestEntriesOf(t *testing.T) {
	t.Parallel()
	at := time.Unix(1, 0)
	e := event.Event{ID: "e", Resource: event.Product, Change: event.Changed, Objects: []string{"a", ""}, Time: at}
	entry := func(t tenant.ID, resource event.Resource) queue.Entry {
		return queue.Entry{
			Tenant: t, Key: job.Key{Resource: resource, ID: "a"},
			Cause:  job.Cause{EventID: "e", Change: event.Changed, Time: at},
			Dedupe: "e\x00" + string(resource) + "\x00a",
		}
	}
	got := queue.EntriesOf(e, []tenant.Target{
		{Resource: "product", Tenants: []tenant.ID{"t", "u"}}, {Resource: "price", Tenants: []tenant.ID{"t"}},
	})
	want := []queue.Entry{entry("t", event.Product), entry("u", event.Product), entry("t", event.Price)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("EntriesOf (-want +got):\n%s", diff)
	}
}
