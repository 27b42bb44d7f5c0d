package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// events sends n events, one every liveEvery and each about a product of its own, and returns how long
// each took until Flow was asked to take the product, sorted.
func (w *syncWorld) events(ctx context.Context, r *replica, name string, n int) ([]time.Duration, error) {
	s := &eventStream{world: w, replica: r, name: name}
	for range n {
		s.send(ctx)
		pause(ctx, liveEvery)
	}
	return s.took(ctx)
}

// eventsUntil sends events until ctx ends.
func (w *syncWorld) eventsUntil(ctx context.Context, r *replica, name string, p *phase) error {
	s := &eventStream{world: w, replica: r, name: name}
	for ctx.Err() == nil {
		s.send(context.WithoutCancel(ctx))
		pause(ctx, liveEvery)
	}
	var err error
	p.live, err = s.took(context.WithoutCancel(ctx))
	return err
}

// eventStream is events whose way to Flow is timed.
type eventStream struct {
	world   *syncWorld
	replica *replica
	name    string
	posts   sync.WaitGroup
	count   int

	mu   sync.Mutex
	sent map[string]time.Time
	err  error
}

// send posts an event and does not wait for the answer.
func (s *eventStream) send(ctx context.Context) {
	id := fmt.Sprintf("%s%s%06d", livePrefix, s.name, s.count)
	s.count++
	s.posts.Go(func() {
		body := eventBody("event-"+id, id)
		at := time.Now()
		err := s.replica.post(ctx, body)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.sent == nil {
			s.sent = map[string]time.Time{}
		}
		s.sent[id] = at
		if err != nil {
			s.err = err
		}
	})
}

func (r *replica) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/webhooks/omnium", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+webhookToken)
	resp, err := r.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("POST: %s", resp.Status)
	}
	return nil
}

// took waits until Flow has all products that events were about.
func (s *eventStream) took(ctx context.Context) ([]time.Duration, error) {
	s.posts.Wait()
	if s.err != nil {
		return nil, s.err
	}
	arrived := map[string]int64{}
	for range 600 {
		if err := fetch(ctx, s.world.pos+"/bench/live", &arrived); err != nil { // adds to the map
			return nil, err
		}
		if len(arrived) >= len(s.sent) {
			break
		}
		pause(ctx, 50*time.Millisecond)
	}
	var took []time.Duration
	for id, at := range s.sent {
		when, ok := arrived[id]
		if !ok {
			return nil, fmt.Errorf("flow was not asked about %s", id)
		}
		took = append(took, time.Unix(0, when).Sub(at))
	}
	slices.Sort(took)
	return took, nil
}
