package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const (
	defaultURL = "http://127.0.0.1:8080"
	tokenVar   = "OMNIFLOW_ADMIN_TOKEN" //nolint:gosec // the name of a variable
	// remoteTimeout is how long one request may take; the service itself stops well before.
	remoteTimeout = 30 * time.Second
	// remoteLimit bounds an answer.
	remoteLimit = 64 << 20
)

// remote is the admin API of a running service.
type remote struct {
	base, token string
	// spare is the token that is used when none is named.
	spare  string
	client *http.Client
}

func newRemote(env *environment) *remote {
	spare, _ := env.getenv(tokenVar)
	return &remote{spare: spare, client: &http.Client{
		Timeout: remoteTimeout,
		// A redirect would carry the token to where nobody meant it to go.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// remoteFlags adds the flags of the commands that ask a running service.
func remoteFlags(c *cobra.Command, env *environment) *remote {
	r := newRemote(env)
	c.Flags().StringVar(&r.base, "url", defaultURL, "where the service listens")
	c.Flags().StringVar(&r.token, "token", "", "admin token (default $"+tokenVar+", which others cannot see)")
	return r
}

// tenantPath is the path of something of a tenant; the parts may hold any characters.
func tenantPath(tenant string, parts ...string) string {
	escaped := []string{"/tenants", url.PathEscape(tenant)}
	for _, part := range parts {
		escaped = append(escaped, url.PathEscape(part))
	}
	return strings.Join(escaped, "/")
}

// get reads a page of the admin API into v, which may be nil, and returns it as it came, too.
func (r *remote) get(ctx context.Context, path string, query url.Values, v any) (json.RawMessage, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return r.do(ctx, http.MethodGet, path, nil, v)
}

// post sends body and reads the answer into v.
func (r *remote) post(ctx context.Context, path string, body, v any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	_, err = r.do(ctx, http.MethodPost, path, raw, v)
	return err
}

func (r *remote) do(
	ctx context.Context, method, path string, body []byte, v any,
) (json.RawMessage, error) {
	token := cmp.Or(r.token, r.spare)
	if token == "" {
		return nil, usage("an admin token is needed: set %s or give --token", tokenVar)
	}
	base := strings.TrimRight(r.base, "/")
	req, err := http.NewRequestWithContext(ctx, method, base+"/admin/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, usage("--url: %w", reasonOf(err))
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s (--url says where the service is): %w", r.shown(), reasonOf(err))
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, remoteLimit))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", r.shown(), err)
	}
	if resp.StatusCode/100 != 2 {
		return nil, refusal(resp, raw)
	}
	if v != nil {
		if err := json.Unmarshal(raw, v); err != nil {
			return nil, fmt.Errorf("%s does not answer as omniflow does: %w", r.shown(), err)
		}
	}
	return raw, nil
}

// shown is the address without the password that somebody may have put into it.
func (r *remote) shown() string {
	u, err := url.Parse(r.base)
	if err != nil || u.User == nil {
		return r.base
	}
	u.User = nil
	return u.String()
}

// reasonOf leaves out the URL, which is said already.
func reasonOf(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// refusal turns a problem document into an error for people.
func refusal(resp *http.Response, raw []byte) error {
	var p struct {
		Title, Detail, Instance string
		Errors                  []struct{ Field, Detail string }
	}
	if err := json.Unmarshal(raw, &p); err != nil || p.Title == "" {
		return fmt.Errorf("the service answered %s", resp.Status)
	}
	said := []string{strings.TrimSuffix(p.Title+": "+p.Detail, ": ")}
	for _, e := range p.Errors {
		said = append(said, fmt.Sprintf("(%s %s)", e.Field, e.Detail))
	}
	return fmt.Errorf("the service answered %d: %s [request %s]",
		resp.StatusCode, strings.Join(said, " "), p.Instance)
}

// onlyTenant is the tenant that is meant when none is named: the only one there is.
func (r *remote) onlyTenant(ctx context.Context, named string) (string, error) {
	if named != "" {
		return named, nil
	}
	var list struct{ Items []struct{ Tenant string } }
	if _, err := r.get(ctx, "/tenants", nil, &list); err != nil {
		return "", err
	}
	if len(list.Items) == 1 {
		return list.Items[0].Tenant, nil
	}
	var names []string
	for _, t := range list.Items {
		names = append(names, t.Tenant)
	}
	return "", usage("--tenant must name one of %s", strings.Join(names, ", "))
}
