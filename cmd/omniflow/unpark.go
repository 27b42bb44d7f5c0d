package main

import (
	"context"
	"fmt"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// unpark queues parked events that somebody takes by now, because the configuration or a market
// group has changed (design §4). An event is forgotten only after it was queued; events that are
// queued twice are harmless.
func (s *service) unpark(ctx context.Context, directory *tenant.Directory) error {
	var taken []queue.Parked
	err := s.queue.ParkedEvents(ctx, func(p queue.Parked) bool {
		e := p.Event
		route, targets := directory.Targets(string(e.Resource), e.Market, e.Store)
		named := len(queue.EntriesOf(e, targets)) > 0
		if p.Reason == queue.ParkedUnrouted && route.Result == tenant.Routed && named {
			taken = append(taken, p)
		}
		return true
	})
	if err != nil {
		return err
	}
	for _, p := range taken {
		e := p.Event
		_, targets := directory.Targets(string(e.Resource), e.Market, e.Store)
		// The dedupe window knows nothing of parked events: they were never queued.
		if _, err := s.committer.Enqueue(ctx, queue.EntriesOf(e, targets)); err != nil {
			return fmt.Errorf("queue parked event: %w", err)
		}
		if err := s.queue.Unpark(ctx, p); err != nil {
			return err
		}
	}
	if len(taken) > 0 {
		s.log.Info().Int("count", len(taken)).Msg("parked events queued: their market is served now")
	}
	return nil
}
