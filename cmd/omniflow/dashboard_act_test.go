package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func navigate(url string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(url) }

func typeInto(selector, text string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible)
}

// settlingLetters replays and discards, once with the mouse and once with nothing but the keyboard.
func settlingLetters(t *testing.T, b *browser) {
	h, r := shop(t)

	t.Run("by keyboard", func(t *testing.T) {
		p := b.open(t, r, wide())
		p.do(navigate(r.url + "/dashboard"))
		p.tabTo("Admin token")
		p.key(adminToken + kb.Enter)
		p.is("the tenants are there", `document.querySelector("[data-tenant]")`)
		p.tabTo("Dead letters 6")
		p.key(kb.Enter)
		p.sees("Replay all flow_refused_422…")
		p.tabTo("Discard all flow_refused_422…")
		p.key(kb.Enter)
		p.sees("4 dead letters match.")
		if now, visible := p.focused(); now != "Cancel" || !visible {
			t.Errorf("the dialog's focus is on %q (visible: %t), want on Cancel", now, visible)
		}
		p.audited("a dialog")
		p.key(kb.Escape)
		p.is("the dialog is closed", `!document.querySelector("dialog").open`)
		if now, _ := p.focused(); now != "Discard all flow_refused_422…" {
			t.Errorf("the focus returns to %q, want to the button that asked", now)
		}
		if n := len(r.deadLetters(norway)); n != 5 {
			t.Fatalf("%d dead letters after Cancel, want all 5", n)
		}
		p.key(kb.Enter)
		p.sees("4 dead letters match.")
		p.key(kb.Tab)
		if now, _ := p.focused(); now != "Discard 4 dead letters" {
			t.Fatalf("Tab leads to %q, want to the action", now)
		}
		p.key(kb.Enter)
		p.sees("4 dead letters of fjell_no discarded.")
		p.is("the group is gone", `!document.querySelector("[data-reason=flow_refused_422]")`)
		if left := r.deadLetters(norway); len(left) != 1 || left[0].Reason != "uid_collision" {
			t.Errorf("dead letters = %+v, want the other reason's only", left)
		}
	})

	t.Run("by mouse", func(t *testing.T) {
		p := b.open(t, r, wide())
		p.signIn(adminToken)
		p.visit("#/dead-letters/fjell_no")
		p.press("Show 1 letter")
		p.press("Replay product lue1")
		p.sees("1 dead letter matches.")
		p.press("Replay 1 dead letter")
		p.sees("1 dead letter of fjell_no replayed.")
		h.eventually("it has died again", func() error { return h.drained() })
		p.sees("uid_collision") // by the stream
	})
	r.stop()
}

// outages are what somebody is woken up for.
func outages(t *testing.T, b *browser) {
	h := newHarness(t)
	r := h.start()
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r.deliver(h.changed("cup"))
	h.eventually("all jobs are done", h.drained)
	p := b.open(t, r, wide())
	p.signIn(adminToken)
	p.sees("All 2 tenants are fine")
	p.audited("all is fine")

	h.fails(503, about(norway))
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
		h.omnium.PutProduct(simple(id, id))
		r.deliver(h.changed(id))
	}
	p.is("the breaker is seen", `/Flow fails|being tried again/.test(document.body.innerText)`)
	p.is("the title says so", `document.title.startsWith("(1)")`)
	h.flow.SetFault(nil)
	p.sees("All 2 tenants are fine")

	h.redis.Kill()
	p.sees("Redis cannot be reached.")
	p.sees("What is shown is from")
	p.audited("Redis is away")
	h.redis.Restart()
	p.is("the banner goes", `!document.body.innerText.includes("Redis cannot be reached")`)
	p.sees("live")

	r.stop()
	p.sees("omniflow cannot be reached.")
	p.is("it is not called live", `document.querySelector("#link").innerText !== "live"`)
}
