package omnium

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

const (
	opToken = "token"
	// defaultLife is assumed for a token that does not say when it ends. Documented are ten days.
	defaultLife = time.Hour
	// maxLife keeps an absurd number from overflowing.
	maxLife     = 30 * 24 * time.Hour
	maxTokenLen = 64 << 10
)

// token keeps the API user's access token (reference omnium-api.md §1.2). Its requests lie outside
// Omnium's rate limits and therefore outside the budget.
type token struct {
	http    *http.Client
	url     string // holds the secret: never in an error
	secret  string
	observe func(string, int, time.Duration)
	trace   rest.Trace
	fetches *calls[struct{}, string]

	mu      sync.Mutex // guards the fields below
	bearer  string
	renewAt time.Time
}

func newToken(o Options) *token {
	query := url.Values{
		"clientId": {o.ClientID}, "clientSecret": {o.ClientSecret}, "returnAsJson": {"true"},
	}
	return &token{
		url:     strings.TrimRight(o.BaseURL, "/") + "/api/Token?" + query.Encode(),
		secret:  o.ClientSecret,
		observe: o.Observe,
		trace:   o.Trace,
		fetches: newCalls[struct{}, string](0, 0),
		http: &http.Client{
			Transport: o.Transport,
			Timeout:   o.Timeout,
			// A redirect could carry the secret to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// value returns a token that has not reached nine tenths of its life, asking for one when needed.
// Callers at the same time share one request.
func (t *token) value(ctx context.Context) (string, error) {
	if bearer := t.cached(); bearer != "" {
		return bearer, nil
	}
	return t.fetches.do(ctx, struct{}{}, time.Time{}, t.fetch)
}

func (t *token) cached() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bearer != "" && time.Now().Before(t.renewAt) {
		return t.bearer
	}
	return ""
}

// drop forgets bearer after it was refused. A newer token stays.
func (t *token) drop(bearer string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bearer == bearer {
		t.bearer = ""
	}
}

func (t *token) fetch(ctx context.Context) (string, error) {
	// Whoever finished just before this call began may have stored one.
	if bearer := t.cached(); bearer != "" {
		return bearer, nil
	}
	start := time.Now()
	ended := func(int) {}
	if t.trace != nil {
		ctx, ended = t.trace(ctx, opToken)
	}
	status, body, err := t.post(ctx)
	ended(status)
	if t.observe != nil {
		t.observe(opToken, status, time.Since(start))
	}
	if err != nil {
		return "", err
	}
	bearer, life := readToken(body, start)
	if bearer == "" {
		return "", fmt.Errorf("POST %s: answer holds no token", opToken)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bearer, t.renewAt = bearer, start.Add(life*9/10)
	return bearer, nil
}

// post does not go through rest.Client, which reads JSON only: the token may come as bare text.
func (t *token) post(ctx context.Context) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, nil)
	if err != nil {
		return 0, nil, fmt.Errorf("POST %s: %w", opToken, withoutURL(err))
	}
	resp, err := t.http.Do(req)
	if err != nil {
		// What is no HTTP is quoted by net/http, and may quote the address.
		return 0, nil, fmt.Errorf("POST %s: %w", opToken, rest.RedactError(withoutURL(err), t.secret))
	}
	defer func() { _ = resp.Body.Close() }() // nothing can be done about a failing close
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenLen))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		// The body is left out: it may quote the query.
		return resp.StatusCode, nil, &rest.Error{
			Method: http.MethodPost, Label: opToken, StatusCode: resp.StatusCode,
			RetryAfter: rest.RetryAfter(resp.Header.Get("Retry-After"), time.Now()),
		}
	}
	if err != nil {
		return resp.StatusCode, nil, fmt.Errorf("POST %s: read answer: %w", opToken, err)
	}
	return resp.StatusCode, body, nil
}

// withoutURL unwraps *url.Error, whose text holds the URL and with it the secret.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// readToken accepts {accessToken, expiresIn}, a JSON string and bare text, and returns the token and
// how long it lives.
func readToken(body []byte, now time.Time) (string, time.Duration) {
	var answer struct {
		AccessToken string      `json:"accessToken"`
		ExpiresIn   json.Number `json:"expiresIn"`
	}
	body = bytes.TrimSpace(body)
	if json.Unmarshal(body, &answer) != nil && json.Unmarshal(body, &answer.AccessToken) != nil {
		answer.AccessToken = string(body)
	}
	if !isToken(answer.AccessToken) {
		return "", 0
	}
	life := claimedLife(answer.AccessToken, now)
	if seconds, err := answer.ExpiresIn.Int64(); err == nil && seconds > 0 {
		told := time.Duration(min(seconds, int64(maxLife/time.Second))) * time.Second
		if life == 0 || told < life {
			life = told
		}
	}
	if life <= 0 {
		life = defaultLife
	}
	return answer.AccessToken, life
}

// isToken keeps an error page from being sent as a credential.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c > '~' || c == '<' || c == '{'
	})
}

// claimedLife reads the exp claim; 0 when there is none or it has passed by this process's clock.
func claimedLife(jwt string, now time.Time) time.Duration {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return 0
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return 0
	}
	var claims struct {
		Exp json.Number `json:"exp"`
	}
	if json.Unmarshal(raw, &claims) != nil {
		return 0
	}
	exp, err := claims.Exp.Int64()
	if err != nil {
		return 0
	}
	return max(time.Unix(exp, 0).Sub(now), 0)
}
