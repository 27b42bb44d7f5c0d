package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// An operator asks what happened to an object, has it looked at again, and is told the same by every
// list.
func TestOperatorsSeeWhatHappenedToAnObject(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(jacket("ff-1041"))
	r := h.start()
	r.deliver(h.changed("ff-1041"))
	h.eventually("Flow agrees", func() error { return h.disagreement() })
	path := "/tenants/" + string(norway) + "/objects/product/" + url.PathEscape("ff-1041")

	type object struct {
		FlowUIDs    []string
		Fingerprint string
		LastPush    *time.Time
		LastOutcome *struct{ Result string }
		Job         *struct{ State string }
		History     []struct{ Kind, Result string }
	}
	outcomes := func(want string) func() error {
		return func() error {
			var o object
			r.admin(http.MethodGet, path, nil, &o)
			if len(o.FlowUIDs) == 0 || o.Fingerprint == "" || o.LastPush == nil || o.LastOutcome == nil ||
				o.LastOutcome.Result != want || o.Job != nil || len(o.History) < 2 || o.History[0].Kind != "outcome" {
				return fmt.Errorf("object = %+v, want what was pushed, the outcome %s and a history", o, want)
			}
			return nil
		}
	}
	h.eventually("the push is history", outcomes("pushed"))
	if a := r.request(http.MethodPost, "/admin/v1"+path+"/sync", adminToken, nil); a.status != http.StatusAccepted {
		t.Errorf("sync = %d %s, want 202", a.status, a.body)
	}
	h.eventually("the second run is history", outcomes("unchanged"))

	var events struct {
		Items []struct{ Kind, Result string }
	}
	r.admin(http.MethodGet, "/events?tenant="+string(norway)+"&result=unchanged", nil, &events)
	if len(events.Items) != 1 || events.Items[0].Kind != "outcome" {
		t.Errorf("events = %+v, want the second run", events)
	}
	r.stop()
}

func TestOperatorsSeeWhatWasNotTaken(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.start()
	r.post([]byte(`<xml>not an event</xml>`))
	r.deliver([]byte(`{"className":"Product","objectId":"ff-1","market":"FIN","category":"Updated"}`))
	var rejected struct {
		Items []struct{ Reason, Body string }
	}
	h.eventually("the refused body is kept", func() error {
		r.admin(http.MethodGet, "/rejected", nil, &rejected)
		if len(rejected.Items) != 1 || !strings.Contains(rejected.Items[0].Body, "<xml>") {
			return fmt.Errorf("rejected = %+v, want the body", rejected)
		}
		return nil
	})
	var unrouted struct {
		Items []struct {
			Reason, Market string
			Objects        []string
		}
	}
	r.admin(http.MethodGet, "/unrouted", nil, &unrouted)
	if len(unrouted.Items) != 1 || unrouted.Items[0].Market != "FIN" || unrouted.Items[0].Objects[0] != "ff-1" {
		t.Errorf("unrouted = %+v, want the event of a market that nobody serves", unrouted)
	}
	r.stop()
}

// The configuration is shown without secrets: the harness looks for them in all that was answered.
func TestConfigIsShownRedacted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.start()
	var shown struct {
		Settings []struct{ Path, Value string }
		Tenants  []struct {
			Tenant, AccessToken string
			Properties          map[string]string
		}
	}
	r.admin(http.MethodGet, "/config", nil, &shown)
	if len(shown.Settings) < 30 || len(shown.Tenants) != 2 || shown.Tenants[0].AccessToken != "[redacted]" ||
		shown.Tenants[0].Properties["DefaultTenantUid"] != string(norway) {
		t.Errorf("config = %+v, want every setting and both tenants", shown)
	}
	redacted := 0
	for _, s := range shown.Settings {
		if s.Value == "[redacted]" {
			redacted++
		}
	}
	if redacted < 4 {
		t.Errorf("config redacts %d settings, want the tokens and the client's secret", redacted)
	}
	r.stop()
}

// A client that watches sees what happens, and does not keep the service from stopping.
func TestStreamShowsRunsAndEndsWithTheService(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(s *settings) { s.Grace = "25s" })
	h.omnium.PutProduct(jacket("ff-1041"))
	r := h.start()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/admin/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+viewerToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET /admin/v1/stream = %v, %v, want 200", resp, err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	until := func(want string) {
		t.Helper()
		for lines.Scan() {
			_, _ = h.heard.Write(append(lines.Bytes(), '\n'))
			if strings.Contains(lines.Text(), want) {
				return
			}
		}
		t.Fatalf("the stream ended with %v, want %s in it", lines.Err(), want)
	}
	until("event: tenants")
	r.deliver(h.changed("ff-1041"))
	until(`"result":"accepted"`)
	until(`"result":"pushed"`)
	began := time.Now()
	r.stop()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("serve stopped after %v with a client on the stream, want at once", took)
	}
	for lines.Scan() { // the end, and not an error, is what the client sees
		continue
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream ended with %v, want nil", err)
	}
}
