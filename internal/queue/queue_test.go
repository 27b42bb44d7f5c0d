package queue_test

import (
	"flag"
	"regexp"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

func TestMain(m *testing.M) {
	// Long sequences find more here than many; flags of the command line still win.
	for name, value := range map[string]string{"rapid.checks": "30", "rapid.steps": "100"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	_, rdb := startMini(t)
	if _, err := queue.New(nil, queue.Options{}); err == nil {
		t.Error("New without a client = nil, want an error")
	}
	for name, o := range map[string]queue.Options{
		"DedupeWindow":        {DedupeWindow: -1},
		"Coalesce":            {Coalesce: -1},
		"Lease":               {Lease: -1},
		"MaxCrashes":          {MaxCrashes: -1},
		"DeadLetterRetention": {DeadLetterRetention: -1},
	} {
		if _, err := queue.New(rdb, o); err == nil {
			t.Errorf("New with a negative %s = nil, want an error", name)
		}
	}
	q := newQueue(t, rdb, queue.Options{})
	if got, want := q.Lease(), 15*time.Second; got != want {
		t.Errorf("Lease() without an option = %v, want %v", got, want)
	}
}

// TestKeysShareOneSlot: Redis Cluster places a key by what is between its first braces.
func TestKeysShareOneSlot(t *testing.T) {
	t.Parallel()
	tag := regexp.MustCompile(`^omniflow:\{([^{}]+)\}:[a-z0-9]+$`)
	known := map[string]tenant.ID{}
	for _, tn := range []tenant.ID{
		"plain", "a}b", "{a}", "a:b", "a b", "a+b", "a%20b", "æøå", "\x00", "\n", "\xff", "*", "PLAIN",
	} {
		n := queue.NamesOf(tn)
		keys := append([]string{n.Meta, n.Jobs, n.Due, n.Bulk, n.Leased, n.Dead, n.Died}, queue.Seen(tn)...)
		unique := map[string]bool{}
		for _, key := range keys {
			unique[key] = true
			m := tag.FindStringSubmatch(key)
			if m == nil {
				t.Errorf("key %q of tenant %q, want %s", key, tn, tag)
				continue
			}
			if other, ok := known[m[1]]; ok && other != tn {
				t.Errorf("tenants %q and %q share the tag %q", tn, other, m[1])
			}
			known[m[1]] = tn
		}
		if len(unique) != len(keys) {
			t.Errorf("keys of tenant %q = %q, want no two the same", tn, keys)
		}
	}
}

// TestEventHealsLostPlace: a job that is neither due nor leased, after somebody's repair by hand, is
// due again with the next event.
func TestEventHealsLostPlace(t *testing.T) {
	t.Parallel()
	_, rdb := startMini(t)
	q := newQueue(t, rdb, queue.Options{})
	mustEnqueue(t, q, product("t", "1"))
	if _, err := q.Retry(t.Context(), mustClaim(t, q, "t", 1)[0], time.Hour, false); err != nil {
		t.Fatalf("Retry = %v, want nil", err)
	}
	if err := rdb.Del(t.Context(), queue.NamesOf("t").Due).Err(); err != nil {
		t.Fatalf("Del = %v, want nil", err)
	}
	if got := mustEnqueue(t, q, product("t", "1")); got[0] != queue.Coalesced {
		t.Errorf("Enqueue = %v, want %s", got, queue.Coalesced)
	}
	if jobs := mustClaim(t, q, "t", 10); len(jobs) != 1 || jobs[0].Generation != 2 {
		t.Errorf("Claim = %+v, want the job with generation 2", jobs)
	}
}
