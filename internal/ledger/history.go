package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

const (
	eventsKey   = "omniflow:events"   // capped stream of what was received and what came of it
	rejectedKey = "omniflow:rejected" // bounded list of bodies that were refused
)

// History records what happened, beside the work and never in its way: entries go through a bounded
// buffer and are dropped, and counted, when Redis cannot take them fast enough. It is safe for
// concurrent use.
type History struct {
	rdb     redis.UniversalClient
	opts    HistoryOptions
	entries chan func(context.Context, redis.Pipeliner)
	dropped atomic.Int64
}

// maxObjects is how many of an event's objects its entry names.
const maxObjects = 20

// HistoryOptions configure a History.
type HistoryOptions struct {
	// Events is about how many entries the stream keeps. Zero means 100,000.
	Events int64
	// Rejected is how many refused bodies are kept. Zero means 100.
	Rejected int64
	// Buffer is how many entries may wait for Redis. Zero means 8192.
	Buffer int
}

// NewHistory returns a history on rdb, which stays the caller's; it writes while Run runs.
func NewHistory(rdb redis.UniversalClient, o HistoryOptions) *History {
	if o.Events == 0 {
		o.Events = 100_000
	}
	if o.Rejected == 0 {
		o.Rejected = 100
	}
	if o.Buffer == 0 {
		o.Buffer = 8192
	}
	return &History{
		rdb: rdb, opts: o,
		entries: make(chan func(context.Context, redis.Pipeliner), o.Buffer),
	}
}

// Dropped returns how many entries were lost since the start.
func (h *History) Dropped() int64 { return h.dropped.Load() }

// Event records a received event and what the intake made of it.
func (h *History) Event(e event.Event, tenants []tenant.ID, result, reason string) {
	// A batch may name a hundred thousand objects: the first ones are enough to recognise it by.
	objects, _ := json.Marshal(e.Objects[:min(len(e.Objects), maxObjects)])
	to, _ := json.Marshal(tenants)
	at := time.Now()
	h.add(func(ctx context.Context, pipe redis.Pipeliner) {
		pipe.XAdd(ctx, &redis.XAddArgs{
			Stream: eventsKey, MaxLen: h.opts.Events, Approx: true,
			Values: []any{
				"kind", "event", "at", stamp(at), "event", e.ID, "resource", string(e.Resource),
				"change", string(e.Change), "objects", objects, "objectCount", len(e.Objects), "market", e.Market,
				"tenants", to, "result", result, "reason", reason,
			},
		})
	})
}

// Outcome records the end of a run: in the stream, as the object's last outcome, as its last push when
// there was one and, when the object agrees, as the tenant's last success.
func (h *History) Outcome(j job.Job, o job.Outcome, settled string) {
	at, problem := time.Now(), briefly(o.Err)
	result := cmp.Or(o.Result, string(o.Verdict))
	h.add(func(ctx context.Context, pipe redis.Pipeliner) {
		pipe.XAdd(ctx, &redis.XAddArgs{
			Stream: eventsKey, MaxLen: h.opts.Events, Approx: true,
			Values: []any{
				"kind", "outcome", "at", stamp(at), "event", j.Cause.EventID,
				"resource", string(j.Resource), "object", j.ID, "tenant", string(j.Tenant),
				"attempt", j.Attempts + 1, "result", result, "reason", o.Reason, "settled", settled,
				"error", problem,
			},
		})
		pipe.HSet(ctx, key(j.Tenant, "outcome", string(j.Resource)), j.ID,
			LastOutcome{At: at, Result: result, Reason: o.Reason, Error: problem}.encode())
		if result == job.Pushed || result == job.Deactivated {
			pipe.HSet(ctx, key(j.Tenant, "pushed", string(j.Resource)), j.ID, stamp(at))
		}
		if o.Verdict == job.Done {
			pipe.HSet(ctx, key(j.Tenant, "tenant", "state"), "lastSuccess", stamp(at))
		}
		recordWait(ctx, pipe, j, o.Result, settled, at)
	})
}

// Rejected records a body that was refused; the caller has cut it.
func (h *History) Rejected(body []byte, reason string) {
	raw, err := json.Marshal(map[string]any{
		"at": time.Now().UTC(), "reason": reason, "body": string(body),
	})
	if err != nil {
		return
	}
	h.add(func(ctx context.Context, pipe redis.Pipeliner) {
		pipe.LPush(ctx, rejectedKey, raw)
		pipe.LTrim(ctx, rejectedKey, 0, h.opts.Rejected-1)
	})
}

func (h *History) add(entry func(context.Context, redis.Pipeliner)) {
	select {
	case h.entries <- entry:
	default:
		h.dropped.Add(1)
	}
}

// stamp writes a time in milliseconds.
func stamp(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

// historyBatch is how many entries go out in one round trip.
const historyBatch = 256

// Run writes entries until ctx ends, then those that wait, and returns nil. When Redis does not take
// those, they are dropped, so that it never holds up the end of the service. Call it once.
func (h *History) Run(ctx context.Context) error {
	work := context.WithoutCancel(ctx)
	for {
		select {
		case e := <-h.entries:
			if !h.write(work, e) && ended(ctx) {
				h.discard()
				return nil
			}
		case <-ctx.Done():
			if len(h.entries) == 0 {
				return nil
			}
		}
	}
}

func ended(ctx context.Context) bool { return ctx.Err() != nil }

// discard drops the entries that wait.
func (h *History) discard() {
	for {
		select {
		case <-h.entries:
			h.dropped.Add(1)
		default:
			return
		}
	}
}

// write sends an entry and those that wait behind it, and reports whether Redis took them all.
func (h *History) write(ctx context.Context, first func(context.Context, redis.Pipeliner)) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	pipe := h.rdb.Pipeline()
	first(ctx, pipe)
	ends := []int{pipe.Len()}
	for more := true; more && len(ends) < historyBatch; {
		select {
		case e := <-h.entries:
			e(ctx, pipe)
			ends = append(ends, pipe.Len())
		default:
			more = false
		}
	}
	cmds, err := pipe.Exec(ctx)
	if err != nil {
		h.dropped.Add(incomplete(cmds, ends))
	}
	return err == nil
}

// incomplete counts the entries of which a command failed: a cluster may have taken those beside
// them. Each entry ends before one of the positions.
func incomplete(cmds []redis.Cmder, ends []int) int64 {
	var n int64
	begin := 0
	for _, end := range ends {
		if slices.ContainsFunc(cmds[begin:end], func(cmd redis.Cmder) bool { return cmd.Err() != nil }) {
			n++
		}
		begin = end
	}
	return n
}
