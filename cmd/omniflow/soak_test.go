package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

var soakFor = flag.Duration("soak", 0, "how long TestSoak loads the service; without it, a moment only")

const (
	// soakProducts are changed over and over; soakPace is how often one of them is.
	soakProducts = 200
	soakPace     = 20 * time.Millisecond
	// soakWindow is queue.dedupeWindow, the shortest one that there is; the last ids are gone from Redis after
	// soakForgets.
	soakWindow  = time.Minute
	soakForgets = 2*soakWindow + 5*time.Second
	// soakWarmUp sees every fault once: what a first one brings, such as another encoding of a hash, does not
	// count as growth.
	soakWarmUp = 80 * time.Second
)

// TestSoak loads a process for as long as -soak says, with faults of Flow, duplicates, what is not ours
// and malformed bodies among what is right, and looks for what grows: memory, goroutines and descriptors of
// the process, and what Redis holds. When all is done Redis is as it was before.
func TestSoak(t *testing.T) {
	t.Parallel()
	length := *soakFor
	if length == 0 {
		length = 2 * time.Second // that it still works
	}
	h := newHarness(t, func(s *settings) { s.Catchup, s.Overlap = "10s", "15s" })
	h.config = h.edited("queue:\n", "queue:\n  dedupeWindow: "+soakWindow.String()+"\n")
	r := h.spawn()
	tellAll := func() {
		for i := range soakProducts {
			r.deliver(h.changed(fmt.Sprintf("p%d", i)))
		}
		h.settled()
	}
	for i := range soakProducts {
		h.omnium.PutProduct(simple(fmt.Sprintf("p%d", i), "as it was"))
	}
	rest := func() map[string]int64 {
		h.heal()
		tellAll() // also of those that are dead letters
		h.pass(*soakFor, soakForgets)
		return h.kept()
	}
	h.soak(r, min(length, soakWarmUp))
	before := rest()
	samples := h.soak(r, length)
	after := rest()
	t.Logf("Redis before: %v\nRedis after:  %v", before, after)
	t.Logf("load for %v, looked at %d times\n%s", length, len(samples), slopes(samples))
	if *soakFor > 0 {
		h.wantLevel(samples)
		h.wantAsBefore(before, after)
	}
	r.stop()
}

// pass waits, but not when the soak is only a moment.
func (h *harness) pass(soak, d time.Duration) {
	if soak == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-h.Context().Done():
	}
}

// sample is what was seen of the service at a moment.
type sample struct {
	at     time.Duration
	values [4]float64
}

// soakSeries name the values of a sample, with the growth per minute that is noise.
var soakSeries = [4]struct {
	name  string
	level float64
}{{"RSS in KiB", 1024}, {"goroutines", 2}, {"descriptors", 2}, {"Redis in KiB", 256}}

// soak loads a replica and looks at it every second.
func (h *harness) soak(r *replica, length time.Duration) []sample {
	h.Helper()
	began := time.Now()
	done := make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() { r.soakWebhooks(done) })
	load.Go(func() { h.soakFaults(done) })
	tick := time.NewTicker(min(time.Second, length/4))
	defer tick.Stop()
	var samples []sample
	for time.Since(began) < length {
		<-tick.C
		samples = append(samples, sample{time.Since(began), h.look(r)})
	}
	close(done)
	load.Wait()
	return samples
}

// soakWebhooks posts what Omnium and others would, until done is closed.
func (r *replica) soakWebhooks(done <-chan struct{}) {
	tick := time.NewTicker(soakPace)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		id := fmt.Sprintf("p%d", rand.N(soakProducts))
		want := http.StatusAccepted
		body := r.changed(id)
		switch n % 10 {
		case 0: // nothing has changed
		case 1:
			body = r.omnium.Event(omniumtest.Event{ObjectID: "o", OperationID: 110101})
		case 2:
			body, want = []byte(`{"className":`), http.StatusBadRequest
		default:
			r.rename(id, fmt.Sprintf("change %d", n))
		}
		for range 1 + n%5/4 { // every fifth is repeated
			if a := r.post(body); a.status != want {
				r.Errorf("POST %s = %d %s %v, want %d", body, a.status, a.body, a.err, want)
				return
			}
		}
		if n%50 == 0 {
			r.get("/dashboard")
			r.request(http.MethodGet, "/admin/v1/events", viewerToken, nil)
		}
	}
}

// soakFaults lets Flow be well for ten seconds, and then fail in one way or another for three.
func (h *harness) soakFaults(done <-chan struct{}) {
	faults := []flowtest.Fault{
		{Status: 500},
		{LoseReply: true},
		{Status: 429, Header: http.Header{"Retry-After": {"1"}}},
		{Delay: 500 * time.Millisecond},
		{Status: 400},
		{Hang: true},
	}
	for n := 0; ; n++ {
		h.heal()
		for _, wait := range []time.Duration{10 * time.Second, 3 * time.Second} {
			select {
			case <-done:
				return
			case <-time.After(wait):
			}
			fault := faults[n%len(faults)]
			h.flow.SetFault(func(flowtest.Request) flowtest.Fault {
				if rand.N(4) > 0 {
					return flowtest.Fault{}
				}
				return fault
			})
		}
	}
}

// look asks the process and Redis. The history has a bound of its own, which it reaches later than this ends.
func (h *harness) look(r *replica) [4]float64 {
	h.Helper()
	var seen [4]float64
	for i, series := range []string{"process_resident_memory_bytes", "go_goroutines", "process_open_fds"} {
		seen[i], _ = strconv.ParseFloat(r.metric(series), 64)
	}
	seen[0] /= 1 << 10
	for _, bytes := range h.kept() {
		seen[3] += float64(bytes) / (1 << 10)
	}
	return seen
}

// kept is how much memory the keys of Redis take, by what they are for. The history has bounds of its own
// and is left out, as are the samples for the charts.
func (h *harness) kept() map[string]int64 {
	h.Helper()
	c := h.redis.Client()
	kept := map[string]int64{}
	keys := c.Scan(h.Context(), 0, "*", 1000).Iterator()
	for keys.Next(h.Context()) {
		name := strings.TrimPrefix(keys.Val(), "omniflow:")
		if _, of, tagged := strings.Cut(name, "}:"); tagged {
			name, _, _ = strings.Cut(of, ":")
		}
		if name == "events" || name == "rejected" || name == "samples" {
			continue
		}
		used, err := c.MemoryUsage(h.Context(), keys.Val(), 0).Result()
		if err == nil { // else it is gone
			kept[name] += used
		}
	}
	if err := keys.Err(); err != nil {
		h.Fatal(err)
	}
	return kept
}

// slope is the growth per minute of one value, by least squares.
func slope(samples []sample, value int) float64 {
	var n, x, y, xx, xy float64
	for _, s := range samples {
		at, v := s.at.Minutes(), s.values[value]
		n, x, y, xx, xy = n+1, x+at, y+v, xx+at*at, xy+at*v
	}
	if d := n*xx - x*x; d > 0 {
		return (n*xy - x*y) / d
	}
	return 0
}

// slopes is a table of what grew how fast.
func slopes(samples []sample) string {
	var table strings.Builder
	fmt.Fprintf(&table, "%-14s %10s %10s %10s %14s %14s\n", "", "start", "most", "end", "per min, all", "second half")
	for i, of := range soakSeries {
		most := 0.0
		for _, s := range samples {
			most = max(most, s.values[i])
		}
		fmt.Fprintf(&table, "%-14s %10.0f %10.0f %10.0f %14.1f %14.1f\n", of.name, samples[0].values[i], most,
			samples[len(samples)-1].values[i], slope(samples, i), slope(samples[len(samples)/2:], i))
	}
	return table.String()
}

// wantLevel wants nothing to grow any more in the second half.
func (h *harness) wantLevel(samples []sample) {
	h.Helper()
	for i, of := range soakSeries {
		if grows := slope(samples[len(samples)/2:], i); grows > of.level {
			h.Errorf("%s grow by %.1f per minute in the second half, want at most %v", of.name, grows, of.level)
		}
	}
}

// wantAsBefore wants Redis to hold no more than before the load, and nothing that it did not hold at all.
func (h *harness) wantAsBefore(before, after map[string]int64) {
	h.Helper()
	for name, bytes := range after {
		if was := before[name]; bytes > was+was/10+512 {
			h.Errorf("Redis keeps %d bytes as %s, want the %d of before", bytes, name, was)
		}
	}
}
