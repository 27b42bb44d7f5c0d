package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// service is the running omniflow as its neighbours see it: somewhere to post events to, and an
// admin API to ask.
type service struct {
	baseURL        string
	webhook, admin string // tokens
	client         *http.Client
	answers        Answers
}

// Answers counts what the service answered to the events that it was sent.
type Answers struct {
	// Requests are the posts, refused ones included.
	Requests int
	// Accepted to Unrouted count events.
	Accepted, Coalesced, Duplicates, Ignored, Unrouted int
	// Refused are the posts that were answered 400.
	Refused int
}

func newService(baseURL string, w *World) *service {
	return &service{
		baseURL: baseURL, webhook: w.webhookToken, admin: w.adminToken,
		client: &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second},
	}
}

func (s *service) close() { s.client.CloseIdleConnections() }

// post sends events to the webhook: one as it is, several as an array.
func (s *service) post(ctx context.Context, events ...[]byte) error {
	body := events[0]
	if len(events) > 1 {
		body = append(append([]byte("["), bytes.Join(events, []byte(","))...), ']')
	}
	status, answer, err := s.do(ctx, http.MethodPost, "/webhooks/omnium", body)
	if err != nil {
		return fmt.Errorf("post events: %w", err)
	}
	s.answers.Requests++
	if status != http.StatusAccepted {
		return fmt.Errorf("post events: status %d: %s", status, answer)
	}
	var counts Answers
	if err := json.Unmarshal(answer, &counts); err != nil {
		return fmt.Errorf("read the webhook's answer: %w", err)
	}
	s.answers.add(counts)
	return nil
}

func (a *Answers) add(b Answers) {
	a.Accepted += b.Accepted
	a.Coalesced += b.Coalesced
	a.Duplicates += b.Duplicates
	a.Ignored += b.Ignored
	a.Unrouted += b.Unrouted
}

// Events counts the events that were taken.
func (a Answers) Events() int {
	return a.Accepted + a.Coalesced + a.Duplicates + a.Ignored + a.Unrouted
}

// postRubbish sends a body that is no event; it is an error when the service takes it.
func (s *service) postRubbish(ctx context.Context, body string) error {
	status, answer, err := s.do(ctx, http.MethodPost, "/webhooks/omnium", []byte(body))
	if err != nil {
		return fmt.Errorf("post rubbish: %w", err)
	}
	s.answers.Requests++
	if status != http.StatusBadRequest {
		return fmt.Errorf("post rubbish: status %d, want 400: %s", status, answer)
	}
	s.answers.Refused++
	return nil
}

// state is a tenant as the admin API shows it.
type state struct {
	Tenant string
	Queue  struct{ Ready, Delayed, Leased, Dead int }
	// Breaker is closed, open or half-open.
	Breaker string
}

// busy counts the jobs that are worked on or about to be.
func (s state) busy() int { return s.Queue.Ready + s.Queue.Leased }

// states asks how the tenants are doing.
func (s *service) states(ctx context.Context) (map[string]state, error) {
	status, answer, err := s.do(ctx, http.MethodGet, "/admin/v1/tenants", nil)
	if err != nil {
		return nil, fmt.Errorf("ask for tenants: %w", err)
	}
	if status == http.StatusServiceUnavailable {
		return nil, fmt.Errorf("ask for tenants: %w: %s", errUnavailable, answer)
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("ask for tenants: status %d: %s", status, answer)
	}
	var page struct{ Items []state }
	if err := json.Unmarshal(answer, &page); err != nil {
		return nil, fmt.Errorf("read tenants: %w", err)
	}
	found := make(map[string]state, len(page.Items))
	for _, item := range page.Items {
		found[item.Tenant] = item
	}
	return found, nil
}

// retrying counts the delayed jobs of a tenant that have failed: they wait for another attempt and not
// for a window.
func (s *service) retrying(ctx context.Context, tenant string) (int, error) {
	n, cursor := 0, ""
	for {
		query := url.Values{"state": {"delayed"}, "cursor": {cursor}}
		status, answer, err := s.do(ctx, http.MethodGet, "/admin/v1/tenants/"+tenant+"/jobs?"+query.Encode(), nil)
		if err != nil {
			return 0, fmt.Errorf("ask for jobs: %w", err)
		}
		if status != http.StatusOK {
			return 0, fmt.Errorf("ask for jobs: status %d: %s", status, answer)
		}
		var page struct {
			Items      []struct{ Attempts int }
			NextCursor string
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			return 0, fmt.Errorf("read jobs: %w", err)
		}
		for _, item := range page.Items {
			if item.Attempts > 0 {
				n++
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			return n, nil
		}
	}
}

// letters are the dead letters of a tenant, as resource, slash and id.
func (s *service) letters(ctx context.Context, tenant string) ([]string, error) {
	var found []string
	cursor := ""
	for {
		query := url.Values{"cursor": {cursor}}
		path := "/admin/v1/tenants/" + tenant + "/dead-letters?" + query.Encode()
		status, answer, err := s.do(ctx, http.MethodGet, path, nil)
		if err != nil {
			return nil, fmt.Errorf("ask for dead letters: %w", err)
		}
		if status != http.StatusOK {
			return nil, fmt.Errorf("ask for dead letters: status %d: %s", status, answer)
		}
		var page struct {
			Items      []struct{ Resource, ID string }
			NextCursor string
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			return nil, fmt.Errorf("read dead letters: %w", err)
		}
		for _, item := range page.Items {
			found = append(found, sourceOf(item.Resource, item.ID))
		}
		if cursor = page.NextCursor; cursor == "" {
			return found, nil
		}
	}
}

// do sends one request and reads the answer whole.
func (s *service) do(
	ctx context.Context, method, path string, body []byte,
) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, s.baseURL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	token := s.webhook
	if strings.HasPrefix(path, "/admin/") {
		token = s.admin
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, answer, errors.Join(err, response.Body.Close())
}
