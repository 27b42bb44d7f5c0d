package api_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/queue"
)

// status is a tenant as a client reads it.
type status struct {
	Tenant  string
	Markets []string
	Queue   struct {
		Ready, Delayed, Leased, Dead int
		OldestSeconds                float64
	}
	Breaker           string
	Paused, Suspended bool
	SuspendedReason   string
	LastSuccess       *string
}

func TestTenants(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.jobs.stats["fjell_no"] = queue.Stats{
		Ready: 1, Delayed: 2, Leased: 3, Dead: 4, Oldest: 1500 * time.Millisecond, Paused: true,
	}
	h.jobs.stats["fjell_se"] = queue.Stats{Suspended: "flow_unauthorized"}
	got := decode[struct {
		Items      []status
		NextCursor *string
	}](t, h.admin(viewerToken, http.MethodGet, tenantsPath, ""))

	if got.NextCursor == nil || *got.NextCursor != "" {
		t.Errorf("nextCursor = %v, want an empty string", got.NextCursor)
	}
	last := "2025-03-04T09:15:29Z"
	norway := status{
		Tenant: "fjell_no", Markets: []string{"NOR"}, Breaker: "closed", Paused: true, LastSuccess: &last,
	}
	norway.Queue.Ready, norway.Queue.Delayed, norway.Queue.Leased, norway.Queue.Dead = 1, 2, 3, 4
	norway.Queue.OldestSeconds = 1.5
	want := []status{
		norway,
		{
			Tenant: "fjell_se", Markets: []string{"SWE", "SWE2"}, Breaker: "half-open",
			Suspended: true, SuspendedReason: "flow_unauthorized",
		},
		{Tenant: "fjell/dk", Markets: []string{"DNK"}, Breaker: "closed", LastSuccess: &last},
	}
	if diff := cmp.Diff(want, got.Items); diff != "" {
		t.Errorf("GET %s (-want +got):\n%s", tenantsPath, diff)
	}

	one := decode[status](t, h.admin(viewerToken, http.MethodGet, tenantPath, ""))
	if diff := cmp.Diff(norway, one); diff != "" {
		t.Errorf("GET %s (-want +got):\n%s", tenantPath, diff)
	}
	slash := decode[status](t, h.admin(viewerToken, http.MethodGet, tenantsPath+"/fjell%2Fdk", ""))
	if slash.Tenant != "fjell/dk" {
		t.Errorf("GET …/fjell%%2Fdk shows %q, want fjell/dk", slash.Tenant)
	}
}

func TestUnknownTenant(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, id := range []string{"nobody", "FJELL_NO", "%2E%2E", "%00", "fjell_no%2F", "%FF", "%7B%7D"} {
		for _, rest := range []string{"", "/dead-letters", "/dead-letters/product/a"} {
			target := tenantsPath + "/" + id + rest
			if got := h.admin(viewerToken, http.MethodGet, target, ""); got.status != http.StatusNotFound {
				t.Errorf("GET %s = %d, want 404", target, got.status)
			}
		}
		target := tenantsPath + "/" + id + "/dead-letters/replay"
		if got := h.admin(operatorToken, http.MethodPost, target, replayBody); got.status != http.StatusNotFound {
			t.Errorf("POST %s = %d, want 404", target, got.status)
		}
	}
}

func TestAdminWhileRedisIsDown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.jobs.err = errRedis
	for _, path := range []string{tenantsPath, tenantPath, lettersPath, letterPath} {
		got := h.admin(viewerToken, http.MethodGet, path, "")
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("GET %s = %d, want 503 with Retry-After", path, got.status)
		}
	}
	if got := h.admin(operatorToken, http.MethodPost, replayPath, replayBody); got.status != 503 {
		t.Errorf("POST %s = %d, want 503", replayPath, got.status)
	}
}

func TestTenantWithoutLedger(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) { o.Health = tenantHealth{err: errors.New("read ledger")} })
	if got := h.admin(viewerToken, http.MethodGet, tenantPath, ""); got.status != 503 {
		t.Errorf("GET %s = %d, want 503", tenantPath, got.status)
	}
}
