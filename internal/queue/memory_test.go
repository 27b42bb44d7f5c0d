package queue_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
)

// The bars of design §12, in bytes.
const (
	maxBytesPerJob   = 600
	maxBytesPerEvent = 100
)

func usedMemory(t *testing.T, rdb *redis.Client) int {
	t.Helper()
	info, err := rdb.Info(t.Context(), "memory").Result()
	if err != nil {
		t.Fatalf("Info = %v, want nil", err)
	}
	// Without what the server keeps for clients and its append-only file.
	m := regexp.MustCompile(`(?m)^used_memory_dataset:(\d+)\r$`).FindStringSubmatch(info)
	if m == nil {
		t.Fatalf("Info lacks used_memory_dataset:\n%s", info)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatalf("Atoi = %v, want nil", err)
	}
	return n
}

// TestMemoryPerJobAndEvent has a server of its own, so that nothing else is measured.
func TestMemoryPerJobAndEvent(t *testing.T) {
	t.Parallel()
	const n = 20_000
	rdb := redistest.Start(t).Client()
	q := newQueue(t, rdb, queue.Options{})
	fill := func(entry func(i int) queue.Entry) int {
		t.Helper()
		before := usedMemory(t, rdb)
		for i := 0; i < n; i += 1000 {
			var entries []queue.Entry
			for k := range 1000 {
				entries = append(entries, entry(i+k))
			}
			mustEnqueue(t, q, entries...)
		}
		return (usedMemory(t, rdb) - before) / n
	}

	perJob := fill(func(i int) queue.Entry {
		e := product("0a1b2c3d4e5f60718293a4b5c6d7e8f9", fmt.Sprintf("product-%08d_NO", i))
		e.Cause.EventID = fmt.Sprintf("6f9619ff-8b86-d011-b42d-%012d", i)
		return e
	})
	perTraced := fill(func(i int) queue.Entry {
		e := product("ffffffffffffffffffffffffffffffff", fmt.Sprintf("product-%08d_NO", i))
		e.Cause.EventID = fmt.Sprintf("6f9619ff-8b86-d011-b42d-%012d", i)
		// Four events, which is the most that a job remembers.
		e.Cause.Trace = fmt.Sprintf("%032d~%032d~%032d~%032d", i, i+n, i+2*n, i+3*n)
		return e
	})
	perEvent := fill(func(i int) queue.Entry {
		e := product("another", "one")
		e.Dedupe = fmt.Sprintf("6f9619ff-8b86-d011-b42d-%012d\x00product\x00one", i)
		return e
	})
	t.Logf("%d bytes per job, %d when traced, %d bytes per remembered event id", perJob, perTraced, perEvent)
	if perTraced > maxBytesPerJob {
		t.Errorf("%d bytes per traced job, want at most %d", perTraced, maxBytesPerJob)
	}
	if perJob > maxBytesPerJob || perJob < 50 {
		t.Errorf("%d bytes per job, want at most %d (and at least 50)", perJob, maxBytesPerJob)
	}
	if perEvent > maxBytesPerEvent || perEvent < 12 {
		t.Errorf("%d bytes per event id, want at most %d (and at least 12)", perEvent, maxBytesPerEvent)
	}
}
