package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/demo"
)

// replica is one omniflow.
type replica struct {
	*process

	binary, config string
	port           int
	// hook is where webhooks are posted, through a proxy; admin where its operator asks.
	hook, admin string
	log         *logFile
}

// launch runs the replica, without waiting for it.
func (r *replica) launch(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, r.binary, "serve", "-c", r.config) //nolint:gosec // built for this
	cmd.Stdout, cmd.Stderr = r.log, r.log
	var err error
	r.process, err = start(cmd)
	return err
}

// wiring is what the configuration of a replica says about its neighbours.
type wiring struct {
	port                int
	redis, omnium, flow string
	webhook, admin      string // tokens
	clientSecret        string
	flowTokens          map[string]string
	catchup             bool
}

// write puts a configuration file into a directory.
func (c wiring) write(dir string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, `server:
  listen: "127.0.0.1:%d"
  shutdownGrace: 5s
  drainDelay: 0s
  adminTokens: [{ name: storm, role: operator, token: %q }]
redis: { url: "redis://%s/0", strict: true }
log: { level: debug, format: json }
webhook: { bearer: [%q] }
omnium:
  baseUrl: %q
  clientId: client
  clientSecret: %q
  productLanguage: %q
  ignoreUserIds: [%q]
  maxConcurrent: 10
  requestsPerSecond: 2000
flow:
  baseUrl: %q
  requestsPerSecond: 2000
  burst: 200
  timeout: 3s
  breaker: { consecutiveFailures: 5, openFor: 1s, halfOpenRequests: 1 }
queue: { lease: %s, backoff: { min: 50ms, max: 1s } }
`, c.port, c.admin, c.redis, c.webhook, c.omnium, c.clientSecret, demo.Language, demo.FlowUser, c.flow, lease)
	if c.catchup {
		b.WriteString("catchup: { intervals: { ")
		for _, resource := range []string{
			"products", "prices", "inventory", "customers", "purchaseOrders", "deliveries", "suppliers", "stores",
			"categories",
		} {
			fmt.Fprintf(&b, "%s: 3s, ", resource)
		}
		b.WriteString("} }\n")
	} else {
		b.WriteString("catchup: { enabled: false }\n")
	}
	b.WriteString(demo.Connector(c.flowTokens))
	path := filepath.Join(dir, fmt.Sprintf("omniflow-%d.yaml", c.port))
	return path, os.WriteFile(path, []byte(b.String()), 0o600)
}

// operator asks the replicas as an operator does: whichever answers. No proxy is in the way.
type operator struct {
	replicas []*replica
	token    string
	client   *http.Client
	ear      *ear
}

// do sends a request to the first replica that answers well.
func (o *operator) do(ctx context.Context, method, path string, q, answer any) error {
	raw, err := json.Marshal(q)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range o.replicas {
		if err := o.ask(ctx, method, r.admin+path, raw, answer); err != nil {
			errs = append(errs, err)
			continue
		}
		return nil
	}
	return errors.Join(errs...)
}

func (o *operator) ask(ctx context.Context, method, target string, raw []byte, answer any) error {
	if method == http.MethodGet {
		raw = nil
	}
	request, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+o.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := o.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	o.ear.hear("the answer to "+method+" "+request.URL.Path, string(text))
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %d %s", method, request.URL.Path, response.StatusCode, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// job is a job in the admin API.
type job struct {
	Resource, ID, State, LastError string
	Attempts                       int
	Due                            time.Time
}

// letter is a dead letter in the admin API.
type letter struct {
	Resource, ID, Reason, Detail string
	DiedAt                       time.Time
}

// object is an object in the admin API.
type object struct {
	LastPush    *time.Time
	LastOutcome *struct {
		At             time.Time
		Result, Reason string
	}
}

// list reads all pages of a list.
func list[T any](ctx context.Context, o *operator, path string, query url.Values) ([]T, error) {
	var all []T
	for {
		var page struct {
			Items      []T
			NextCursor string
		}
		if err := o.do(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.NextCursor == "" {
			return all, nil
		}
		query.Set("cursor", page.NextCursor)
	}
}

func (o *operator) jobs(ctx context.Context, tenant, state string) ([]job, error) {
	return list[job](ctx, o, "/admin/v1/tenants/"+tenant+"/jobs", url.Values{"state": {state}, "limit": {"200"}})
}

func (o *operator) letters(ctx context.Context, tenant string) ([]letter, error) {
	return list[letter](ctx, o, "/admin/v1/tenants/"+tenant+"/dead-letters", url.Values{"limit": {"200"}})
}

func (o *operator) object(ctx context.Context, tenant, source string) (object, error) {
	resource, id, _ := strings.Cut(source, "/")
	var found object
	err := o.do(ctx, http.MethodGet, "/admin/v1/tenants/"+tenant+"/objects/"+resource+"/"+url.PathEscape(id), nil, &found)
	return found, err
}

func (o *operator) resume(ctx context.Context, tenant string) error {
	return o.do(ctx, http.MethodPost, "/admin/v1/tenants/"+tenant+"/resume", nil, nil)
}

// replay asks for dead letters once more, by resource and id.
func (o *operator) replay(ctx context.Context, tenant, resource string, ids []string) error {
	q := map[string]any{"filter": map[string]any{"resource": resource, "ids": ids}}
	return o.do(ctx, http.MethodPost, "/admin/v1/tenants/"+tenant+"/dead-letters/replay", q, nil)
}

// state is a tenant in the admin API.
type state struct {
	Tenant string
	Queue  struct{ Ready, Delayed, Leased, Dead int }

	Breaker           string
	Paused, Suspended bool
}

func (o *operator) tenants(ctx context.Context) ([]state, error) {
	return list[state](ctx, o, "/admin/v1/tenants", url.Values{})
}

// text reads what is no JSON.
func (o *operator) text(ctx context.Context, target string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return "", err
	}
	response, err := o.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}
