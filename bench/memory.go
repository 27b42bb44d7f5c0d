package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// memory measures what a queued job and a remembered event id take in Redis.
func memory(ctx context.Context, _ settings, t *table) error {
	const n = 50_000
	jobs, err := grown(ctx, n, func(i int) queue.Entry {
		e := memoryEntry(i, i)
		e.Dedupe = ""
		return e
	})
	if err != nil {
		return err
	}
	t.atMost("Redis memory per queued job", jobs, 600, " B")
	ids, err := grown(ctx, n, func(i int) queue.Entry { return memoryEntry(i, 0) })
	if err != nil {
		return err
	}
	t.atMost("Redis memory per remembered event id", ids, 100, " B")
	return nil
}

func memoryEntry(number, object int) queue.Entry {
	id := fmt.Sprintf("Kq7vTz4Bn1Sx9Rw%07d", number)
	key := job.Key{Resource: event.Product, ID: fmt.Sprintf("FJELL-%07d", object)}
	return queue.Entry{
		Tenant: benchTenant, Key: key, Dedupe: id + "\x00product\x00" + key.ID,
		Cause: job.Cause{EventID: id, Change: event.Changed, Time: time.Now().UTC()},
	}
}

// grown returns by how much Redis grew per entry; the queue must hold what it was given.
func grown(ctx context.Context, n int, entry func(int) queue.Entry) (float64, error) {
	r, err := startRedis(ctx)
	if err != nil {
		return 0, err
	}
	defer r.stop()
	q, err := queue.New(r.rdb, queue.Options{})
	if err != nil {
		return 0, err
	}
	if _, err := q.Enqueue(ctx, []queue.Entry{entry(0)}); err != nil {
		return 0, err
	}
	before, err := r.info(ctx, "memory", "used_memory")
	if err != nil {
		return 0, err
	}
	kept := 0
	for first := 1; first <= n; first += 1000 {
		entries := make([]queue.Entry, 1000)
		for i := range entries {
			entries[i] = entry(first + i)
		}
		results, err := q.Enqueue(ctx, entries)
		if err != nil {
			return 0, err
		}
		for _, result := range results {
			if result != queue.Duplicate {
				kept++
			}
		}
	}
	after, err := r.info(ctx, "memory", "used_memory")
	if err == nil && kept != n {
		err = fmt.Errorf("%d of %d entries kept", kept, n)
	}
	return float64(after-before) / float64(n), err
}

// flowUID is what Flow calls a product: the id without what uids cannot hold.
func flowUID(id string) string { return strings.ReplaceAll(id, "-", "") }
