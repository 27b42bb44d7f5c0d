package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/omniflow/omniflow/storm/plan"
)

// sender posts events as Omnium does: it repeats what was not answered 2xx, 400, 404 or 429, three times.
// It is safe for concurrent use.
type sender struct {
	replicas []*replica
	token    string
	ear      *ear
	client   *http.Client
	// stubborn says that it does not give up after three times.
	stubborn bool

	mu      sync.Mutex
	bodies  map[int]json.RawMessage // events by change
	sent    map[int]time.Time       // when a change was announced first
	taken   map[int]time.Time       // when its event was answered 202 first
	log     []attempt
	answers map[int]int // by status; 0 is none
	counts  answered
}

// attempt is one post in the history.
type attempt struct {
	At      time.Time
	Changes []int
	Replica int
	Status  int
	Problem string
}

// answered adds up what the answers 202 said.
type answered struct{ Accepted, Coalesced, Duplicates, Ignored, Unrouted int }

func newSender(replicas []*replica, token string, stubborn bool, e *ear) *sender {
	return &sender{
		replicas: replicas, token: token, stubborn: stubborn, ear: e,
		client: &http.Client{Timeout: 4 * time.Second, Transport: &http.Transport{}},
		bodies: map[int]json.RawMessage{}, sent: map[int]time.Time{}, taken: map[int]time.Time{},
		answers: map[int]int{},
	}
}

// word remembers the event of a change.
func (s *sender) word(change int, event json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies[change] = event
}

// pauses are those of Omnium, five times as fast.
func pauses() []time.Duration {
	return []time.Duration{200 * time.Millisecond, time.Second, 3 * time.Second}
}

// post delivers until it is taken or given up. Must says that it is never given up: nothing else would ever
// tell of the change.
func (s *sender) post(ctx context.Context, p plan.Post, must bool) error {
	waits := pauses()
	for try := 0; ; try++ {
		status, err := s.once(ctx, p, (p.Replica+try)%len(s.replicas))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case status == http.StatusAccepted:
			return nil
		case status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusTooManyRequests:
			return fmt.Errorf("the webhook answered %d to good events: %w", status, err)
		case try < len(waits):
			wait(ctx, waits[try])
		case s.stubborn || must:
			wait(ctx, time.Second)
		default:
			return nil
		}
	}
}

// once posts to one replica.
func (s *sender) once(ctx context.Context, p plan.Post, to int) (int, error) {
	body := s.body(p.Changes)
	began := time.Now()
	s.note(func() {
		for _, c := range p.Changes {
			if _, known := s.sent[c]; !known {
				s.sent[c] = began
			}
		}
	})
	status, counts, err := s.send(ctx, s.replicas[to].hook, body)
	done := attempt{began, p.Changes, to, status, ""}
	if err != nil {
		done.Problem = err.Error()
	}
	s.note(func() {
		s.log = append(s.log, done)
		s.answers[status]++
		if status != http.StatusAccepted {
			return
		}
		s.counts.add(counts)
		for _, c := range p.Changes {
			if _, known := s.taken[c]; !known {
				s.taken[c] = time.Now()
			}
		}
	})
	return status, err
}

func (s *sender) note(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (a *answered) add(b answered) {
	a.Accepted += b.Accepted
	a.Coalesced += b.Coalesced
	a.Duplicates += b.Duplicates
	a.Ignored += b.Ignored
	a.Unrouted += b.Unrouted
}

func (s *sender) body(changes []int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(changes) == 1 {
		return s.bodies[changes[0]]
	}
	var list [][]byte
	for _, c := range changes {
		list = append(list, s.bodies[c])
	}
	return array(list)
}

func array(events [][]byte) []byte {
	return append(append([]byte("["), bytes.Join(events, []byte(","))...), ']')
}

// send returns the status 0 when there was no answer.
func (s *sender) send(ctx context.Context, hook string, body []byte) (int, answered, error) {
	var counts answered
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, hook+"/webhooks/omnium", bytes.NewReader(body))
	if err != nil {
		return 0, counts, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return 0, counts, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	s.ear.hear("the answer to a webhook", string(text))
	if err != nil {
		return 0, counts, err // a status that did not arrive whole is believed by nobody
	}
	if response.StatusCode != http.StatusAccepted {
		return response.StatusCode, counts, errors.New(string(text))
	}
	return response.StatusCode, counts, json.Unmarshal(text, &counts)
}
