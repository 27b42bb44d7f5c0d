package queuetest

import (
	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// view looks at one job and at the jobs of a state, in pages: each side goes by its own cursors. Time
// stands still for one script alone, and a list takes several: whether what waits is due is compared
// by the time it is due.
func (p *pair) view(rt *rapid.T) {
	t, key := anyTenant(rt), anyKey(rt)
	p.both(rt, "Job", func(q Queue) (any, error) { return q.Job(p.ctx, t, key) })
	state := rapid.SampledFrom([]queue.State{"", queue.Leased, queue.Dead}).Draw(rt, "state")
	limit := rapid.IntRange(1, 4).Draw(rt, "limit")
	p.both(rt, "Jobs", func(q Queue) (any, error) {
		var all []queue.View
		for cursor := ""; ; {
			page, next, err := q.Jobs(p.ctx, t, state, cursor, limit)
			for _, v := range page {
				if v.State == queue.Delayed {
					v.State = queue.Ready
				}
				all = append(all, v)
			}
			if next == "" || err != nil {
				return all, err
			}
			cursor = next
		}
	})
}

func (p *pair) hasten(rt *rapid.T) {
	t, key := anyTenant(rt), anyKey(rt)
	p.both(rt, "Hasten", func(q Queue) (any, error) { return nil, q.Hasten(p.ctx, t, key) })
}

// manyLetters replays or discards all of a tenant, beside one that never was.
func (p *pair) manyLetters(rt *rapid.T) {
	t := anyTenant(rt)
	all := append(p.letters(rt, t, 100), queue.DeadLetter{Key: job.Key{ID: "never"}, DiedAt: p.now})
	if rapid.Bool().Draw(rt, "replay") {
		p.both(rt, "ReplayAll", func(q Queue) (any, error) { return q.ReplayAll(p.ctx, t, all) })
		return
	}
	p.both(rt, "DiscardAll", func(q Queue) (any, error) { return q.DiscardAll(p.ctx, t, all) })
	for _, d := range all {
		p.owes(t, d.Key, false)
	}
}
