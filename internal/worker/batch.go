package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/job"
)

// batch is what one call of a handler works on.
type batch struct {
	drain   *drain
	ctx     context.Context //nolint:containedctx // its cause tells why a run was interrupted
	started time.Time

	mu   sync.Mutex
	open map[job.Key]job.Job // not settled yet
}

// settle acts on the outcome of one job. A second outcome for the same job is ignored: the first has
// ended the lease.
func (b *batch) settle(j job.Job, o job.Outcome) {
	b.mu.Lock()
	_, open := b.open[j.Key]
	delete(b.open, j.Key)
	b.mu.Unlock()
	if !open {
		return
	}
	defer b.drain.settled(j.Lane)
	b.drain.leases.settle(j)
	defer b.drain.leases.drop(j)
	b.drain.settle(b.ctx, j, o, time.Since(b.started))
}

// errUnsettled is a mistake of a handler; the job is retried.
var errUnsettled = errors.New("handler returned without an outcome")

// finish settles what the handler left open because it panicked or forgot a job.
func (b *batch) finish() {
	o := job.Fail("unsettled", errUnsettled)
	if v := recover(); v != nil {
		o = job.Panicked(v)
	}
	b.mu.Lock()
	var left []job.Job
	for _, j := range b.open {
		left = append(left, j)
	}
	b.mu.Unlock()
	for _, j := range left {
		b.settle(j, o)
	}
}
