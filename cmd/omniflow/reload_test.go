package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// reloaded is the answer to a reload.
type reloaded struct {
	Added, Removed, Changed []tenant.ID
	NeedsRestart            []string
}

// rewrite changes the configuration file where it is.
func (h *harness) rewrite(from, to string) {
	h.Helper()
	text := h.configText()
	if !strings.Contains(text, from) {
		h.Fatalf("%q is not in the configuration file", from)
	}
	if err := os.WriteFile(h.config, []byte(strings.Replace(text, from, to, 1)), 0o600); err != nil {
		h.Fatal(err)
	}
}

func (r *replica) reload() reloaded {
	r.Helper()
	var report reloaded
	r.admin(http.MethodPost, "/reload", nil, &report)
	return report
}

// swedish is the part of the file that makes the second tenant.
func swedish(h *harness) string {
	h.Helper()
	text := h.configText()
	return text[strings.Index(text, "  - market: SWE"):]
}

// has wants a tenant to have a product, sooner or later.
func (h *harness) has(id tenant.ID, uid string) {
	h.Helper()
	h.eventually(fmt.Sprintf("%s has %s", id, uid), func() error {
		if _, exists := h.flowProduct(id, uid); !exists {
			return errors.New("it does not exist")
		}
		return nil
	})
}

// A tenant that the file has no longer is left alone, and one that it has again gets what happened
// meanwhile.
func TestReloadRemovesAndAddsTenants(t *testing.T) {
	t.Parallel()
	h := newHarness(t, catchingUp)
	sweden2 := swedish(h)
	r := h.start()
	h.rewrite(sweden2, "")
	if got := r.reload(); !slices.Equal(got.Removed, []tenant.ID{sweden}) || len(got.Added)+len(got.Changed)+len(got.NeedsRestart) > 0 {
		t.Errorf("reload = %+v, want sweden removed and nothing else", got)
	}
	if a := r.request(http.MethodGet, "/admin/v1/tenants/fjell_se", adminToken, nil); a.status != http.StatusNotFound {
		t.Errorf("GET of the removed tenant = %d, want 404", a.status)
	}
	h.omnium.PutProduct(simple("cup", "Kopp"))
	if got := r.deliver(h.omnium.Event(omniumtest.Event{ObjectID: "cup", Market: "SWE"})); got.Unrouted != 1 {
		t.Errorf("event of a market that is no longer served = %+v, want it unrouted", got)
	}
	r.deliver(h.changed("cup"))
	h.has(norway, "cup")
	if _, exists := h.flowProduct(sweden, "cup"); exists {
		t.Error("the removed tenant got a product, want it left alone")
	}
	h.rewrite("  - market: NOR\n", "  - market: NOR\n"+sweden2)
	if got := r.reload(); !slices.Equal(got.Added, []tenant.ID{sweden}) {
		t.Errorf("reload = %+v, want sweden added", got)
	}
	h.has(sweden, "cup") // without another event
	h.eventually("no event is kept apart", func() error {
		if got := r.metric("omniflow_parked_events"); got != "0" {
			return fmt.Errorf("parked events = %s", got)
		}
		return nil
	})
	h.omnium.PutProduct(simple("glass", "Glass"))
	r.deliver(h.changed("glass"))
	h.has(sweden, "glass")
	h.settled()
	r.stop()
}

// finnish is a product of a market that nobody serves before the file says so.
func finnish(id string) omnium.Product {
	p := simple(id, "Kuppi")
	p.MarketIDs = []string{"FIN"}
	return p
}

// gains are the ways in which the file may give norway another market.
func gains() map[string]struct{ from, to string } {
	const grouped = "marketGroups:\n  - group: nordics\n    markets: [DNK]\nmarkets:\n  - market: NOR\n"
	return map[string]struct{ from, to string }{
		"a market":            {grouped, grouped + "  - market: FIN\n"},
		"a group":             {grouped, strings.Replace(grouped, "[DNK]\n", "[DNK]\n  - group: suomi\n    markets: [FIN]\n", 1)},
		"a market of a group": {grouped, strings.Replace(grouped, "[DNK]", "[DNK, FIN]", 1)},
	}
}

// A tenant that gains a market has what has changed there since the file was written, also when it was
// listed in between, for a tenant that had nothing to do with it.
func TestReloadGainsAMarket(t *testing.T) {
	t.Parallel()
	for name, gain := range gains() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, catchingUp, func(s *settings) { s.Overlap = "0s" })
			h.rewrite("markets:\n  - market: NOR\n", gain.from)
			h.rewrite("    OrganizationUid: fjell_sport\n", "    OrganizationUid: fjell_sport\n    UseMarketGroupFlowTenants: \"true\"\n")
			r := h.start()
			r.listedOnce()
			h.rewrite(gain.from, gain.to)
			h.omnium.PutProduct(finnish("cup")) // nobody says so
			r.listedAgain()
			h.eventually("all jobs are done", h.drained)
			if _, exists := h.flowProduct(norway, "cup"); exists {
				t.Fatal("the product is in Flow before the file is in force")
			}
			if got := r.reload(); !slices.Equal(got.Changed, []tenant.ID{norway}) || len(got.Added)+len(got.Removed) > 0 {
				t.Errorf("reload = %+v, want norway changed and nothing else", got)
			}
			h.has(norway, "cup")
			r.stop()
		})
	}
}

// Of two replicas one reloads later: what it has taken for somebody else's meanwhile is looked at again.
func TestReplicasReloadOneAfterTheOther(t *testing.T) {
	t.Parallel()
	h := newHarness(t, catchingUp, func(s *settings) { s.Overlap = "0s" })
	first, second := h.start(), h.start()
	h.rewrite("  - market: NOR\n", "  - market: NOR\n  - market: FIN\n")
	first.reload()
	const products = 20
	for i := range products {
		id := fmt.Sprint("p", i)
		h.omnium.PutProduct(finnish(id))
		first.deliver(h.changed(id))
	}
	h.eventually("all jobs are done", h.drained)
	second.reload()
	for i := range products {
		h.has(norway, fmt.Sprint("p", i))
	}
	first.stop()
	second.stop()
}

// A breaker knows how Flow is, whatever else the file says now; when it closes, what may have been lost is
// looked for.
func TestReloadKeepsTheBreaker(t *testing.T) {
	t.Parallel()
	h := newHarness(t, rarely, func(s *settings) { s.OpenFor = "3s" })
	r := h.start()
	r.listedOnce()
	h.omnium.PutProduct(simple("cup", "Kopp"))
	h.omnium.PutProduct(simple("lost", "Tapt")) // nobody says so
	h.flow.SetDown(string(norway), true)
	r.deliver(h.changed("cup"))
	h.eventually("the breaker opens", func() error { return r.breaker(norway, "open") })
	h.rewrite("DefaultVatCodeUid: vat25\n", "DefaultVatCodeUid: vat25\n    NonPurchasableAssortmentCodes: none\n")
	if got := r.reload(); !slices.Contains(got.Changed, norway) {
		t.Errorf("reload = %+v, want norway changed", got)
	}
	if err := r.breaker(norway, "open"); err != nil {
		t.Errorf("after the reload: %v", err)
	}
	h.flow.SetDown(string(norway), false)
	h.eventually("both products are in Flow", func() error { return h.disagreement() })
	r.stop()
}

// Whatever is wrong with the file, the service goes on as before and says what it is.
func TestReloadOfAnInvalidFileChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	good := h.configText()
	r := h.start()
	for name, test := range map[string]struct{ from, to, want string }{
		"two problems":    {"maxAttempts: 12", "maxAttempts: 0", "queue.maxAttempts"},
		"unknown route":   {"queue:\n", "  routes: { product.cerate: \"POST /tenants/{tenantUid}/products\" }\nqueue:\n", "flow.routes"},
		"not YAML at all": {good, "server: [", "not valid YAML"},
		"unset secret":    {"${FLOW_TOKEN_SE}", "${NOT_SET}", "NOT_SET"},
	} {
		h.rewrite(good, strings.Replace(good, test.from, test.to, 1))
		a := r.request(http.MethodPost, "/admin/v1/reload", adminToken, nil)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), test.want) {
			t.Errorf("%s: reload = %d %s, want 422 with %s", name, a.status, a.body, test.want)
		}
		h.rewrite(h.configText(), good)
	}
	if err := os.Remove(h.config); err != nil {
		t.Fatal(err)
	}
	if a := r.request(http.MethodPost, "/admin/v1/reload", adminToken, nil); a.status != http.StatusUnprocessableEntity {
		t.Errorf("reload without a file = %d %s, want 422", a.status, a.body)
	}
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r.deliver(h.changed("cup"))
	h.settled()
	r.stop()
}

// Every credential can be replaced without a restart, and a tenant that was suspended because of an old
// one is worked on at once.
func TestReloadRotatesCredentials(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.env["FLOW_TOKEN"] = canary + "-flow-revoked"
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	r.deliver(h.changed("cup"))
	h.eventually("the tenant is suspended", func() error { return r.suspended(norway, true) })
	h.env["FLOW_TOKEN"], h.env["WEBHOOK_TOKEN"] = norwayToken, canary+"-webhook-new-token"
	h.env["VIEWER_TOKEN"] = canary + "-admin-viewer-new"
	if got := r.reload(); !slices.Equal(got.Changed, []tenant.ID{norway}) {
		t.Errorf("reload = %+v, want norway changed", got)
	}
	h.settled()
	if err := r.suspended(norway, false); err != nil {
		t.Error(err)
	}
	for token, want := range map[string]int{webhookToken: http.StatusUnauthorized, canary + "-webhook-new-token": http.StatusAccepted} {
		if a := r.request(http.MethodPost, "/webhooks/omnium", token, h.changed("cup")); a.status != want {
			t.Errorf("POST = %d %s, want %d", a.status, a.body, want)
		}
	}
	for token, want := range map[string]int{viewerToken: http.StatusUnauthorized, canary + "-admin-viewer-new": http.StatusOK} {
		if a := r.request(http.MethodGet, "/admin/v1/tenants", token, nil); a.status != want {
			t.Errorf("GET tenants = %d, want %d", a.status, want)
		}
	}
	const renewed = canary + "-omnium-renewed"
	h.omnium.RotateSecret(renewed)
	h.env["OMNIUM_SECRET"] = renewed
	r.reload()
	h.env["WEBHOOK_TOKEN"] = webhookToken
	r.reload()
	h.rename("cup", "Mugge")
	r.deliver(h.changed("cup"))
	h.settled()
	r.stop()
}

// What can change changes, what cannot is named, and the configuration is shown as it is then.
func TestReloadOfSettings(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.start()
	h.rewrite("level: debug", "level: error")
	h.rewrite("maxAttempts: 12", "maxAttempts: 7")
	h.rewrite("requestsPerSecond: 5000\n  burst", "requestsPerSecond: 4000\n  burst")
	h.rewrite("/0", "/1")
	h.rewrite(`listen: "127.0.0.1:0"`, `listen: "127.0.0.1:8080"`)
	h.rewrite("drainDelay: 0s", "drainDelay: 1s")
	got := r.reload()
	if want := []string{"server.listen", "server.drainDelay", "redis.url", "queue.maxAttempts"}; !slices.Equal(got.NeedsRestart, want) || len(got.Changed) > 0 {
		t.Errorf("reload = %+v, want %v to need a restart and no tenant changed", got, want)
	}
	var shown struct {
		Settings []struct{ Path, Value string }
		Warnings []string
	}
	r.admin(http.MethodGet, "/config", nil, &shown)
	text := fmt.Sprint(shown)
	for _, want := range []string{
		"{flow.requestsPerSecond 4000}", "queue.maxAttempts: needs a restart; until then it is 12", "{log.level error}",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("GET config = %s, want %q in it", text, want)
		}
	}
	quiet := len(r.log.runs(func(entry) bool { return true }))
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r.deliver(h.changed("cup"))
	h.settled()
	if loud := len(r.log.runs(func(entry) bool { return true })); loud != quiet {
		t.Errorf("%d runs were logged at the level error, want none", loud-quiet)
	}
	r.stop()
}

// The signal does the same as the API.
func TestHangUpReloads(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	sweden2 := swedish(h)
	r := h.spawn()
	h.rewrite(sweden2, "")
	if err := r.process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	h.eventually("the tenant is gone", func() error {
		if a := r.request(http.MethodGet, "/admin/v1/tenants/fjell_se", adminToken, nil); a.status != http.StatusNotFound {
			return fmt.Errorf("GET = %d", a.status)
		}
		return nil
	})
	h.rewrite("queue:\n", "cue:\n")
	if err := r.process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	h.eventually("the problem is logged", func() error {
		said := r.log.find(func(e entry) bool { return strings.HasPrefix(e.Message, "configuration not reloaded") })
		if len(said) == 0 {
			return errors.New("it is not")
		}
		return nil
	})
	r.stop()
}

// A storm of events goes on while the configuration changes again and again: nothing is lost, nothing is
// pushed twice at a time, and nothing older after something newer.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	const products = 6
	h := newHarness(t)
	h.slow(15 * time.Millisecond)
	r, other := h.start(), h.start()
	versions := []string{h.configText(), strings.ReplaceAll(h.configText(), "timeout: 10s", "timeout: 9s")}
	var reloads sync.WaitGroup
	over := make(chan struct{})
	reloads.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-over:
				return
			default:
			}
			if err := os.WriteFile(h.config, []byte(versions[i%2]), 0o600); err != nil {
				t.Error(err)
			}
			for _, one := range []*replica{r, other} {
				if a := one.request(http.MethodPost, "/admin/v1/reload", adminToken, nil); a.status != http.StatusOK {
					t.Errorf("reload = %d %s %v, want 200", a.status, a.body, a.err)
					return
				}
			}
		}
	})
	h.storm(products, 0, 60, r, other)
	close(over)
	reloads.Wait()
	h.wantNoStaleness(products)
	for _, one := range []*replica{r, other} {
		if n := len(one.log.find(func(e entry) bool { return e.Message == "configuration reloaded" })); n < 5 {
			t.Errorf("reloads during the storm = %d, want some", n)
		}
		if lost := one.log.find(func(e entry) bool { return e.Message == leaseRanOut }); len(lost) > 0 {
			t.Errorf("leases that ran out = %+v, want none", lost)
		}
		one.stop()
	}
}
