package ledger

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// sampleEvery is how often counts are sent to Redis; a process that is killed loses so much.
const sampleEvery = 5 * time.Second

// Sampler writes what Samples reads. Every replica has one: each adds its runs to those of the others,
// and the depth of a queue is the same whoever looks. Minutes are those of the replica's clock. It is
// best effort: what Redis does not take is missing from the charts and from nothing else. It is safe
// for concurrent use.
type Sampler struct {
	rdb redis.UniversalClient
	// look counts the jobs of every tenant; those it cannot count now are absent.
	look func(context.Context) map[tenant.ID]Depth

	mu     sync.Mutex
	counts map[sampled]Runs
}

// sampled is a minute of a tenant.
type sampled struct {
	tenant tenant.ID
	minute time.Time
}

// NewSampler returns a sampler on rdb, which stays the caller's; it writes while Run runs. look is
// called once a minute, bounds its own time, and returns how deep the queues are; tenants that it cannot tell are absent.
func NewSampler(
	rdb redis.UniversalClient, look func(context.Context) map[tenant.ID]Depth,
) *Sampler {
	return &Sampler{rdb: rdb, look: look, counts: map[sampled]Runs{}}
}

// Count counts the end of a run; it does not block. buried says that it became a dead letter.
func (s *Sampler) Count(t tenant.ID, o job.Outcome, buried bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := sampled{t, time.Now().UTC().Truncate(time.Minute)}
	runs := s.counts[at]
	switch {
	case buried:
		runs.Buried++
	case o.Verdict != job.Done:
		runs.Failed++
	case o.Result == job.Pushed || o.Result == job.Deactivated:
		runs.Pushed++
	default:
		runs.Agreed++
	}
	s.counts[at] = runs
}

// Run writes counts every few seconds and depths once a minute until ctx ends, then the counts that
// are left, and returns nil. Call it once.
func (s *Sampler) Run(ctx context.Context) error {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	work := context.WithoutCancel(ctx)
	var looked time.Time
	for {
		now := time.Now().UTC().Truncate(time.Minute)
		var depths map[tenant.ID]Depth
		if !now.Equal(looked) {
			depths, looked = s.look(ctx), now
		}
		s.write(work, now, depths)
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.write(work, now, nil)
			return nil
		}
	}
}

// write sends what was counted and the depths of a minute. What Redis does not take is dropped: sent
// again it could count twice.
func (s *Sampler) write(ctx context.Context, minute time.Time, depths map[tenant.ID]Depth) {
	s.mu.Lock()
	counts := maps.Clone(s.counts)
	clear(s.counts)
	s.mu.Unlock()
	if len(counts)+len(depths) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	pipe := s.rdb.Pipeline()
	for at, runs := range counts {
		addRuns(ctx, pipe, at, runs)
	}
	for t, depth := range depths {
		name := samplesKey(t, minute)
		pipe.HSet(ctx, name, sampleField(minute, fieldDepth), depth.encode())
		pipe.Expire(ctx, name, SampleAge+time.Hour)
	}
	_, _ = pipe.Exec(ctx)
}

func addRuns(ctx context.Context, pipe redis.Pipeliner, at sampled, runs Runs) {
	name := samplesKey(at.tenant, at.minute)
	for field, n := range map[string]int64{
		fieldPushed: runs.Pushed, fieldAgreed: runs.Agreed, fieldFailed: runs.Failed, fieldBuried: runs.Buried,
	} {
		if n > 0 {
			pipe.HIncrBy(ctx, name, sampleField(at.minute, field), n)
		}
	}
	pipe.Expire(ctx, name, SampleAge+time.Hour)
}
