package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/openapi"
)

// More places that hold a secret.
const (
	webhookSecond   = canary + "-webhook-second"
	webhookPassword = canary + "-webhook-password"
	webhookHeader   = canary + "-webhook-header"
	redisPassword   = canary + "-redis-password"
	strangersToken  = canary + "-of-a-stranger"
)

// parrot stands before a vendor and, when told a status, answers with all that it was sent, in every
// encoding that a vendor may quote it in. Vendors that refuse something like to do so.
type parrot struct {
	vendor http.Handler
	status atomic.Int64 // 0 asks the vendor
	heard  atomic.Int64
}

// ServeHTTP implements http.Handler.
func (p *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := int(p.status.Load())
	if status == 0 {
		p.vendor.ServeHTTP(w, r)
		return
	}
	p.heard.Add(1)
	said := r.Header.Get("Authorization") + " " + r.URL.RequestURI() + " " + r.URL.Query().Get("clientSecret")
	w.Header().Set("X-Echo", r.Header.Get("Authorization"))
	w.WriteHeader(status)
	for _, encode := range []func(string) string{
		func(s string) string { return s }, url.QueryEscape, eachByte(`\u00%02X`), eachByte("%%%02x"), eachByte("&#%d;"),
	} {
		_, _ = fmt.Fprintf(w, "{\"error\": \"no such %s\"}\n", encode(said)) // the client may have gone
	}
}

// eachByte encodes every byte of a text, also those that need not be.
func eachByte(format string) func(string) string {
	return func(s string) string {
		var encoded strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&encoded, format, c)
		}
		return encoded.String()
	}
}

// echo puts a parrot before a vendor whose address is in the configuration file behind key.
func (h *harness) echo(key string, vendor http.Handler) *parrot {
	h.Helper()
	p := &parrot{vendor: vendor}
	server := httptest.NewServer(p)
	h.Cleanup(server.Close)
	_, after, found := strings.Cut(h.configText(), key+":\n  baseUrl: \"")
	if !found {
		h.Fatalf("the configuration file has no base URL of %s", key)
	}
	base, _, _ := strings.Cut(after, "\"")
	u, err := url.Parse(base)
	if err != nil {
		h.Fatal(err)
	}
	h.config = h.edited(base, server.URL+u.Path)
	return p
}

// TestSecretsStayInsideWhateverHappens has a secret in every place that takes one, makes everything go
// wrong, and asks for all there is to see. The harness looks for the secrets in everything that omniflow
// has written: log, answers, metrics, traces, errors and what its commands print; the end looks into Redis.
func TestSecretsStayInsideWhateverHappens(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(s *settings) { s.MaxAttempts, s.OpenFor = 2, "100ms" })
	if err := h.redis.Client().ConfigSet(t.Context(), "requirepass", redisPassword).Err(); err != nil {
		t.Fatal(err)
	}
	h.env["REDIS_PASSWORD"], h.env["SECOND"] = redisPassword, webhookSecond
	h.env["PASSWORD"], h.env["HEADER"] = webhookPassword, webhookHeader
	h.config = h.edited("redis://", "redis://default:${REDIS_PASSWORD}@")
	h.jobs = nil // it has no password
	h.config = h.edited("level: debug", "level: trace")
	h.config = h.edited(`webhook: { bearer: ["${WEBHOOK_TOKEN}"] }`, `webhook:
  bearer: ["${WEBHOOK_TOKEN}", "${SECOND}"]
  basic: [{ username: omnium, password: "${PASSWORD}" }]
  headers: [{ name: X-Api-Key, value: "${HEADER}" }]`)
	oms, pos := h.echo("omnium", h.omnium), h.echo("flow", h.flow)
	collected := h.collect()
	for _, id := range []string{"cup", "bowl", "panic"} {
		h.omnium.PutProduct(simple(id, id))
	}
	r := h.startWith(func(p *omnium.Product, o mapping.ProductOptions) (*mapping.MappedProduct, error) {
		if p.ProductID == "panic" {
			panic(errors.New("the mapping broke"))
		}
		return mapping.Product(p, o)
	})
	watched := r.watch()

	r.offers()
	h.settledExcept(r, "panic")
	for _, status := range []int{200, 207, 302, 400, 404, 409, 422, 429, 500, 503, 401} {
		pos.status.Store(int64(status))
		r.offer("bowl", fmt.Sprintf("flow %d", status))
	}
	pos.status.Store(0)
	for _, status := range []int{500, 400, 200, 404, 401} {
		oms.status.Store(int64(status))
		r.offer("cup", fmt.Sprintf("omnium %d", status))
	}
	if pos.heard.Load() < 5 || oms.heard.Load() < 3 {
		t.Errorf("the parrots were asked %d and %d times, want often", pos.heard.Load(), oms.heard.Load())
	}
	r.everyAnswer()
	h.everyCommand(r.url)
	h.wantNothingStored()
	r.stop()
	<-watched
	if len(collected.named("")) == 0 {
		t.Error("no traces were collected, want some to look at")
	}
	h.wantNoEncodedSecrets()
}

// startWith is start with a mapping of the test's.
func (h *harness) startWith(
	mapProduct func(*omnium.Product, mapping.ProductOptions) (*mapping.MappedProduct, error),
) *replica {
	h.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.Context()))
	r := h.newReplica()
	r.ask = cancel
	go func() {
		defer close(r.ended)
		env := &environment{getenv: h.getenv, stdin: strings.NewReader(""), stdout: r.heard, stderr: r.log, mapProduct: mapProduct}
		r.err = execute(ctx, []string{"serve", "-c", h.config}, env)
	}()
	r.wantListening()
	return r
}

// offers posts with every credential there is, right and wrong.
func (r *replica) offers() {
	r.Helper()
	for i, sign := range []func(*http.Request){
		func(q *http.Request) { q.Header.Set("Authorization", "Bearer "+webhookToken) },
		func(q *http.Request) { q.Header.Set("Authorization", "Bearer "+webhookSecond) },
		func(q *http.Request) { q.SetBasicAuth("omnium", webhookPassword) },
		func(q *http.Request) { q.Header.Set("X-Api-Key", webhookHeader) },
		func(q *http.Request) { q.Header.Set("Authorization", "Bearer "+strangersToken) },
		func(q *http.Request) { q.SetBasicAuth(strangersToken, strangersToken) },
		func(q *http.Request) { q.Header.Set("Authorization", strangersToken) },
		func(q *http.Request) { q.URL.RawQuery = "token=" + strangersToken },
		func(q *http.Request) { q.Header.Set("X-Request-Id", "<"+strangersToken+">") },
	} {
		for _, id := range []string{"cup", "panic"} {
			want := http.StatusAccepted
			if i > 3 {
				want = http.StatusUnauthorized
			}
			if a := r.signed(http.MethodPost, "/webhooks/omnium", r.changed(id), sign); a.status != want {
				r.Errorf("POST with credential %d = %d %s %v, want %d", i, a.status, a.body, a.err, want)
			}
		}
	}
	for _, body := range []string{"", "{", "[]", strings.Repeat("[", 100_000), strings.Repeat("x", 2<<20)} {
		r.post([]byte(body))
	}
}

// signed sends a request with whatever sign adds.
func (r *replica) signed(method, path string, body []byte, sign func(*http.Request)) answer {
	req, err := http.NewRequestWithContext(r.Context(), method, r.url+path, bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	sign(req)
	resp, err := client().Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, a.err = io.ReadAll(resp.Body)
	_, _ = fmt.Fprintf(r.heard, "%v %s\n", resp.Header, a.body) // never fails
	return a
}

// offer renames a product and waits for the first run that meets the trouble.
func (r *replica) offer(id, name string) {
	r.Helper()
	r.rename(id, name)
	mine := func(e entry) bool { return e.ObjectID == id && e.Tenant == norway }
	r.admin(http.MethodPost, "/tenants/"+string(norway)+"/resume", nil, new(any))
	before := len(r.log.runs(mine))
	r.deliver(r.changed(id))
	r.wantRuns(before+1, mine)
}

// settledExcept waits until everything is done but a product that is buried.
func (h *harness) settledExcept(r *replica, id string) {
	h.Helper()
	r.wantRuns(4, func(e entry) bool { return e.ObjectID == id && e.Reason == "panic" })
	r.wantRuns(2, func(e entry) bool { return e.ObjectID != id && e.Settled == "acked" })
}

// watch listens to the stream until the service ends.
func (r *replica) watch() <-chan struct{} {
	r.Helper()
	ended := make(chan struct{})
	req, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), http.MethodGet, r.url+"/admin/v1/stream", nil)
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+viewerToken)
	resp, err := http.DefaultClient.Do(req) //nolint:bodyclose // closed where it ends
	if err != nil || resp.StatusCode != http.StatusOK {
		r.Fatalf("GET /admin/v1/stream = %v, %v, want 200", resp, err)
	}
	go func() {
		defer close(ended)
		defer resp.Body.Close()
		_, _ = io.Copy(r.heard, bufio.NewReader(resp.Body)) // ends with the service
	}()
	return ended
}

// everyAnswer asks every route of the contract but those that end it, as an operator and as a stranger.
func (r *replica) everyAnswer() {
	r.Helper()
	raw, err := openapi.Files.ReadFile(openapi.Omniflow)
	if err != nil {
		r.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		r.Fatal(err)
	}
	fill := strings.NewReplacer("{tenant}", string(norway), "{resource}", "product", "{id}", "bowl", "{name}", "api.js")
	for route, item := range doc.Paths.Map() {
		if route == "/admin/v1/stream" { // watched already
			continue
		}
		for method := range item.Operations() {
			for _, token := range []string{adminToken, viewerToken, strangersToken} {
				a := r.signed(method, fill.Replace(route), []byte("{"), func(q *http.Request) {
					q.Header.Set("Authorization", "Bearer "+token)
				})
				if a.err != nil || a.status == http.StatusInternalServerError {
					r.Errorf("%s %s = %d %s %v, want an answer", method, route, a.status, a.body, a.err)
				}
			}
		}
	}
}

// everyCommand runs commands that see the secrets, with a configuration that is right, wrong in every
// place that holds one, and with what people mistype.
func (h *harness) everyCommand(service string) {
	h.Helper()
	wrong := strings.NewReplacer(
		`["${WEBHOOK_TOKEN}", "${SECOND}"]`, `"${WEBHOOK_TOKEN} ${SECOND}"`,
		`password: "${PASSWORD}"`, `password: ["${PASSWORD}"]`,
		`value: "${HEADER}"`, `valeu: "${HEADER}"`,
		`clientSecret: "${OMNIUM_SECRET}"`, `clientSecret: { "${OMNIUM_SECRET}": 1 }`,
		`role: operator, token: "${ADMIN_TOKEN}"`, `role: "${ADMIN_TOKEN}", token: "${ADMIN_TOKEN}"`,
		`role: viewer, token: "${VIEWER_TOKEN}"`, `role: viewer, token: " ${ADMIN_TOKEN}"`,
		`redis://default:`, `redis://default:%zz`,
		`accessToken: "${FLOW_TOKEN}"`, `accessToken: " ${FLOW_TOKEN} "`,
		`level: trace`, `level: "${FLOW_TOKEN}"`,
		`fjell_sport`, `"${FLOW_TOKEN}"`,
	).Replace(h.configText())
	broken := h.save(wrong)
	for _, args := range [][]string{
		{"config", "check", "-c", h.config},
		{"config", "check", "-c", broken},
		{"serve", "-c", broken},
		{"flow", "check", "-c", h.config},
		{"flow", "check", "-c", broken},
		{"status", "--url", service, "--token", adminToken},
		{"status", "--url", service, "--token", strangersToken},
		{"status", "--url", strings.Replace(service, "://", "://ops:"+strangersToken+"@", 1) + "0", "--token", adminToken},
		{"status", "--url", "http://ops:" + strangersToken + "@%zz", "--token", adminToken},
		{"dead-letters", "list", "--url", service, "--token", adminToken, "--tenant", string(norway)},
		{"dead-letters", "show", "--url", service, "--token", adminToken, "--tenant", string(norway), "product", "bowl"},
		{"dead-letters", "list", "--url", service, "--token", strangersToken, "--json", "--tenant", string(norway)},
	} {
		_, _, _ = h.command(args...) // the harness hears what they say
	}
}

// wantNothingStored looks for the secrets in everything that Redis holds.
func (h *harness) wantNothingStored() {
	h.Helper()
	c := h.redis.Client()
	if err := c.Do(h.Context(), "AUTH", redisPassword).Err(); err != nil {
		h.Logf("AUTH: %v", err)
	}
	if err := c.ConfigSet(h.Context(), "rdbcompression", "no").Err(); err != nil {
		h.Fatal(err)
	}
	keys, err := c.Keys(h.Context(), "*").Result()
	if err != nil || len(keys) < 5 {
		h.Fatalf("KEYS = %q, %v, want what the service keeps", keys, err)
	}
	for _, key := range keys {
		held, err := c.Dump(h.Context(), key).Result()
		if err == nil && (strings.Contains(held, canary) || strings.Contains(held, fakeJWT)) {
			h.Errorf("Redis holds a secret below %s", key)
		}
	}
}

// wantNoEncodedSecrets looks for what the harness cannot see: the canary as parrots and HTTP encode it.
func (h *harness) wantNoEncodedSecrets() {
	h.Helper()
	heard := strings.ToLower(h.heard.String())
	for name, encoded := range map[string]string{
		"JSON": "u0063" + `\u0061`, "JSON in JSON": "u0063" + `\\u0061`, "URL": "%63%61%6e", "HTML": "&#99;&#97;",
		"hex":   hex.EncodeToString([]byte(canary)),
		"basic": strings.ToLower(base64.StdEncoding.EncodeToString([]byte("omnium:" + canary))[:16]),
	} {
		if at := strings.Index(heard, encoded); at >= 0 {
			h.Errorf("omniflow wrote a secret as %s encodes it: …%s…", name, heard[max(0, at-200):min(len(heard), at+100)])
		}
	}
}
