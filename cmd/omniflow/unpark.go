package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// routed is called with the memberships whenever they were read. A tenant that has got a market begins
// with what has changed there lately; what is older takes a synchronisation.
func (s *service) routed(ctx context.Context, g *generation, directory *tenant.Directory) error {
	for _, t := range directory.Tenants() {
		now := directory.Markets(t.ID)
		before, known := g.markets[t.ID]
		g.markets[t.ID] = now
		gained := func(market string) bool { return !slices.Contains(before, market) }
		if known && slices.ContainsFunc(now, gained) {
			s.log.Info().Str("tenant", string(t.ID)).Strs("markets", now).Msg("the tenant has got a market")
			s.trouble.gained(t)
		}
	}
	return s.unpark(ctx, directory)
}

// unpark takes parked events that somebody takes by now: because the configuration or a market group
// has changed (design §4), or because somebody looks for changes. An event is forgotten only after it
// was taken; events that are taken twice are harmless.
func (s *service) unpark(ctx context.Context, directory *tenant.Directory) error {
	var taken []queue.Parked
	err := s.queue.ParkedEvents(ctx, func(p queue.Parked) bool {
		e := p.Event
		route, targets := directory.Targets(string(e.Resource), e.Market, e.Store)
		named := len(queue.EntriesOf(e, targets)) > 0
		if route.Result == tenant.Routed && (named || s.catchup != nil) {
			taken = append(taken, p)
		}
		return true
	})
	if err != nil {
		return err
	}
	for _, p := range taken {
		if err := s.take(ctx, directory, p); err != nil {
			return err
		}
	}
	if len(taken) > 0 {
		s.log.Info().Int("count", len(taken)).Msg("parked events queued: they concern somebody now")
	}
	return nil
}

// take queues a parked event, or has its objects looked for when it names none, and lists what else its
// tenants may lack.
func (s *service) take(ctx context.Context, directory *tenant.Directory, p queue.Parked) error {
	e := p.Event
	route, targets := directory.Targets(string(e.Resource), e.Market, e.Store)
	if entries := queue.EntriesOf(e, targets); len(entries) > 0 {
		// The dedupe window knows nothing of parked events: they were never queued.
		if _, err := s.committer.Enqueue(ctx, entries); err != nil {
			return fmt.Errorf("queue parked event: %w", err)
		}
	} else if err := s.Want(ctx, e.Resource, e.Time); err != nil {
		return err
	}
	if p.Reason == queue.ParkedUnrouted {
		for _, id := range route.Tenants {
			if t, ok := directory.Tenant(id); ok {
				s.trouble.over(t)
			}
		}
	}
	return s.queue.Unpark(ctx, p)
}
