package worker

import (
	"context"
	"time"
)

// expireEvery is how often old dead letters are looked for.
const expireEvery = time.Hour

// keep extends the leases that are held here and takes back those that ran out anywhere, until the
// loop has ended and nothing is held any more.
func (d *drain) keep(ctx context.Context) {
	beat := time.NewTicker(d.opts.Lease / 3)
	defer beat.Stop()
	reap := time.NewTicker(d.opts.Lease / 5)
	defer reap.Stop()
	expire := time.NewTicker(expireEvery)
	defer expire.Stop()
	// Leases are extended during the grace period too.
	work := context.WithoutCancel(ctx)
	for {
		select {
		case <-d.ended:
			return
		case <-beat.C:
			d.beat(work)
		case <-reap.C:
			d.reap(ctx)
		case <-expire.C:
			d.expire(ctx)
		}
	}
}

func (d *drain) beat(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, d.opts.Lease/3)
	defer cancel()
	if err := d.leases.extend(ctx); err != nil {
		d.opts.Log.Warn().Err(err).Str("tenant", string(d.tenant.ID)).Msg("leases not extended")
	}
}

func (d *drain) reap(ctx context.Context) {
	reaped, err := d.opts.Queue.Reap(ctx, d.tenant.ID)
	if err != nil {
		return // the loop reports that the queue is away
	}
	for _, key := range reaped.Returned {
		d.opts.Log.Warn().Str("tenant", string(d.tenant.ID)).Str("resource", string(key.Resource)).
			Str("object_id", key.ID).Msg("lease ran out, job is due again")
	}
	for _, key := range reaped.Buried {
		d.opts.Log.Error().Str("tenant", string(d.tenant.ID)).Str("resource", string(key.Resource)).
			Str("object_id", key.ID).Msg("job buried: its workers keep dying")
	}
	for kind, n := range reaped.Repaired {
		d.opts.Log.Warn().Str("tenant", string(d.tenant.ID)).Str("kind", string(kind)).Int("count", n).
			Msg("queue contradicted itself and was repaired")
		if d.opts.OnRepair != nil {
			d.opts.OnRepair(d.tenant.ID, kind, n)
		}
	}
	if len(reaped.Returned)+len(reaped.Repaired) > 0 {
		d.signal()
	}
}

func (d *drain) expire(ctx context.Context) {
	n, err := d.opts.Queue.ExpireDeadLetters(ctx, d.tenant.ID)
	if err == nil && n > 0 {
		d.opts.Log.Info().Str("tenant", string(d.tenant.ID)).Int("count", n).Msg("dead letters expired")
	}
}

// probe tries a suspended tenant's credential, at most once per ProbeEvery, and lifts the suspension
// when it works. The first try comes at once: the process may have been started with a new one.
func (d *drain) probe(ctx context.Context) {
	if !d.probed.IsZero() && time.Since(d.probed) < d.opts.ProbeEvery {
		return
	}
	d.probed = time.Now()
	log := d.opts.Log.With().Str("tenant", string(d.tenant.ID)).Logger()
	if err := d.tenant.Target.Probe(ctx); err != nil {
		log.Error().Err(err).Msg("tenant stays suspended: probe refused")
		return
	}
	if err := d.opts.Queue.Unsuspend(ctx, d.tenant.ID); err != nil {
		log.Error().Err(err).Msg("cannot lift the suspension")
		return
	}
	log.Info().Msg("suspension lifted: the credential works again")
}
