package catchup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// SyncEvent is what the event id of a job begins with that a synchronisation has asked for; its id
// follows.
const SyncEvent = "sync:"

const (
	// saveEvery is how often the progress of a list is recorded.
	saveEvery = time.Second
	// drainedFor is how long no job of the bulk lane must be due before a synchronisation counts as
	// worked off: longer than a lease, so that what a crashed worker held has come back.
	drainedFor = 30 * time.Second
	// idleFor is the same for a tenant of which no job is leased or comes due later, so that none can come back:
	// long enough for what was done to be counted. Some jobs are never counted, because an event has joined them.
	idleFor = 3 * time.Second
)

// Syncs are the synchronisations that operators ask for; ledger.Ledger documents the methods.
type Syncs interface {
	ActiveSyncs(ctx context.Context) ([]ledger.Sync, error)
	Sync(ctx context.Context, t tenant.ID, id string) (ledger.Sync, error)
	SaveSync(ctx context.Context, s ledger.Sync) error
	KnownObjects(
		ctx context.Context, t tenant.ID, r event.Resource, kind string, visit func(ids []string) error,
	) error
}

// Depths tell how much of the bulk lane is due; queue.Queue documents the method.
type Depths interface {
	Stats(ctx context.Context, t tenant.ID) (queue.Stats, error)
}

// synchroniser runs the synchronisations of one term, one group after the other.
type synchroniser struct {
	opts Options
	// quiet is since when no bulk job of a tenant has been due, idle since when it has had no job at all.
	quiet, idle map[tenant.ID]time.Time
}

func newSynchroniser(opts Options) *synchroniser {
	return &synchroniser{opts: opts, quiet: map[tenant.ID]time.Time{}, idle: map[tenant.ID]time.Time{}}
}

// run looks after what operators ask for until ctx ends.
func (s *synchroniser) run(ctx context.Context) {
	for failed := false; ctx.Err() == nil; sleep(ctx) {
		err := s.look(ctx)
		if err != nil && !failed && ctx.Err() == nil {
			s.opts.Log.Warn().Err(err).Msg("synchronisations cannot go on now")
		}
		failed = err != nil
	}
}

// look begins or resumes the oldest synchronisation together with those that want the same, and ends
// the ones that have been worked off.
func (s *synchroniser) look(ctx context.Context) error {
	active, err := s.opts.Syncs.ActiveSyncs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	var open []ledger.Sync
	for _, sync := range active {
		switch {
		case sync.Cancel:
			errs = append(errs, s.finish(ctx, sync, ledger.SyncCancelled, nil))
		case !s.serves(sync.Tenant): // it goes on when the configuration has the tenant again
		case sync.State == ledger.SyncDraining:
			errs = append(errs, s.drained(ctx, sync))
		default:
			open = append(open, sync)
		}
	}
	if len(open) > 0 {
		errs = append(errs, s.group(ctx, together(open)))
	}
	return errors.Join(errs...)
}

func (s *synchroniser) serves(id tenant.ID) bool {
	_, served := s.opts.Directory().Tenant(id)
	return served
}

// together are the first synchronisation and those that can share its lists.
func together(open []ledger.Sync) []ledger.Sync {
	first := open[0]
	return slices.DeleteFunc(slices.Clone(open), func(s ledger.Sync) bool {
		return !slices.Equal(s.Resources, first.Resources) || !s.Since.Equal(first.Since) ||
			!slices.Equal(s.Listed, first.Listed) ||
			slices.ContainsFunc(open, func(o ledger.Sync) bool { return o.Tenant == s.Tenant && o.ID != s.ID && o.Created.Before(s.Created) })
	})
}

// finish ends a synchronisation.
func (s *synchroniser) finish(
	ctx context.Context, sync ledger.Sync, state ledger.SyncState, cause error,
) error {
	sync.State, sync.Finished = state, time.Now()
	if cause != nil {
		sync.Error = cause.Error()
	}
	s.opts.Log.Info().Str("tenant", string(sync.Tenant)).Str("sync", sync.ID).Str("state", string(state)).
		Err(cause).Int64("seen", sync.Seen).Msg("synchronisation has ended")
	return s.opts.Syncs.SaveSync(context.WithoutCancel(ctx), sync)
}

// drained ends a synchronisation whose tenant's bulk lane has had nothing due for a while.
func (s *synchroniser) drained(ctx context.Context, sync ledger.Sync) error {
	stats, err := s.opts.Depths.Stats(ctx, sync.Tenant)
	if err != nil {
		return err
	}
	counted := sync.Done+sync.Failed >= sync.Seen
	quiet := since(s.quiet, sync.Tenant, stats.Bulk == 0)
	idle := since(s.idle, sync.Tenant, stats.Ready+stats.Delayed+stats.Leased == 0)
	if stats.Bulk > 0 || !counted && quiet < drainedFor && idle < idleFor {
		return nil
	}
	delete(s.quiet, sync.Tenant)
	delete(s.idle, sync.Tenant)
	return s.finish(ctx, sync, ledger.SyncDone, nil)
}

// since returns for how long something has held of a tenant.
func since(from map[tenant.ID]time.Time, t tenant.ID, holds bool) time.Duration {
	if !holds {
		delete(from, t)
		return 0
	}
	if from[t].IsZero() {
		from[t] = time.Now()
	}
	return time.Since(from[t])
}

// group lists the resources that are left, once for all, in the order in which one needs another.
func (s *synchroniser) group(ctx context.Context, syncs []ledger.Sync) error {
	g := &group{synchroniser: s, syncs: syncs}
	for i := range g.syncs {
		if g.syncs[i].State != ledger.SyncListing {
			g.syncs[i].State, g.syncs[i].Started = ledger.SyncListing, time.Now()
		}
	}
	if err := g.save(ctx); err != nil {
		return err
	}
	for _, r := range Order() {
		if !slices.Contains(g.syncs[0].Resources, r) || slices.Contains(g.syncs[0].Listed, r) {
			continue
		}
		if err := g.list(ctx, r); err != nil {
			return g.failed(ctx, err)
		}
	}
	for i := range g.syncs {
		g.syncs[i].State = ledger.SyncDraining
	}
	return g.save(ctx)
}

// group is synchronisations of several tenants that share lists.
type group struct {
	*synchroniser

	syncs []ledger.Sync
	saved time.Time
}

func (g *group) save(ctx context.Context) error {
	g.saved = time.Now()
	var errs []error
	for _, sync := range g.syncs {
		errs = append(errs, g.opts.Syncs.SaveSync(ctx, sync))
	}
	return errors.Join(errs...)
}

// errCancelled says that no synchronisation of the group is wanted any more.
var errCancelled = errors.New("cancelled")

// list hands over every object of a resource. A resource whose list was cut short is listed again from
// its beginning; what was handed over is not queued twice.
func (g *group) list(ctx context.Context, r event.Resource) error {
	counted := map[string]int64{}
	seen, served := newSeen(), g.served(r)
	w := omnium.Window{Since: g.syncs[0].Since, Until: time.Now()}
	page := func(page []omnium.Change) error {
		fresh := seen.add(page)
		for i := range g.syncs {
			n, err := g.hand(ctx, i, served, fresh)
			if err != nil {
				return err
			}
			counted[g.syncs[i].ID] += n
			g.syncs[i].Seen += n
		}
		return g.progress(ctx)
	}
	var err error
	for _, from := range listsOf(r, w) {
		if err == nil {
			err = g.opts.Source.Changes(ctx, from, w, page)
		}
	}
	if err != nil {
		for i := range g.syncs {
			g.syncs[i].Seen -= counted[g.syncs[i].ID] // they are counted again
		}
		return err
	}
	if w.Since.IsZero() {
		for _, r := range served {
			if err := g.orphans(ctx, r, seen); err != nil {
				return err
			}
		}
	}
	for i := range g.syncs {
		g.syncs[i].Listed = append(slices.Clip(g.syncs[i].Listed), served...)
	}
	return g.save(ctx)
}

// listsOf are the lists that have the objects of a resource. Prices are the prices of products: all of
// them are found by listing the products, and those that have changed are either kept on a product or
// apart from it.
func listsOf(r event.Resource, w omnium.Window) []event.Resource {
	switch {
	case r != event.Price:
		return []event.Resource{r}
	case w.Since.IsZero():
		return []event.Resource{event.Product}
	default:
		return []event.Resource{event.Product, event.Price}
	}
}

// served are the resources that a list of r is for: a list of all products is one of all prices too.
func (g *group) served(r event.Resource) []event.Resource {
	if r == event.Product && g.syncs[0].Since.IsZero() && slices.Contains(g.syncs[0].Resources, event.Price) {
		return []event.Resource{event.Product, event.Price}
	}
	return []event.Resource{r}
}

// hand queues the objects of a page for a synchronisation, and returns how many jobs that are.
func (g *group) hand(
	ctx context.Context, i int, served []event.Resource, page []omnium.Change,
) (int64, error) {
	var n int64
	for _, r := range served {
		h := &handover{
			intake: g.opts.Intake, targets: []tenant.Target{{Resource: string(r), Tenants: []tenant.ID{g.syncs[i].Tenant}}},
			because: SyncEvent + g.syncs[i].ID, once: true,
		}
		if err := h.take(ctx, page); err != nil {
			return n, err
		}
		n += int64(h.seen)
	}
	return n, nil
}

// progress records now and then how far the list has come, and drops what was cancelled.
func (g *group) progress(ctx context.Context) error {
	if time.Since(g.saved) < saveEvery {
		return nil
	}
	var wanted []ledger.Sync
	for _, sync := range g.syncs {
		now, err := g.opts.Syncs.Sync(ctx, sync.Tenant, sync.ID)
		if err != nil {
			return err
		}
		if !now.Cancel {
			wanted = append(wanted, sync)
			continue
		}
		if err := g.finish(ctx, sync, ledger.SyncCancelled, nil); err != nil {
			return err
		}
	}
	if len(wanted) == 0 {
		g.syncs = nil
		return errCancelled
	}
	g.syncs = wanted
	return g.save(ctx)
}

// failed ends the group when another attempt would fail as well; otherwise the next look resumes it.
func (g *group) failed(ctx context.Context, cause error) error {
	if errors.Is(cause, errCancelled) {
		return nil
	}
	if !errors.Is(cause, omnium.ErrMalformed) && !errors.Is(cause, omnium.ErrNotListed) {
		return fmt.Errorf("list: %w", errors.Join(cause, g.save(context.WithoutCancel(ctx))))
	}
	var errs []error
	for _, sync := range g.syncs {
		errs = append(errs, g.finish(ctx, sync, ledger.SyncFailed, cause))
	}
	return errors.Join(errs...)
}
