package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// command runs omniflow to its end and returns what it printed and said.
func (h *harness) command(args ...string) (stdout, stderr string, err error) {
	h.Helper()
	var out, log bytes.Buffer
	err = run(h.Context(), args, h.getenv, &out, &log)
	for _, text := range []string{out.String(), log.String(), errorText(err)} {
		_, _ = h.heard.Write([]byte(text + "\n")) // never fails
	}
	return out.String(), log.String(), err
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// edited is the configuration file with one text replaced by another.
func (h *harness) edited(from, to string) string {
	h.Helper()
	text := h.configText()
	if !strings.Contains(text, from) {
		h.Fatalf("%q is not in the configuration file", from)
	}
	return h.save(strings.Replace(text, from, to, 1))
}

func TestConfigCheckShowsWhatTheFileResolvesTo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	stdout, _, err := h.command("config", "check", "-c", h.config)
	if err != nil {
		t.Fatalf("config check = %v, want nil", err)
	}
	for _, want := range []string{"fjell_no", "fjell_se", "NOR", "SWE", "[redacted]"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("config check prints %s, want %q in it", stdout, want)
		}
	}
}

func TestConfigCheckPrintsEveryErrorWithPathAndLine(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	text := strings.NewReplacer(
		"maxAttempts: 12", "maxAttempts: 0",
		"halfOpenRequests: 1", "halfOpenRequests: one",
		"shutdownGrace: 10s", "shutdwonGrace: 10s",
		"${VIEWER_TOKEN}", "${NOT_SET}",
		"market: SWE", "market: NOR",
	).Replace(h.configText())
	path := h.save(text)
	_, _, err := h.command("config", "check", "-c", path)
	if err == nil {
		t.Fatal("config check of a wrong file = nil, want an error")
	}
	for _, want := range []struct{ setting, path string }{
		{"maxAttempts: 0", "queue.maxAttempts"},
		{"halfOpenRequests: one", "flow.breaker.halfOpenRequests"},
		{"shutdwonGrace: 10s", "server.shutdwonGrace"},
		{"${NOT_SET}", "server.adminTokens[1].token"},
		{"- market: NOR\n    accessToken", "markets[1].market"},
	} {
		place := path + ":" + lineOf(t, text, want.setting) + ": " + want.path + ": "
		if !strings.Contains(err.Error(), place) {
			t.Errorf("config check = %v\nwant a line that begins with %s", err, place)
		}
	}
}

func TestServeNamesWhyItCannotStart(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, tt := range map[string]struct{ path, want string }{
		"no file":        {"/does/not/exist.yaml", "no such file"},
		"port taken":     {h.edited("127.0.0.1:0", taken.Addr().String()), "address already in use"},
		"unknown route":  {h.edited("queue:\n", "  routes: { product.cerate: \"POST /tenants/{tenantUid}/products\" }\nqueue:\n"), "product.cerate"},
		"strict, in mem": {h.edited(h.redis.URL()+`" }`, `embedded://", strict: true }`), "redis.strict"},
	} {
		if _, _, err := h.command("serve", "-c", tt.path); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: serve = %v, want an error with %q", name, err, tt.want)
		}
	}
}

func TestEmbeddedRedisServesToo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.config = h.edited(h.redis.URL(), "embedded://")
	h.omnium.PutProduct(jacket("ff-1041"))
	r := h.start()
	r.deliver(h.changed("ff-1041"))
	h.eventually("Flow agrees", func() error { return h.disagreement() })
	r.stop()
}

func TestFlowCheckCallsTheDocumentedReads(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	stdout, _, err := h.command("flow", "check", "-c", h.config)
	if err != nil || !strings.Contains(stdout, "tenant.get") || !strings.Contains(stdout, "assumed") {
		t.Errorf("flow check = %v and prints %s, want the table", err, stdout)
	}
	h.fails(401, func(r flowtest.Request) bool { return r.Tenant == string(sweden) })
	if stdout, _, err = h.command("flow", "check", "-c", h.config); err == nil || !strings.Contains(stdout, "401") {
		t.Errorf("flow check with a refused token = %v and prints %s, want an error and the status", err, stdout)
	}
	if n := h.writes(); n != 0 {
		t.Errorf("writes to Flow = %d, want none", n)
	}
}

// TestConfigCheckOnline asks everybody, says who does not answer well, and writes nothing.
func TestConfigCheckOnline(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	keys := h.redis.Client().DBSize(t.Context()).Val()
	stdout, _, err := h.command("config", "check", "-c", h.config, "--online")
	if err != nil {
		t.Errorf("config check --online = %v and prints %s, want no error", err, stdout)
	}
	for _, want := range []string{"Redis", "Omnium: markets", "Omnium: stores", "Flow: tenant fjell_no", "Flow: tenant fjell_se"} {
		if !regexp.MustCompile(regexp.QuoteMeta(want) + ` +ok `).MatchString(stdout) {
			t.Errorf("config check --online prints %s, want %q to be ok", stdout, want)
		}
	}
	h.omnium.DisableUser(true)
	h.fails(401, func(r flowtest.Request) bool { return r.Tenant == string(sweden) })
	stdout, _, err = h.command("config", "check", "-c", h.config, "--online", "--json")
	if err == nil || !strings.Contains(err.Error(), "3 checks failed") {
		t.Errorf("config check --online with refused credentials = %v, want 3 checks failed", err)
	}
	var got struct{ Items []answered }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("--json prints %s: %v", stdout, err)
	}
	for _, a := range got.Items {
		if want := a.What == "Redis" || a.What == "Flow: tenant fjell_no"; a.OK != want {
			t.Errorf("%+v, want ok: %v", a, want)
		}
	}
	if n := h.writes(); n != 0 || h.redis.Client().DBSize(t.Context()).Val() != keys {
		t.Errorf("%d writes to Flow, and Redis has other keys; want nothing written", n)
	}
}

func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	const password = canary + "-redis-password"
	h := newHarness(t, func(s *settings) { s.Timeout = "200ms" })
	if err := h.redis.Client().ConfigSet(t.Context(), "requirepass", password).Err(); err != nil {
		t.Fatal(err)
	}
	h.env["REDIS_PASSWORD"] = password
	h.config = h.edited("redis://", "redis://default:${REDIS_PASSWORD}@")
	h.omnium.PutProduct(jacket("ff-1041"))
	r := h.start()
	// Every way in which a call can go wrong, each of which is logged.
	for _, fault := range []flowtest.Fault{
		{Status: 500}, {Hang: true}, {LoseReply: true}, {Status: 302}, {Status: 400}, {Status: 401},
	} {
		h.flow.SetFault(func(flowtest.Request) flowtest.Fault { return fault })
		runs := len(r.log.runs(ofTenant(norway)))
		r.deliver(h.changed("ff-1041"))
		r.wantRuns(runs+1, ofTenant(norway))
	}
	h.omnium.DisableUser(true)
	r.request("POST", "/webhooks/omnium", "wrong", nil)
	r.tenant(norway)
	r.deadLetters(norway)
	r.get("/metrics")
	_, _, _ = h.command("config", "check", "-c", h.config)
	h.redis.Kill()
	r.post(h.changed("ff-1041"))
	r.stop() // the harness then looks for the secrets in all of it
	if !strings.Contains(h.heard.String(), "job finished") {
		t.Error("nothing was heard, want at least the log")
	}
}

// lineOf returns the number of the line that a text begins on.
func lineOf(t *testing.T, file, text string) string {
	t.Helper()
	before, _, found := strings.Cut(file, text)
	if !found {
		t.Fatalf("%q is not in the file", text)
	}
	return strconv.Itoa(1 + strings.Count(before, "\n"))
}

func (h *harness) configText() string {
	h.Helper()
	text, err := os.ReadFile(h.config)
	if err != nil {
		h.Fatal(err)
	}
	return string(text)
}
