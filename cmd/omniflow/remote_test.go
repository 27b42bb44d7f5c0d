package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// person is somebody at a terminal who has typed something already.
type person struct {
	*harness
	types string
	// away says that nobody is there.
	away           bool
	stdout, stderr bytes.Buffer
}

// call runs a command as the person would, against r when it is not nil.
func (p *person) call(r *replica, args ...string) error {
	p.Helper()
	p.stdout.Reset()
	p.stderr.Reset()
	if r != nil {
		args = append(args, "--url", r.url+"/")
	}
	env := &environment{
		getenv: p.getenv, stdin: strings.NewReader(p.types), stdout: &p.stdout, stderr: &p.stderr,
		terminal: func(any) bool { return !p.away },
	}
	err := execute(p.Context(), args, env)
	_, _ = fmt.Fprintln(p.heard, p.stdout.String(), p.stderr.String(), errorText(err)) // never fails
	return err
}

// wantCode says how a command shall have ended; 0 is without an error.
func (p *person) wantCode(err error, want int) {
	p.Helper()
	got := 0
	if err != nil {
		got = exitCode(err)
	}
	if got != want {
		p.Errorf("exit code = %d (%v), want %d\n%s%s", got, err, want, &p.stdout, &p.stderr)
	}
}

func (p *person) wantPrinted(text ...string) {
	p.Helper()
	for _, t := range text {
		if !strings.Contains(p.stdout.String(), t) {
			p.Errorf("printed %s, want %q in it", &p.stdout, t)
		}
	}
}

// bury makes dead letters of products, before any service takes the jobs.
func (h *harness) bury(t tenant.ID, ids ...string) {
	h.Helper()
	var entries []queue.Entry
	for _, id := range ids {
		entries = append(entries, queue.Entry{
			Tenant: t, Key: job.Key{Resource: event.Product, ID: id}, Cause: job.Cause{EventID: "e of " + id},
		})
	}
	if _, err := h.jobs.Enqueue(h.Context(), entries); err != nil {
		h.Fatal(err)
	}
	for range ids {
		c, err := h.jobs.Claim(h.Context(), t, 1)
		if err != nil || len(c.Jobs) != 1 {
			h.Fatalf("Claim = %v, %v, want one job", c, err)
		}
		if _, err := h.jobs.Bury(h.Context(), c.Jobs[0], "flow_rejected", "400 \x1b[2Jno such brand\nsecond line"); err != nil {
			h.Fatal(err)
		}
	}
}

// newPerson starts a service that finds these products of a tenant dead.
func newPerson(t *testing.T, of tenant.ID, dead ...string) (*person, *replica) {
	t.Helper()
	h := newHarness(t)
	h.bury(of, dead...)
	h.env[tokenVar] = adminToken
	return &person{harness: h}, h.start()
}

func TestStatusCommand(t *testing.T) {
	t.Parallel()
	p, r := newPerson(t, norway, "a")
	p.wantCode(p.call(r, "status"), 0)
	p.wantPrinted("fjell_no", "NOR", yellow+"1 dead letters"+plain)
	p.wantCode(p.call(r, "status", "--check"), exitAttention)
	p.wantCode(p.call(r, "dead-letters", "discard", "-t", "fjell_no", "--all", "--yes"), 0)
	p.wantCode(p.call(r, "status", "--check"), 0)
	p.wantPrinted(green + "ok" + plain)
	p.away = true
	p.wantCode(p.call(r, "status"), 0)
	if strings.Contains(p.stdout.String(), "\x1b") {
		t.Errorf("status prints colours where no terminal is: %q", &p.stdout)
	}
	p.wantCode(p.call(r, "status", "--json"), 0)
	var list struct{ Items []tenantStatus }
	if err := json.Unmarshal(p.stdout.Bytes(), &list); err != nil || len(list.Items) != 2 {
		t.Errorf("status --json = %s, %v, want both tenants", &p.stdout, err)
	}
	p.env[tokenVar] = "wrong-token-of-nobody"
	p.wantCode(p.call(r, "status"), exitFailed)
	delete(p.env, tokenVar)
	p.wantCode(p.call(r, "status"), exitUsage)
	p.wantCode(p.call(r, "status", "--token", viewerToken), 0)
}

func TestDeadLettersCommands(t *testing.T) {
	t.Parallel()
	p, r := newPerson(t, norway, "shoe/9", "æ b", "lamp")
	p.wantCode(p.call(r, "dead-letters", "list"), exitUsage) // there are two tenants
	p.wantCode(p.call(r, "dead-letters", "list", "-t", "fjell_no", "--limit", "2"), 0)
	p.wantPrinted("flow_rejected")
	if strings.Count(p.stdout.String(), "\n") != 3 || !strings.Contains(p.stderr.String(), "more") {
		t.Errorf("list --limit 2 = %s%s, want two letters and that there are more", &p.stdout, &p.stderr)
	}
	p.wantCode(p.call(r, "dead-letters", "list", "-t", "fjell_no", "--reason", "poison"), 0)
	p.wantPrinted("no dead letters that match")
	p.wantCode(p.call(r, "dead-letters", "list", "-t", "fjell_no", "--json"), 0)
	var list struct{ Items []deadLetter }
	if err := json.Unmarshal(p.stdout.Bytes(), &list); err != nil || len(list.Items) != 3 {
		t.Errorf("list --json = %s, %v, want three letters", &p.stdout, err)
	}
	p.wantCode(p.call(r, "dead-letters", "show", "-t", "fjell_no", "product", "shoe/9"), 0)
	p.wantPrinted("product/shoe/9", "flow_rejected", "e of shoe/9", "no such brand", "second line")
	if strings.Contains(p.stdout.String(), "\x1b") {
		t.Errorf("show prints what Flow said as it is: %q", &p.stdout)
	}
	p.wantCode(p.call(r, "dead-letters", "show", "-t", "fjell_no", "product", "nobody"), exitFailed)
	p.wantCode(p.call(r, "dead-letters", "show", "-t", "fjell_no", "product"), exitUsage)
	p.wantCode(p.call(r, "dead-letters", "list", "-t", "fjell_no", "--limit", "0"), exitUsage)
}

func TestBulkCommandsAskFirst(t *testing.T) {
	t.Parallel()
	p, r := newPerson(t, sweden, "a", "b", "c", "d")
	left := func(want int) {
		t.Helper()
		if s, err := p.jobs.Stats(t.Context(), sweden); err != nil || s.Dead != want {
			t.Errorf("dead letters = %+v, %v, want %d\n%s%s", s, err, want, &p.stdout, &p.stderr)
		}
	}
	discard := func(args ...string) error {
		return p.call(r, append([]string{"dead-letters", "discard", "-t", "fjell_se"}, args...)...)
	}
	p.wantCode(discard("--all", "--dry-run"), 0)
	p.wantPrinted("4 dead letters of fjell_se match; nothing was done")
	p.types = "n\n"
	p.wantCode(discard("--all"), exitFailed)
	if !strings.Contains(p.stderr.String(), "4 dead letters of fjell_se match. Shall they be discarded? [y/N]") {
		t.Errorf("asked %q, want how many and what", &p.stderr)
	}
	p.types = ""
	p.wantCode(discard("--all"), exitFailed)
	p.away = true
	p.wantCode(discard("--all"), exitUsage)
	left(4)
	p.wantCode(discard("--resource", "product", "--id", "a", "--id", "x", "--yes"), 0)
	p.wantPrinted("1 dead letters of fjell_se discarded")
	left(3)
	p.wantCode(discard("--reason", "poison", "--yes"), 0)
	p.wantPrinted("no dead letters that match")
	p.wantCode(discard("--all", "--before", "2020-01-01T00:00:00Z", "--yes"), 0)
	left(3)
	for _, wrong := range [][]string{
		{}, {"--id", "a"}, {"--before", "yesterday"}, {"--resource", "product", "extra"},
	} {
		p.wantCode(discard(wrong...), exitUsage)
	}
	p.wantCode(discard("--resource", "starship", "--yes"), exitFailed)
	p.wantCode(discard("--all", "--yes", "--token", viewerToken), exitFailed)
	left(3)
	p.wantCode(p.call(r, "dead-letters", "replay", "-t", "fjell_se", "--resource", "product", "--id", "b", "-y"), 0)
	p.wantPrinted("1 dead letters of fjell_se replayed")
	left(2)
	p.away, p.types = false, "YES\n"
	p.wantCode(discard("--reason", "flow_rejected", "--json"), 0)
	p.wantPrinted(`"discarded": 2`, `"matched": 2`)
	left(0)
}

// Long work is several requests, and a bar on a terminal.
func TestBulkCommandShowsProgress(t *testing.T) {
	t.Parallel()
	h := &harness{T: t, heard: new(record), env: map[string]string{tokenVar: adminToken}}
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(raw))
		next := map[int]string{1: "c1", 3: "c2", 4: "c3"}[len(bodies)]
		dry := strings.Contains(string(raw), `"dryRun":true`)
		done := 500
		if dry {
			done = 0
		}
		_, _ = fmt.Fprintf(w, `{"matched":500,"replayed":%d,"nextCursor":%q}`, done, next)
	}))
	t.Cleanup(server.Close)
	p := &person{harness: h}
	err := p.call(nil, "dead-letters", "replay", "-t", "t/1", "--all", "--yes", "--url", server.URL)
	p.wantCode(err, 0)
	p.wantPrinted("1500 dead letters of t/1 replayed")
	if screen := p.stderr.String(); !strings.Contains(screen, "500 of 1000") || !strings.Contains(screen, "[###############...............]") ||
		!strings.HasSuffix(screen, "\x1b[2K") {
		t.Errorf("the screen showed %q, want a bar that is wiped away", screen)
	}
	if len(bodies) != 5 || !strings.Contains(bodies[4], `"cursor":"c3"`) || !strings.Contains(bodies[2], `"cursor":""`) {
		t.Errorf("the service was asked %q, want every cursor to be passed on", bodies)
	}
	first, last := filterOf(t, bodies[0]), filterOf(t, bodies[4])
	if first.Before.IsZero() || !first.Before.Equal(last.Before) || time.Since(first.Before) > time.Minute {
		t.Errorf("counted what died before %v and replayed what died before %v, want now, twice", first.Before, last.Before)
	}
}

func filterOf(t *testing.T, body string) bulkWishFilter {
	t.Helper()
	var request struct{ Filter bulkWishFilter }
	if err := json.Unmarshal([]byte(body), &request); err != nil {
		t.Fatal(err)
	}
	return request.Filter
}

func TestRemoteNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter)
		want   string
	}{
		"problem": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"title":"Forbidden","detail":"This needs the role operator.","instance":"R1"}`)
		}, "403: Forbidden: This needs the role operator. [request R1]"},
		"another server": {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>") }, "does not answer as omniflow does"},
		"bad gateway":    {func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }, "502 Bad Gateway"},
		"redirect": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://192.0.2.1/")
			w.WriteHeader(http.StatusFound)
		}, "302 Found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { test.answer(w) }))
			t.Cleanup(server.Close)
			p := &person{harness: &harness{T: t, heard: new(record), env: map[string]string{tokenVar: adminToken}}}
			err := p.call(nil, "status", "--url", server.URL)
			p.wantCode(err, exitFailed)
			if !strings.Contains(errorText(err), test.want) || strings.Contains(errorText(err), adminToken) {
				t.Errorf("status = %v, want %q and no token", err, test.want)
			}
		})
	}
}

func TestRouteCommandExplains(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := &person{harness: h}
	path := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(path, []byte(`[{"id":"e1","className":"Product","objectId":"a/1","market":"swe"},`+
		`{"className":"Order","objectId":"o"},{"className":"Product","objectId":"b","market":"FIN"},`+
		`{"className":"Product","objectId":"c"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.wantCode(p.call(nil, "route", path, "-c", h.config), 0)
	p.wantPrinted("queued (market): the tenant that serves market swe", "fjell_se product/a/1",
		"ignored (order)", "unrouted (market_not_served): no tenant serves market FIN", "queued (every_tenant)",
		"fjell_no product/c")
	p.types = `{"id":"e1","className":"Product","objectId":"a"}`
	p.wantCode(p.call(nil, "route", "-", "-c", h.config, "--json"), 0)
	var list struct{ Items []explanation }
	if err := json.Unmarshal(p.stdout.Bytes(), &list); err != nil || len(list.Items) != 1 ||
		len(list.Items[0].Jobs) != 2 || list.Items[0].Result != "queued" {
		t.Errorf("route --json = %s, %v, want one event for both tenants", &p.stdout, err)
	}
	p.wantRouteFollowsTheFile()
	p.types = "<xml/>"
	p.wantCode(p.call(nil, "route", "-", "-c", h.config), exitFailed)
	p.wantCode(p.call(nil, "route", "/no/such/file", "-c", h.config), exitFailed)
	p.wantCode(p.call(nil, "route", "-"), exitUsage)
	p.wantCode(p.call(nil, "route", "-c", h.config), exitUsage)
}

// wantRouteFollowsTheFile has the same events under different settings.
func (p *person) wantRouteFollowsTheFile() {
	p.Helper()
	const unnamed = `{"className":"Product"}`
	for _, tt := range []struct{ config, event, want string }{
		{p.config, unnamed, "unrouted (no_object_ids): it names no objects, and catch-up is off"},
		{p.edited("enabled: false", "enabled: true"), unnamed, "listed (no_object_ids): it names no objects"},
		{
			p.edited("clientId: client", "clientId: client\n  ignoreUserIds: [ola]"),
			`{"className":"Inventory","objectId":"a_1","userId":"ola"}`, "ignored (echo)",
		},
	} {
		p.types = tt.event
		p.wantCode(p.call(nil, "route", "-", "-c", tt.config), 0)
		p.wantPrinted(tt.want)
	}
}

func TestWrongUsageHasItsOwnExitCode(t *testing.T) {
	t.Parallel()
	p := &person{harness: &harness{T: t, heard: new(record)}}
	for _, args := range [][]string{
		{"bogus"}, {"flow", "bogus"}, {"serve"}, {"status", "--bogus"}, {"version", "extra"},
	} {
		p.wantCode(p.call(nil, args...), exitUsage)
	}
	for _, args := range [][]string{{"version"}, {"config"}, {"dead-letters"}, {"--help"}, {"completion", "bash"}} {
		p.wantCode(p.call(nil, args...), 0)
	}
	p.wantCode(p.call(nil, "config", "check", "-c", "/no/such/file"), exitFailed)
	if code := exitCode(errors.New("any")); code != exitFailed {
		t.Errorf("exitCode of any error = %d, want %d", code, exitFailed)
	}
}
