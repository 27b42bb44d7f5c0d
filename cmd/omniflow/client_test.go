package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/tenant"
)

// answer is what the service says to a request.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error // no answer arrived
}

// tally is the answer to a webhook.
type tally struct{ Accepted, Coalesced, Duplicates, Ignored, Unrouted int }

// client gives up long after the service should have answered.
func client() *http.Client { return &http.Client{Timeout: 15 * time.Second} }

// request sends one request with a bearer token.
func (r *replica) request(method, path, token string, body []byte) answer {
	req, err := http.NewRequest(method, r.url+path, bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client().Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, a.err = io.ReadAll(resp.Body)
	_, _ = r.heard.Write(append(a.body, '\n')) // never fails
	return a
}

// post sends what Omnium would.
func (r *replica) post(body []byte) answer {
	return r.request(http.MethodPost, "/webhooks/omnium", webhookToken, body)
}

// deliver posts and wants the body to be accepted. On a busy machine Redis may be too slow for a moment:
// a 503 is repeated as Omnium does (reference omnium-api.md §2.6).
func (r *replica) deliver(body []byte) tally {
	r.Helper()
	a := r.post(body)
	for _, wait := range []time.Duration{time.Second, 5 * time.Second, 15 * time.Second} {
		if a.status != http.StatusServiceUnavailable {
			break
		}
		<-time.After(wait)
		a = r.post(body)
	}
	var got tally
	if err := json.Unmarshal(a.body, &got); a.status != http.StatusAccepted || err != nil {
		r.Fatalf("POST %s = %d %s %v, want 202", body, a.status, a.body, a.err)
	}
	return got
}

// get reads a page that needs no token.
func (r *replica) get(path string) answer { return r.request(http.MethodGet, path, "", nil) }

// admin asks the admin API as an operator, wants a 200 and decodes the answer.
func (r *replica) admin(method, path string, body, into any) {
	r.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		r.Fatal(err)
	}
	a := r.request(method, "/admin/v1"+path, adminToken, raw)
	if a.status != http.StatusOK {
		r.Fatalf("%s /admin/v1%s = %d %s %v, want 200", method, path, a.status, a.body, a.err)
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		r.Fatalf("%s /admin/v1%s = %s: %v", method, path, a.body, err)
	}
}

// tenantView is a tenant as the admin API shows it.
type tenantView struct {
	Tenant          tenant.ID
	Queue           struct{ Ready, Delayed, Leased, Dead int }
	Breaker         string
	Suspended       bool
	SuspendedReason string
	LastSuccess     *time.Time
}

func (r *replica) tenant(id tenant.ID) tenantView {
	r.Helper()
	var list struct{ Items []tenantView }
	r.admin(http.MethodGet, "/tenants", nil, &list)
	for _, t := range list.Items {
		if t.Tenant == id {
			return t
		}
	}
	r.Fatalf("GET /admin/v1/tenants = %+v, want tenant %s among them", list.Items, id)
	return tenantView{}
}

// letter is a dead letter as the admin API shows it.
type letter struct {
	Resource, ID, Reason, Detail string
	Attempts                     int
}

func (r *replica) deadLetters(id tenant.ID) []letter {
	r.Helper()
	var list struct{ Items []letter }
	r.admin(http.MethodGet, "/tenants/"+string(id)+"/dead-letters", nil, &list)
	return list.Items
}

// replay asks for a dead product to be worked on again and returns how many were.
func (r *replica) replay(id tenant.ID, product string) int {
	r.Helper()
	var got struct{ Matched, Replayed int }
	filter := map[string]any{"resource": "product", "ids": []string{product}}
	r.admin(http.MethodPost, "/tenants/"+string(id)+"/dead-letters/replay", map[string]any{"filter": filter}, &got)
	return got.Replayed
}

// metric returns the value of a series, which is named as /metrics prints it; "" when there is none.
func (r *replica) metric(series string) string {
	r.Helper()
	a := r.get("/metrics")
	if a.status != http.StatusOK {
		r.Fatalf("GET /metrics = %d %v, want 200", a.status, a.err)
	}
	for line := range strings.Lines(string(a.body)) {
		if value, found := strings.CutPrefix(line, series+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
