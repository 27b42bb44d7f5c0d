// Package catchup makes Flow right again when events were lost: Omnium gives up a webhook after about
// 21 seconds. One replica, the leader, lists what has changed in Omnium since a checkpoint and puts it
// into the bulk lane; the workers find out what really differs.
package catchup

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

const (
	// term is how long a leader leads without a sign of life; another one takes over after it.
	term = 15 * time.Second
	// every is how often a replica tries to lead or prolongs its term, and the leader looks for what is
	// due.
	every = 5 * time.Second
	// retryAfter is how soon a delta that failed is tried again, when its interval is longer.
	retryAfter = 30 * time.Second
)

// Source lists objects of Omnium; omnium.Client documents the method.
type Source interface {
	Changes(
		ctx context.Context, r event.Resource, w omnium.Window, visit func([]omnium.Change) error,
	) error
}

// Intake takes jobs; queue.Committer documents the method.
type Intake interface {
	Enqueue(ctx context.Context, entries []queue.Entry) ([]queue.Result, error)
}

// Records are what the catch-up remembers; ledger.Ledger documents the methods.
type Records interface {
	Lead(ctx context.Context, holder string, ttl time.Duration) (int64, error)
	Resign(ctx context.Context, holder string) error
	Checkpoints(ctx context.Context, t tenant.ID) (map[event.Resource]time.Time, error)
	SaveCheckpoint(ctx context.Context, t tenant.ID, r event.Resource, token int64, at time.Time) error
	Wishes(ctx context.Context) (map[event.Resource]ledger.Wish, error)
	Granted(ctx context.Context, r event.Resource, w ledger.Wish) error
}

// Options configure a Catchup. All but Observe and Log are required.
type Options struct {
	// Holder names this process among the replicas.
	Holder string
	// Directory returns who is served now, and says which jobs a change makes, and for whom.
	Directory func() *tenant.Directory
	Source    Source
	Intake    Intake
	Records   Records
	Syncs     Syncs
	Depths    Depths
	// Intervals say how often the changes of each resource are listed; a resource without one is not.
	Intervals map[event.Resource]time.Duration
	// Overlap is how far before its checkpoint a list begins: it covers the lag of Omnium's index and
	// the difference of the clocks.
	Overlap time.Duration
	// Observe, when not nil, is told of every delta that has ended.
	Observe func(Report)
	Log     zerolog.Logger
}

// Report is what became of one delta.
type Report struct {
	Resource event.Resource
	// Seen are the objects that were listed, Queued the jobs that were accepted as new or joined
	// others.
	Seen, Queued int
	Since        time.Time
	Took         time.Duration
	Err          error
}

// Catchup lists changes while it leads. Create it with New; Run it once.
type Catchup struct {
	opts Options
}

// New returns a catch-up, or an error that says what is missing.
func New(o Options) (*Catchup, error) {
	if o.Holder == "" || o.Directory == nil || o.Source == nil || o.Intake == nil || o.Records == nil ||
		o.Syncs == nil || o.Depths == nil {
		return nil, errors.New("catchup: holder, directory, source, intake, records, syncs and depths are required")
	}
	return &Catchup{opts: o}, nil
}

// Run takes part in the election, and does the leader's work while this process leads, until ctx ends.
// It returns nil.
func (c *Catchup) Run(ctx context.Context) error {
	for failed := false; ctx.Err() == nil; {
		token, err := c.opts.Records.Lead(ctx, c.opts.Holder, term)
		switch {
		case err != nil && !failed && ctx.Err() == nil:
			c.opts.Log.Warn().Err(err).Msg("catch-up cannot take part in the election")
		case token > 0:
			c.lead(ctx, token)
		}
		failed = err != nil
		sleep(ctx)
	}
	return nil
}

// errTerm is why the work of a leader ends whose term could not be prolonged.
var errTerm = errors.New("catchup: no longer the leader")

// lead works until the term ends or ctx does; then it resigns, so that nobody has to wait.
func (c *Catchup) lead(ctx context.Context, token int64) {
	c.opts.Log.Info().Int64("term", token).Msg("this replica leads the catch-up")
	working, stop := context.WithCancelCause(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { c.prolong(working, stop, token) })
	beside.Go(func() { newSynchroniser(c.opts).run(working) })
	c.work(working, token)
	stop(nil)
	beside.Wait()
	resign, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := c.opts.Records.Resign(resign, c.opts.Holder); err != nil {
		c.opts.Log.Warn().Err(err).Msg("catch-up could not resign; its term runs out by itself")
	}
}

// prolong keeps the term alive, and stops the work when it cannot be, or when Redis was away: what it
// may have lost has to be looked for, and a new term begins with every list.
func (c *Catchup) prolong(ctx context.Context, stop context.CancelCauseFunc, token int64) {
	until := time.Now().Add(term)
	for away := false; sleep(ctx); {
		asked := time.Now()
		now, err := c.opts.Records.Lead(ctx, c.opts.Holder, term)
		switch {
		case err == nil && now == token && !away:
			until = asked.Add(term)
			continue
		case err != nil && time.Until(until) > every:
			away = true
			continue
		}
		c.opts.Log.Warn().Err(err).Bool("redisWasAway", away).Msg("this term of the catch-up ends")
		stop(errTerm)
		return
	}
}

// work runs what is due, one delta after the other, until ctx ends.
func (c *Catchup) work(ctx context.Context, token int64) {
	s := newSchedule(c.opts.Intervals)
	for ctx.Err() == nil {
		wishes, err := c.opts.Records.Wishes(ctx)
		if err != nil && ctx.Err() == nil {
			c.opts.Log.Warn().Err(err).Msg("wanted deltas cannot be read")
		}
		for _, r := range s.due(time.Now(), wishes) {
			wish, wished := wishes[r]
			report := c.delta(ctx, r, token, wish)
			s.ran(r, time.Now(), report.Err)
			c.report(ctx, report)
			if wished && report.Err == nil {
				c.granted(ctx, r, wish)
			}
			if errors.Is(report.Err, ledger.ErrDeposed) {
				return
			}
		}
		sleep(ctx)
	}
}

// granted forgets a wish. One that cannot be forgotten is granted once more.
func (c *Catchup) granted(ctx context.Context, r event.Resource, wish ledger.Wish) {
	if err := c.opts.Records.Granted(ctx, r, wish); err != nil {
		c.opts.Log.Warn().Err(err).Str("resource", string(r)).Msg("delta runs once more")
	}
}

func (c *Catchup) report(ctx context.Context, r Report) {
	if ctx.Err() != nil {
		return
	}
	if c.opts.Observe != nil {
		c.opts.Observe(r)
	}
	level := zerolog.DebugLevel
	switch {
	case r.Err != nil:
		level = zerolog.WarnLevel
	case r.Queued > 0:
		level = zerolog.InfoLevel
	}
	c.opts.Log.WithLevel(level).Err(r.Err).Str("resource", string(r.Resource)).Time("since", r.Since).
		Int("seen", r.Seen).Int("queued", r.Queued).Dur("took", r.Took).Msg("delta")
}

// sleep waits for its turn and reports whether ctx is still alive.
func sleep(ctx context.Context) bool {
	timer := time.NewTimer(every)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
