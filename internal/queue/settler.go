package queue

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Settler is a Queue whose workers settle together: everything that is settled while one round trip
// to Redis is under way goes out in the next one. There is no timer; one that comes alone is sent at
// once. It is safe for concurrent use and needs no stopping.
type Settler struct {
	*Queue
	timeout time.Duration

	mu      sync.Mutex
	sending bool // a goroutine is at work that looks at waiting again
	waiting []*settlement
}

// settlement is one call that waits for its answer.
type settlement struct {
	transition
	job   job.Job
	plain bool          // an ack that asks for nothing more: it has a call of its own only when left over
	done  chan struct{} // closed when again and err are set
	again bool
	err   error
}

// NewSettler returns a settler on q. The timeout bounds one round trip; zero means two seconds.
func NewSettler(q *Queue, timeout time.Duration) *Settler {
	if timeout == 0 {
		timeout = 2 * time.Second
	}
	return &Settler{Queue: q, timeout: timeout}
}

// Ack is Queue.Ack.
func (s *Settler) Ack(ctx context.Context, j job.Job, again time.Duration) (bool, error) {
	if again > 0 {
		return s.settle(ctx, &settlement{transition: s.ack(j, again)})
	}
	return s.settle(ctx, &settlement{transition: transition{name: "ack", key: j.Key}, job: j, plain: true})
}

// Retry is Queue.Retry.
func (s *Settler) Retry(
	ctx context.Context, j job.Job, delay time.Duration, dataFault bool,
) (bool, error) {
	return s.settle(ctx, &settlement{transition: s.retry(j, delay, dataFault)})
}

// Release is Queue.Release.
func (s *Settler) Release(ctx context.Context, j job.Job, delay time.Duration) error {
	_, err := s.settle(ctx, &settlement{transition: s.release(j, delay)})
	return err
}

// Bury is Queue.Bury.
func (s *Settler) Bury(ctx context.Context, j job.Job, reason, detail string) (bool, error) {
	return s.settle(ctx, &settlement{transition: s.bury(j, reason, detail)})
}

// settle waits for the group's answer or the end of ctx. After the latter the transition may happen
// all the same; its token keeps it from doing so twice.
func (s *Settler) settle(ctx context.Context, w *settlement) (bool, error) {
	if err := context.Cause(ctx); err != nil {
		return false, fmt.Errorf("%s: %w", w.name, err)
	}
	w.done = make(chan struct{})
	s.mu.Lock()
	s.waiting = append(s.waiting, w)
	if !s.sending {
		s.sending = true
		go s.send(context.WithoutCancel(ctx)) // others will wait for it too
	}
	s.mu.Unlock()
	select {
	case <-w.done:
		return w.again, w.err
	case <-ctx.Done():
		return false, fmt.Errorf("%s: %w", w.name, context.Cause(ctx))
	}
}

// send makes round trips until nobody waits.
func (s *Settler) send(ctx context.Context) {
	for {
		s.mu.Lock()
		group := s.waiting[:min(len(s.waiting), maxCommit)]
		s.waiting = s.waiting[len(group):]
		s.sending = len(group) > 0
		s.mu.Unlock()
		if len(group) == 0 {
			return
		}
		s.finish(ctx, group)
	}
}

// finish gives every member of the group its answer. Most acks need no more than one script for all of
// them; what that one leaves goes the way of the others.
func (s *Settler) finish(ctx context.Context, group []*settlement) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	single, tenants := split(group)
	left := s.roundTrip(ctx, single, tenants)
	if len(left) == 0 {
		return
	}
	for _, w := range left {
		w.transition = s.ack(w.job, 0)
	}
	s.roundTrip(ctx, left, nil)
}

// split keeps the plain acks of each tenant together and the rest apart.
func split(group []*settlement) ([]*settlement, []batched) {
	var single []*settlement
	var tenants []batched
	open := map[tenant.ID]int{}
	for _, w := range group {
		if !w.plain {
			single = append(single, w)
			continue
		}
		at, ok := open[w.job.Tenant]
		if !ok || len(tenants[at].members) == MaxBatch {
			at = len(tenants)
			open[w.job.Tenant] = at
			tenants = append(tenants, batched{})
		}
		tenants[at].members = append(tenants[at].members, w)
	}
	return single, tenants
}

// batched are plain acks of one tenant that share a call.
type batched struct{ members []*settlement }

// call is the script for all members.
func (s *Settler) call(b batched) call {
	k := keysOf(b.members[0].job.Tenant)
	args := make([]any, 0, 3*len(b.members))
	for _, w := range b.members {
		args = append(args, encodeKey(w.job.Key), w.job.Token, w.job.Generation)
	}
	return call{script: s.scripts.done, keys: []string{k.jobs, k.leased}, args: args}
}

// roundTrip answers everybody it can and returns the acks of jobs that events have arrived for.
func (s *Settler) roundTrip(
	ctx context.Context, single []*settlement, tenants []batched,
) []*settlement {
	calls := make([]call, 0, len(single)+len(tenants))
	for _, w := range single {
		calls = append(calls, w.call)
	}
	for _, b := range tenants {
		calls = append(calls, s.call(b))
	}
	cmds := pipeline(ctx, s.rdb, calls)
	for i, w := range single {
		w.answer(w.result(cmds[i]))
	}
	var left []*settlement
	for i, b := range tenants {
		left = append(left, b.answer(cmds[len(single)+i])...)
	}
	return left
}

// untouched is what the script says of a job that it left to ack.
const untouched = 2

// answer gives the members what the script said and returns those that it left.
func (b batched) answer(cmd *redis.Cmd) []*settlement {
	codes, err := cmd.Int64Slice()
	if err == nil && len(codes) != len(b.members) {
		err = fmt.Errorf("%d results for %d jobs", len(codes), len(b.members))
	}
	var left []*settlement
	for i, w := range b.members {
		switch {
		case err != nil:
			w.answer(false, fmt.Errorf("%s: %w", w.name, err))
		case codes[i] == untouched:
			left = append(left, w)
		case codes[i] == 0:
			w.answer(false, lostLease(w.transition))
		default:
			w.answer(false, nil)
		}
	}
	return left
}

func (w *settlement) answer(again bool, err error) {
	w.again, w.err = again, err
	close(w.done)
}
