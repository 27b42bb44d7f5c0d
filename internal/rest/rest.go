// Package rest is the small JSON-over-HTTP client that the vendors' clients are built on. It turns
// a status outside 2xx into *Error and leaves every decision about it to the caller.
package rest

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

const (
	// maxResponse bounds what is read of a successful answer. A scroll page of full products is the
	// largest one expected.
	maxResponse = 64 << 20
	// maxErrorBody bounds what is kept of an error answer, for dead letters; maxErrorRead what is
	// read of it.
	maxErrorBody = 2 << 10
	maxErrorRead = 64 << 10
)

// Request is one call.
type Request struct {
	Method string
	// Path is appended to the client's base URL as it is; the caller escapes its segments.
	Path string
	// Query never appears in errors.
	Query url.Values
	// Label stands for the path in errors and metrics, so that ids and scroll cursors stay out of
	// both. Required.
	Label string
	// Body is marshalled as JSON; nil sends none.
	Body any
	// Bearer, when not empty, becomes the Authorization header.
	Bearer string
}

// minSecret is the length from which a query value is taken for a possible secret. Shorter ones, such as
// page numbers, would only make what is redacted unreadable.
const minSecret = 8

// secrets are what the request must keep to itself.
func (r Request) secrets() []string {
	var all []string
	if r.Bearer != "" {
		all = append(all, r.Bearer)
	}
	for _, values := range r.Query {
		for _, v := range values {
			if len(v) >= minSecret {
				all = append(all, v)
			}
		}
	}
	return all
}

// Client sends JSON requests to one base URL. It is safe for concurrent use.
type Client struct {
	base    string
	http    *http.Client
	observe func(label string, status int, took time.Duration)
	trace   Trace
}

// Trace is told that a request begins, by its label, and returns the context to send it with and what to
// call with the status when it has ended; status is 0 when no answer arrived. It must not block.
type Trace func(ctx context.Context, label string) (context.Context, func(status int))

// Options configure a Client.
type Options struct {
	// BaseURL is where all requests go, for example https://api.example.com/v2. Required.
	BaseURL string
	// Transport is used for all requests. Nil means http.DefaultTransport.
	Transport http.RoundTripper
	// Timeout bounds one request including reading its answer. Zero means no bound but the context.
	Timeout time.Duration
	// Observe, when not nil, is told of every finished request; status is 0 when none arrived.
	Observe func(label string, status int, took time.Duration)
	// Trace may be nil.
	Trace Trace
}

// New returns a client, or an error when the base URL is not an absolute http(s) URL that a path can
// be appended to. User info, query and fragment are refused: they could hold a credential.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("parse base URL: %w", withoutURL(err))
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("base URL %q: want http(s)://host", u.Redacted())
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("base URL of %s: want no user info, query or fragment", u.Host)
	}
	return &Client{
		base:    strings.TrimRight(o.BaseURL, "/"),
		observe: o.Observe,
		trace:   o.Trace,
		http: &http.Client{
			Transport: o.Transport,
			Timeout:   o.Timeout,
			// A redirect could carry the credential to another host; it is an error instead.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Do sends r and, when out is not nil and the answer is 2xx with a body, decodes the answer into it.
// It blocks until the answer is read or ctx ends. It returns the status (0 when no answer arrived)
// and, for any status outside 2xx, *Error; an answer that is not JSON is *DecodeError.
func (c *Client) Do(ctx context.Context, r Request, out any) (int, error) {
	if c.trace == nil {
		return c.observed(ctx, r, out)
	}
	ctx, end := c.trace(ctx, r.Label)
	status, err := c.observed(ctx, r, out)
	end(status)
	return status, err
}

func (c *Client) observed(ctx context.Context, r Request, out any) (int, error) {
	start := time.Now()
	status, err := c.do(ctx, r, out)
	// What is no HTTP, or breaks off, is quoted by net/http.
	err = RedactError(err, r.secrets()...)
	if c.observe != nil {
		c.observe(r.Label, status, time.Since(start))
	}
	return status, err
}

func (c *Client) do(ctx context.Context, r Request, out any) (int, error) {
	req, err := c.newRequest(ctx, r)
	if err != nil {
		return 0, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", r.Method, r.Label, withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return resp.StatusCode, newError(r, resp)
	}
	return resp.StatusCode, decode(r, resp, out)
}

func (c *Client) newRequest(ctx context.Context, r Request) (*http.Request, error) {
	var body io.Reader
	if r.Body != nil {
		raw, err := json.Marshal(r.Body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: encode body: %w", r.Method, r.Label, err)
		}
		body = bytes.NewReader(raw)
	}
	target := c.base + r.Path
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, target, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.Label, withoutURL(err))
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.Bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.Bearer)
	}
	return req, nil
}

func decode(r Request, resp *http.Response, out any) error {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return fmt.Errorf("%s %s: read answer: %w", r.Method, r.Label, err)
	}
	if len(raw) > maxResponse {
		return &DecodeError{Label: r.Label, Err: errors.New("answer is larger than 64 MiB")}
	}
	if out == nil || len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return &DecodeError{Label: r.Label, Err: err}
	}
	return nil
}

// withoutURL unwraps *url.Error: its text holds the full URL, whose query may be a secret.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
