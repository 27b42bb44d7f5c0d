package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// auditScript looks for what makes a page hard to use; it returns what it finds, in words.
//
//go:embed testdata/audit.js
var auditScript string

// browser is a running browser that tests share.
type browser struct{ ctx context.Context }

// chromium starts a browser without a window, or returns false where there is none; with
// OMNIFLOW_TEST_TOOLS=require, as in CI, that is a failure.
func chromium(t *testing.T) (*browser, bool) {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("OMNIFLOW_TEST_TOOLS") == "require" {
			t.Fatal("there is no Chromium, and OMNIFLOW_TEST_TOOLS requires it")
		}
		t.Logf("there is no Chromium: the dashboard is NOT tested in a browser")
		return nil, false
	}
	profile, err := os.MkdirTemp("", "omniflow-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoSandbox,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU,
		chromedp.WSURLReadTimeout(patience),
	}
	for _, flag := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-dev-shm-usage", "hide-scrollbars", "mute-audio",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	quiet := func(string, ...any) {} // a browser newer than the protocol says things that are not known yet
	ctx, stop := chromedp.NewContext(allocator, chromedp.WithErrorf(quiet))
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // in order, and waits for the process
		stop()
		stopAllocator()
		_ = os.RemoveAll(profile) // what the browser still holds is in a temporary folder
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &browser{ctx}, true
}

// tab is a page in a browser that nobody has used before.
type tab struct {
	*testing.T

	ctx context.Context
	url string // of the service

	mu         sync.Mutex
	complaints []string // of the browser
}

// screen is how a person looks at the page.
type screen struct {
	width, height int64
	dark          bool
}

func wide() screen { return screen{width: 1280, height: 900} }

// open opens a tab with no cookies and no storage. When the test ends, the browser must not have
// complained about anything.
func (b *browser) open(t *testing.T, r *replica, s screen) *tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	p := &tab{T: t, ctx: ctx, url: r.url}
	if err := chromedp.Listen(ctx, p.heard); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			p.keepPicture()
		}
		_ = chromedp.Cancel(ctx)
		stop()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, c := range p.complaints {
			t.Errorf("the browser complains: %s", c)
		}
	})
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	p.do(chromedp.EmulateViewport(s.width, s.height))
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	if err != nil {
		t.Fatalf("emulate a screen: %v", err)
	}
	return p
}

// heard keeps errors of scripts and of the policy. That requests were refused is not one: some tests
// want that.
func (p *tab) heard(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, fmt.Sprintf("%s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			p.complaints = append(p.complaints, fmt.Sprintf("console.%s: %+v", e.Type, e.Args))
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Source != cdplog.EntrySourceNetwork && e.Entry.Level == cdplog.EntryLevelError {
			p.complaints = append(p.complaints, e.Entry.Text)
		}
	}
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.Fatalf("%v; the page says:\n%s", err, p.says())
	}
}

// says is what a person can read.
func (p *tab) says() string {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// is waits until an expression is true.
func (p *tab) is(what, expression string) {
	p.Helper()
	deadline := time.Now().Add(patience)
	for {
		yes, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && yes {
			return
		}
		if time.Now().After(deadline) {
			p.Fatalf("%s: not after %v (%v); the page says:\n%s", what, patience, err, p.says())
		}
		<-time.After(20 * time.Millisecond)
	}
}

// sees waits until a text can be read, and hasnt wants one not to be there now.
func (p *tab) sees(text string) {
	p.Helper()
	p.is("sees "+text, fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

func (p *tab) hasnt(text string) {
	p.Helper()
	if strings.Contains(p.says(), text) {
		p.Errorf("the page says %q; want it not to:\n%s", text, p.says())
	}
}

// ask evaluates an expression.
func ask[T any](p *tab, expression string) T {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// press clicks on what a person would call so: a button, a link or a summary with exactly this text.
func (p *tab) press(text string) {
	p.Helper()
	p.do(chromedp.Click(fmt.Sprintf(
		`//*[self::button or self::a or self::summary][normalize-space()=%q or @aria-label=%q]`, text, text), chromedp.NodeVisible))
}

// key presses keys, as text or as those of package kb.
func (p *tab) key(keys string) {
	p.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// signIn opens the dashboard and types the token in.
func (p *tab) signIn(token string) {
	p.Helper()
	p.do(chromedp.Navigate(p.url+"/dashboard"),
		chromedp.SendKeys(chromedp.CSS(`input[name=token]`), token, chromedp.NodeVisible))
	p.press("Sign in")
	p.is("the tenants are there", `document.querySelector("[data-tenant]")`)
}

// visit goes to a view by its address.
func (p *tab) visit(hash string) {
	p.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("void (location.hash = %q)", hash)))
}

// audited wants a page that everybody can use.
func (p *tab) audited(what string) {
	p.Helper()
	for _, problem := range ask[[]string](p, auditScript) {
		p.Errorf("%s: %s", what, problem)
	}
}

// focused says which element has the focus, and whether that can be seen.
func (p *tab) focused() (name string, visible bool) {
	p.Helper()
	got := ask[[]string](p, `(() => {
		const e = document.activeElement, s = getComputedStyle(e);
		if (e === document.body) return ["BODY", ""];
		const name = e.getAttribute("aria-label") || e.innerText || e.labels?.[0]?.innerText || e.name || e.tagName;
		return [name.trim().split("\n")[0], String(s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 1)];
	})()`)
	return got[0], got[1] == "true"
}

// tabTo presses Tab until an element has the focus; each one on the way must show that it has it.
func (p *tab) tabTo(name string) {
	p.Helper()
	var way []string
	for range 80 {
		p.key("\t")
		now, visible := p.focused()
		way = append(way, now)
		if !visible && now != "BODY" {
			p.Errorf("the focus on %q cannot be seen", now)
		}
		if now == name {
			return
		}
	}
	p.Fatalf("Tab never reaches %q, but: %s", name, strings.Join(slices.Compact(way), ", "))
}

// picture returns what a person sees.
func (p *tab) picture() []byte {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Fatalf("take a picture: %v", err)
	}
	return png
}

// keepPicture saves what was seen when a test failed, where CI can be told to collect it.
func (p *tab) keepPicture() {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Logf("no picture: %v", err)
		return
	}
	path := filepath.Join(p.ArtifactDir(), "failed.png")
	if err := os.WriteFile(path, png, 0o600); err == nil {
		p.Logf("the page looked like %s", path)
	}
}
