package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// TestIdleLoad counts what a replica without work sends to Redis (design §12).
func TestIdleLoad(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.start()
	h.awake(r)
	const watched = 20 * time.Second // what is sent once a minute weighs as it should
	before := h.commands()
	<-time.After(watched)
	after := h.commands()
	total := 0
	for name, n := range after {
		if n -= before[name]; n > 0 {
			t.Logf("%s: %d in %v", name, n, watched)
			total += n
		}
	}
	const tenants = 2
	if most := tenants * int(watched.Seconds()); total > most {
		t.Errorf("an idle replica sent %d commands in %v for %d tenants, want at most %d", total, watched, tenants, most)
	}
	r.stop()
}

// awake waits until a replica has subscribed: what it does at its start is over then, too.
func (h *harness) awake(r *replica) {
	h.Helper()
	h.eventually("the replica listens", func() error {
		n, err := h.redis.Client().PubSubNumSub(h.Context(), "omniflow:wake").Result()
		if err == nil && n["omniflow:wake"] == 0 {
			err = fmt.Errorf("nobody listens")
		}
		return err
	})
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r.deliver(h.changed("cup"))
	h.settled()
}

// commands returns how often clients have sent each command: what scripts call is the server's own
// doing.
func (h *harness) commands() map[string]int {
	h.Helper()
	info, err := h.redis.Client().Info(h.Context(), "commandstats").Result()
	if err != nil {
		h.Fatal(err)
	}
	inner, sent := h.scripted(), map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^cmdstat_([^:]+):calls=(\d+),`).FindAllStringSubmatch(info, -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			h.Fatal(err)
		}
		if !inner[m[1]] && m[1] != "info" {
			sent[m[1]] = n
		}
	}
	return sent
}

// scripted returns the commands that scripts call.
func (h *harness) scripted() map[string]bool {
	h.Helper()
	files, err := filepath.Glob("../../internal/queue/lua/*.lua")
	if err != nil || len(files) == 0 {
		h.Fatalf("Glob = %v, %v, want the scripts", files, err)
	}
	names := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			h.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`redis\.p?call\('([A-Z]+)'`).FindAllStringSubmatch(string(source), -1) {
			names[strings.ToLower(m[1])] = true
		}
	}
	return names
}

// TestPickupAcrossProcesses: what one process enqueues, another one begins within moments.
func TestPickupAcrossProcesses(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	reads := make(chan time.Time, 64)
	h.omnium.Delay = func(r *http.Request) time.Duration {
		if strings.HasPrefix(r.URL.Path, "/api/Products/") {
			reads <- time.Now()
		}
		return 0
	}
	h.awake(h.start())
	for len(reads) > 0 {
		<-reads
	}
	var waits []time.Duration
	for i := range 9 {
		id := fmt.Sprint("cup", i)
		h.omnium.PutProduct(simple(id, "Kopp"))
		sent := time.Now()
		// The harness is a process that drains nothing.
		_, err := h.jobs.Enqueue(h.Context(), []queue.Entry{{
			Tenant: norway, Key: job.Key{Resource: event.Product, ID: id},
		}})
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, receive(h, "Omnium is asked for the product", reads).Sub(sent))
		h.eventually("the job is done", h.drained)
		for len(reads) > 0 {
			<-reads
		}
	}
	slices.Sort(waits)
	t.Logf("from enqueue to read: %v", waits)
	// It takes a millisecond, more on a busy machine; polling would take up to five seconds.
	if median := waits[len(waits)/2]; median > 500*time.Millisecond {
		t.Errorf("median from an enqueue to the read by another process = %v, want far less than the time between polls", median)
	}
}
