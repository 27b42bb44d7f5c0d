package main

import (
	"flag"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

var pictures = flag.Bool("pictures", false, "rewrite the pictures of the dashboard in docs/images")

// TestDashboard looks at the dashboard with a person's eyes and hands, in a real browser.
func TestDashboard(t *testing.T) {
	t.Parallel()
	b, ok := chromium(t)
	if !ok {
		return
	}
	t.Run("an ordinary night", func(t *testing.T) { ordinaryNight(t, b) })
	t.Run("settling dead letters", func(t *testing.T) { settlingLetters(t, b) })
	t.Run("synchronising", func(t *testing.T) { synchronising(t, b) })
	t.Run("outages", func(t *testing.T) { outages(t, b) })
}

// shop has products in both tenants, dead letters of two reasons in Norway, an event that nobody takes
// and a body that is no event, and some hours of history for the charts.
func shop(t *testing.T) (*harness, *replica) {
	t.Helper()
	h := newHarness(t)
	h.fails(http.StatusUnprocessableEntity, func(r flowtest.Request) bool {
		return r.Tenant == string(norway) && strings.HasPrefix(r.ProductUID, "odd")
	})
	r := h.start()
	h.omnium.PutProduct(jacket("skare"))
	r.deliver(h.changed("skare"))
	for i := range 4 {
		id := fmt.Sprintf("odd%d", i)
		h.omnium.PutProduct(simple(id, "Odd "+id))
		r.deliver(h.changed(id))
	}
	// Two ids that fall on one uid: the second is a dead letter.
	for _, id := range []string{"lue-1", "lue1"} {
		h.omnium.PutProduct(simple(id, "Lue"))
		r.deliver(h.changed(id))
		h.eventually("one after the other", h.drained)
	}
	r.deliver([]byte(`{"className":"Product","objectId":"<img src=x onerror=alert(1)>","market":"FIN","category":"Updated"}`))
	r.post([]byte(`<xml>not an event</xml>`))
	h.eventually("all jobs are done", h.drained)
	h.past(norway, 40)
	h.past(sweden, 12)
	return h, r
}

// past fills the charts with what three hours of an ordinary day would have left.
func (h *harness) past(id tenant.ID, busy int) {
	h.Helper()
	rdb := h.redis.Client()
	now := time.Now().UTC()
	for back := 1; back < 180; back++ {
		minute := now.Add(-time.Duration(back) * time.Minute)
		key := fmt.Sprintf("omniflow:{%s}:samples:%s", id, minute.Format("2006010215"))
		wave := int(float64(busy) * (1 + math.Sin(float64(back)/17) + math.Sin(float64(back)*2.3)/4) / 2)
		field := func(name string) string { return fmt.Sprintf("%02d:%s", minute.Minute(), name) }
		waiting, failed := wave/6, 0
		if hiccup := 75 - back; hiccup > 0 && hiccup < 20 {
			waiting, failed = min(hiccup, 2*(20-hiccup))*busy/4, busy/6
		}
		err := rdb.HSet(h.Context(), key, field("pushed"), busy/2+wave, field("agreed"), wave/2, field("failed"), failed,
			field("depth"), fmt.Sprintf("%d 0 2 0 0", waiting)).Err()
		if err != nil {
			h.Fatal(err)
		}
	}
}

func ordinaryNight(t *testing.T, b *browser) {
	h, r := shop(t)

	t.Run("a wrong token", func(t *testing.T) {
		p := b.open(t, r, wide())
		p.do(navigate(r.url+"/dashboard"), typeInto(`input[name=token]`, "no-such-token"))
		p.press("Sign in")
		p.sees("This token is not known.")
		p.audited("signing in")
	})

	t.Run("viewers look", func(t *testing.T) {
		p := b.open(t, r, wide())
		p.signIn(viewerToken)
		p.sees("Worth a look: fjell_no: 5 dead letters")
		p.sees("5 dead letters")
		p.is("charts are drawn", `document.querySelectorAll("svg .pushed").length > 50`)
		p.sees("live")
		p.audited("tenants")
		for _, action := range []string{"Pause", "Replay", "Discard"} {
			p.hasnt(action)
		}
		p.visit("#/dead-letters")
		p.sees("flow_refused_422")
		p.sees("uid_collision")
		p.hasnt("Replay all")
		p.audited("dead letters")
		if keeps := ask[string](p, `document.cookie + JSON.stringify(localStorage) + location.href`); strings.Contains(keeps, viewerToken) {
			t.Errorf("the token is kept in %s", keeps)
		}
	})

	t.Run("operators see buttons", func(t *testing.T) {
		p := b.open(t, r, wide())
		p.signIn(adminToken)
		p.press("Pause fjell_se…")
		p.sees("No more jobs are started")
		p.press("Pause")
		p.sees("Paused by an operator")
		var now struct{ Paused bool }
		if r.admin(http.MethodGet, "/tenants/"+string(sweden), nil, &now); !now.Paused {
			t.Error("fjell_se is not paused")
		}
		p.press("Resume fjell_se")
		p.sees("fjell_se is resumed.")
		p.is("the pause is over", `!document.querySelector("[data-tenant=fjell_se]").innerText.includes("Paused")`)
	})

	t.Run("an object", func(t *testing.T) {
		p := b.open(t, r, wide())
		p.signIn(adminToken)
		p.press("Find an object")
		p.do(typeInto(`input[name=id]`, "skare"))
		p.press("Find")
		p.sees("product skare")
		p.sees("pushed")
		p.sees("This is all that is remembered.")
		p.audited("an object")
		p.press("Preview")
		p.sees("What would be sent now")
		p.sees("0 requests to Flow. Nothing was written.")
		h.omnium.PatchProduct("skare", func(p *omnium.Product) { p.Variants[0].Name = "Skarejakke" })
		p.press("Preview")
		p.sees("- name: ")
		p.sees("The whole body")
		p.audited("a preview")
		p.keep("object")
		p.press("Synchronise now")
		p.sees("The object is queued.")
		p.is("the run is shown", `document.querySelectorAll("#object tbody tr").length > 2`) // by the stream
		p.visit("#/object/fjell_no/product/never-seen")
		p.sees("Nothing is known about this object")
	})

	t.Run("events as they happen", func(t *testing.T) {
		p := b.open(t, r, wide())
		p.signIn(viewerToken)
		p.press("Events")
		p.sees("no tenant takes it")
		p.sees("<img src=x onerror=alert(1)>") // as text, as everything that comes from outside
		p.press(ask[string](p, `[...document.querySelectorAll(".rejected summary")][0].innerText.trim()`))
		p.sees("<xml>not an event</xml>")
		p.audited("events")
		h.rename("lue-1", "Vinterlue")
		r.deliver(h.changed("lue-1"))
		p.is("the push is shown", `[...document.querySelectorAll("tbody tr")].slice(0, 3).some((r) => /pushed\s+product lue-1/.test(r.innerText))`)
	})

	t.Run("synchronisations", func(t *testing.T) {
		p := b.open(t, r, wide())
		p.signIn(adminToken)
		p.press("Synchronisations")
		p.is("there is an answer", `!document.querySelector("main").innerText.includes("Asking")`)
		p.audited("synchronisations")
	})

	t.Run("the API's description", func(t *testing.T) {
		p := b.open(t, r, wide())
		p.do(navigate(r.url + "/docs"))
		p.sees("Take in change notifications")
		p.press("BulkRequest")
		p.is("the link leads there", `location.hash === "#schema-BulkRequest"`)
		p.audited("docs")
	})

	for name, s := range map[string]screen{
		"dark":          {width: 1280, height: 900, dark: true},
		"a telephone":   {width: 360, height: 740},
		"dark and tiny": {width: 320, height: 600, dark: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := b.open(t, r, s)
			p.do(navigate(r.url + "/dashboard"))
			p.audited("signing in")
			p.signIn(adminToken)
			for _, view := range []string{"", "dead-letters", "object/fjell_no/product/skare", "syncs", "events"} {
				p.visit("#/" + view)
				p.is("there is an answer", `!document.querySelector("main").innerText.includes("Asking")`)
				p.audited(view)
			}
			p.do(navigate(r.url + "/docs"))
			p.audited("docs")
		})
	}

	t.Run("pictures", func(t *testing.T) {
		if *pictures {
			takePictures(t, b, r)
		}
	})
	r.stop()
}

// takePictures makes what the documents show.
func takePictures(t *testing.T, b *browser, r *replica) {
	for name, s := range map[string]screen{
		"dashboard-light": {width: 1200, height: 640}, "dashboard-dark": {width: 1200, height: 640, dark: true},
		"dead-letters": {width: 1200, height: 760},
	} {
		p := b.open(t, r, s)
		p.signIn(adminToken)
		p.is("charts are drawn", `document.querySelectorAll("svg .pushed").length > 50`)
		p.sees("live")
		if name == "dead-letters" {
			p.visit("#/dead-letters")
			p.sees("uid_collision")
		}
		p.keep(name)
	}
}

// keep rewrites a picture in docs/images when that was asked for.
func (p *tab) keep(name string) {
	p.Helper()
	if !*pictures {
		return
	}
	path := filepath.Join("..", "..", "docs", "images", name+".png")
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(path, p.picture(), 0o600); err != nil {
		p.Fatal(err)
	}
}
