package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/demo"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// noVariables is a shell without variables.
func noVariables(string) (string, bool) { return "", false }

func TestDemoAgrees(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), []string{"demo", "--once"}, noVariables, &stdout, &stderr)
	if err != nil {
		t.Fatalf("run(demo --once) = %v, want no error; output:\n%s%s", err, &stdout, &stderr)
	}
	for _, want := range []string{"fjell_no", "fjell_se", "17:00", "Flow agrees with Omnium, object by object."} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("run(demo --once) prints no %q:\n%s", want, &stdout)
		}
	}
	for _, unwanted := range []string{"✗", "\x1b", "\r"} {
		if strings.Contains(stdout.String(), unwanted) {
			t.Errorf("run(demo --once) prints %q:\n%s", unwanted, &stdout)
		}
	}
	if stderr.Len() > 0 {
		t.Errorf("run(demo --once) writes to stderr: %s", &stderr)
	}
}

func TestDemoTellsWhatDiffers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		spot func(*mapping.Unit)
		want string
	}{
		{"one øre too much", func(u *mapping.Unit) {
			if u.Product.PurchasePrice != nil {
				*u.Product.PurchasePrice++
			}
		}, "fjell_no products FF1001L purchasePrice: want 157455, got 157456"},
		{
			"no brand", func(u *mapping.Unit) { u.Brand, u.Product.BrandUID = nil, "" },
			"fjell_no brands s__lie: want something, got nothing",
		},
		{"one image less", func(u *mapping.Unit) { u.Media = u.Media[:len(u.Media)-1] }, "fjell_no images "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			broken := func(p *omnium.Product, o mapping.ProductOptions) (*mapping.MappedProduct, error) {
				m, err := mapping.Product(p, o)
				for i := range m.Units {
					test.spot(&m.Units[i])
				}
				return m, err
			}
			var stdout, stderr bytes.Buffer
			env := &environment{getenv: noVariables, stdout: &stdout, stderr: &stderr, mapProduct: broken}
			root := newRoot(env)
			root.SetArgs([]string{"demo", "--once"})
			err := root.ExecuteContext(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("demo --once with %s = %v, want an error with %q", test.name, err, test.want)
			}
			if !strings.Contains(stdout.String(), "✗ 06:00") {
				t.Errorf("demo --once with %s does not mark the step:\n%s", test.name, &stdout)
			}
		})
	}
}

// TestDemoTellsWhatElseDiffers runs the service with rules that are not the world's, all at once: each
// shows in another resource.
func TestDemoTellsWhatElseDiffers(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, rule, instead, want string }{
		{
			"the wrong figure of stock", `StockFigure: "available"`, `StockFigure: "physical"`,
			"fjell_se stock goteborg/goteborg/",
		},
		{
			"stock that is Flow's", `FlowStockMasterStores: "bergen"`, `FlowStockMasterStores: ""`,
			"fjell_no stock bergen/",
		},
		{
			"opening hours left out", `StoreOpeningHours: "week"`, `StoreOpeningHours: "none"`,
			"fjell_se stores goteborg openingHours: want [{",
		},
		{
			"orders instead of deliveries", `ExportDeliveryAsPo: "true"`, `ExportDeliveryAsPo: "false"`,
			"fjell_se purchase orders goteborg/PO2001: want nothing, got something",
		},
		{
			"no price lists of stores", `StorePriceListsInFlow: "true"`, `StorePriceListsInFlow: "false"`,
			"fjell_no price lists bergen: want something, got nothing",
		},
		{
			"another root of the groups", `ProductGroupRootId: "sortiment"`, `ProductGroupRootId: "tur"`,
			"fjell_no categories klaer: want nothing, got something",
		},
		{
			"no business customers", "    - IBusinessCustomerExporter\n", "",
			"fjell_no customers B1001: want something, got nothing",
		},
	}
	var rules []string
	for _, test := range tests {
		rules = append(rules, test.rule, test.instead)
	}
	differences := differencesWith(t, rules)
	for _, test := range tests {
		if !slices.ContainsFunc(differences, func(d demo.Difference) bool { return strings.HasPrefix(d.String(), test.want) }) {
			t.Errorf("the day with %s has the differences %v, want one that begins with %q", test.name, differences, test.want)
		}
	}
}

// differencesWith plays the day with other rules, each after the one that it replaces, until Flow
// differs, and returns in what.
func differencesWith(t *testing.T, rules []string) []demo.Difference {
	t.Helper()
	world, err := demo.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	}()
	file := string(world.Config())
	for rule := range slices.Chunk(rules, 2) {
		if strings.Count(file, rule[0]) != 1 {
			t.Fatalf("the configuration does not have %q once:\n%s", rule[0], file)
		}
		file = strings.Replace(file, rule[0], rule[1], 1)
	}
	cfg, err := config.Parse("demo", []byte(file), noVariables)
	if err != nil {
		t.Fatal(err)
	}
	env := &environment{getenv: noVariables, stdout: io.Discard, stderr: io.Discard}
	err = besideService(t.Context(), cfg, env, func(ctx context.Context, baseURL string) error {
		day := world.Day(baseURL, &demoSteps{out: io.Discard})
		defer day.Close()
		_, err := day.Play(ctx)
		return err
	})
	wrong, ok := errors.AsType[*demo.DisagreementError](err)
	if !ok {
		t.Fatalf("Play() with other rules = %v, want a disagreement", err)
	}
	return wrong.Report.Differences
}

// TestDemoEndsWithItsContext is not parallel: it looks for goroutines that are left over.
func TestDemoEndsWithItsContext(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out := &watched{find: "; Flow agrees\n", found: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"demo"}, noVariables, out, out) }()
	wait(t, out)
	followDirections(t, out.String())
	interrupt()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("run(demo) = %v after its context has ended, want no error", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("run(demo) goes on after its context has ended")
	}
}

func TestDemoInterruptedOnce(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out := &watched{find: "06:00", found: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"demo", "--once"}, noVariables, out, io.Discard) }()
	wait(t, out)
	interrupt()
	if err := <-ended; err == nil {
		t.Error("run(demo --once) = nil although the day was cut short, want an error")
	}
}

func wait(t *testing.T, out *watched) {
	t.Helper()
	select {
	case <-out.found:
	case <-time.After(3 * time.Minute):
		t.Fatalf("demo does not print %q; output:\n%s", out.find, out)
	}
}

// followDirections does what the demo tells its user to do.
func followDirections(t *testing.T, text string) {
	t.Helper()
	base := submatch(t, text, `POST (http://\S+)/webhooks/omnium`)
	tokens := regexp.MustCompile(`Bearer (\w+)`).FindAllStringSubmatch(text, -1)
	if len(tokens) != 2 {
		t.Fatalf("demo prints %d curl examples, want 2:\n%s", len(tokens), text)
	}
	event := submatch(t, text, `-d '(\{.*\})'`)
	requests := []struct{ method, path, token, body, want string }{
		{http.MethodGet, "/dashboard", "", "", "200"},
		{http.MethodGet, "/readyz", "", "", "200"},
		{http.MethodGet, "/metrics", "", "", "200"},
		{http.MethodGet, "/docs", "", "", "200"},
		{http.MethodGet, "/openapi.yaml", "", "", "200"},
		{http.MethodGet, "/admin/v1/tenants", tokens[0][1], "", "200"},
		{http.MethodPost, "/webhooks/omnium", tokens[1][1], event, "202"},
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, r := range requests {
		request, err := http.NewRequestWithContext(t.Context(), r.method, base+r.path, strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+r.token)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(response.StatusCode); got != r.want {
			t.Errorf("%s %s = %s, want %s", r.method, r.path, got, r.want)
		}
	}
}

func submatch(t *testing.T, text, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("demo prints nothing that matches %s:\n%s", pattern, text)
	}
	return found[1]
}

// watched tells when a text has been written to it.
type watched struct {
	find  string
	found chan struct{} // closed when it was

	mu   sync.Mutex
	text bytes.Buffer
	told bool
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if !w.told && strings.Contains(w.text.String(), w.find) {
		w.told = true
		close(w.found)
	}
	return len(p), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
