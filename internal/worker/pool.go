package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Pool drains tenants, which can be replaced while it runs.
type Pool struct {
	opts Options
	// drains are those of the tenants in force. The map is never changed.
	drains  atomic.Pointer[drains]
	changes chan change
}

type drains map[tenant.ID]*drain

// change is a wish to drain other tenants.
type change struct {
	drains *drains
	taken  chan struct{} // closed when it is so
}

// New returns a pool that works while Run runs.
func New(o Options, tenants []Tenant) (*Pool, error) {
	if o.Queue == nil || o.Lease <= 0 {
		return nil, errors.New("worker: queue and lease are required")
	}
	p := &Pool{opts: o.withDefaults(), changes: make(chan change)}
	p.drains.Store(p.newDrains(tenants))
	return p, nil
}

func (p *Pool) newDrains(tenants []Tenant) *drains {
	set := make(drains, len(tenants))
	for _, t := range tenants {
		set[t.ID] = newDrain(p.opts, t)
	}
	return &set
}

// Wake tells a tenant's loop that a job may be due. It never blocks; tenants that are not drained
// here are ignored.
func (p *Pool) Wake(id tenant.ID) {
	if d, ok := (*p.drains.Load())[id]; ok {
		d.signal()
	}
}

// WakeAll tells every tenant's loop that a job may be due. It never blocks.
func (p *Pool) WakeAll() {
	for _, d := range *p.drains.Load() {
		d.signal()
	}
}

// Replace drains these tenants instead of those before, of which nothing more is claimed. Jobs that run
// go on with the handlers they have, within the grace period; leases keep anybody else from claiming
// them meanwhile. It returns when the new tenants are drained, or an error when ctx ends before
// because Run does not run.
func (p *Pool) Replace(ctx context.Context, tenants []Tenant) error {
	c := change{drains: p.newDrains(tenants), taken: make(chan struct{})}
	select {
	case p.changes <- c:
		<-c.taken
		return nil
	case <-ctx.Done():
		return fmt.Errorf("replace tenants: %w", context.Cause(ctx))
	}
}

// Run drains until ctx ends, then lets running jobs finish within the grace period, releases the
// rest uncounted and returns nil when nothing runs any more. Call it once.
func (p *Pool) Run(ctx context.Context) error {
	var loops sync.WaitGroup
	retire := p.start(ctx, &loops)
	for ctx.Err() == nil {
		select {
		case c := <-p.changes:
			for id, d := range *p.drains.Load() {
				d.successor.Store((*c.drains)[id])
				d.replaced.Store(true)
			}
			retire()
			p.drains.Store(c.drains)
			retire = p.start(ctx, &loops)
			close(c.taken)
		case <-ctx.Done():
		}
	}
	retire()
	loops.Wait()
	return nil
}

// start runs the drains in force. The returned function makes them claim nothing more; their jobs then
// have the grace period to finish.
func (p *Pool) start(ctx context.Context, loops *sync.WaitGroup) (retire func()) {
	claiming, stopClaiming := context.WithCancel(ctx)
	// Jobs outlive the signal to stop by the grace period.
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	var own sync.WaitGroup
	for _, d := range *p.drains.Load() {
		own.Go(func() { d.run(claiming, work) })
		loops.Go(func() { d.keep(claiming) })
	}
	return func() {
		stopClaiming()
		grace := time.AfterFunc(p.opts.Grace, func() { stop(errStopping) })
		loops.Go(func() {
			own.Wait()
			grace.Stop()
			stop(errStopping)
		})
	}
}

// errStopping is the cause of a job's context when the service stops, or no longer drains its tenant
// with what it had: the job did nothing wrong.
var errStopping = errors.New("worker: stopping")
