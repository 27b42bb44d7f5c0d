package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/omniflow/omniflow/internal/job"
)

// metricsPage lists every series; deploy/ checks its rules and its dashboard against it.
const metricsPage = "../../docs/metrics.md"

// documented is one row of that page.
type documented struct{ name, kind, labels, help string }

// description is how a prometheus.Desc prints itself.
var description = regexp.MustCompile(`^Desc\{fqName: "([^"]*)", help: "([^"]*)", unit: "", constLabels: \{\}, variableLabels: \{([^}]*)\}`)

func describe(t *testing.T, d *prometheus.Desc, kind string) documented {
	t.Helper()
	m := description.FindStringSubmatch(d.String())
	if m == nil {
		t.Fatalf("Desc = %s, want it as %s", d, description)
	}
	labels := strings.ReplaceAll(m[3], ",", ", ")
	return documented{name: m[1], kind: kind, labels: labels, help: m[2]}
}

// kindOf is the type of a series: the name of one that is read when scraped tells it.
func kindOf(c prometheus.Collector) string {
	switch c.(type) {
	case *prometheus.CounterVec:
		return "counter"
	case *prometheus.HistogramVec:
		return "histogram"
	default:
		return "gauge"
	}
}

// ownMetrics are all series of omniflow's own, sorted by name.
func ownMetrics(t *testing.T) []documented {
	t.Helper()
	var all []documented
	for _, c := range newMetrics().own() {
		descs := make(chan *prometheus.Desc, 1)
		c.Describe(descs)
		all = append(all, describe(t, <-descs, kindOf(c)))
	}
	for _, d := range scrapedDescs() {
		kind := "gauge"
		if strings.Contains(d.String(), `_total"`) {
			kind = "counter"
		}
		all = append(all, describe(t, d, kind))
	}
	slices.SortFunc(all, func(a, b documented) int { return cmp.Compare(a.name, b.name) })
	return all
}

// TestMetricsPage keeps the page equal to the code: names and labels are a contract.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- metrics -->\n", "<!-- /metrics -->"
	head, rest, ok := strings.Cut(string(raw), begin)
	table, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s: markers %q and %q not found", metricsPage, begin, end)
	}
	var want strings.Builder
	want.WriteString("| series | type | labels | |\n|---|---|---|---|\n")
	for _, m := range ownMetrics(t) {
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", m.name, m.kind, m.labels, m.help)
	}
	switch {
	case table == want.String():
	case *update:
		page := head + begin + want.String() + end + tail
		if err := os.WriteFile(metricsPage, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("%s differs from the code; run go test ./cmd/omniflow -run TestMetricsPage -update\ngot:\n%s\nwant:\n%s",
			metricsPage, table, want.String())
	}
}

// TestMetricsOfReplicas has two replicas and one leader: both tell the same of the catch-up, and what
// they print is what Prometheus recommends.
func TestMetricsOfReplicas(t *testing.T) {
	t.Parallel()
	h := newHarness(t, catchingUp)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	one, other := h.start(), h.start()
	one.deliver(h.changed("cup"))
	h.settled()
	for _, r := range []*replica{one, other} {
		h.eventually("a replica knows the lag", func() error {
			if r.metric(`omniflow_catchup_lag_seconds{resource="product",tenant="fjell_no"}`) == "" {
				return errors.New("no lag of products")
			}
			return nil
		})
		for series, want := range map[string]string{
			`omniflow_catchup_interval_seconds{resource="product"}`:                   "1",
			`omniflow_queue_lane_jobs{lane="bulk",state="delayed",tenant="fjell_no"}`: "0",
			`omniflow_queue_oldest_seconds{lane="live",tenant="fjell_no"}`:            "0",
			`omniflow_waiting_objects{tenant="fjell_no"}`:                             "0",
			`omniflow_waiting_oldest_seconds{tenant="fjell_no"}`:                      "0",
			`omniflow_redis_up`: "1",
		} {
			if got := r.metric(series); got != want {
				t.Errorf("%s = %q, want %s", series, got, want)
			}
		}
		r.wantMetricsLint()
	}
	leaders := one.metric("omniflow_catchup_leader") + other.metric("omniflow_catchup_leader")
	if leaders != "10" && leaders != "01" {
		t.Errorf("omniflow_catchup_leader of two replicas = %s, want one 1 and one 0", leaders)
	}
	// The leader's list may have been faster than the event.
	events := `omniflow_tenant_events_total{resource="product",result=%q,tenant="fjell_se"}`
	if got := one.metric(fmt.Sprintf(events, "accepted")) + one.metric(fmt.Sprintf(events, "coalesced")); got != "1" {
		t.Errorf("events of a tenant = %q, want 1", got)
	}
}

// wantMetricsLint has promtool judge what is served.
func (r *replica) wantMetricsLint() {
	r.Helper()
	promtool, found := tool(r.T, "promtool")
	if !found {
		return
	}
	a := r.get("/metrics")
	if a.status != http.StatusOK {
		r.Fatalf("GET /metrics = %d %v, want 200", a.status, a.err)
	}
	cmd := exec.Command(promtool, "check", "metrics")
	cmd.Stdin = bytes.NewReader(a.body)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		r.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// tool finds a program that only some machines have; with OMNIFLOW_TEST_TOOLS=require, as in CI, it must
// be there.
func tool(t *testing.T, name string) (string, bool) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path, true
	}
	if os.Getenv("OMNIFLOW_TEST_TOOLS") == "require" {
		t.Fatalf("%s: %v; scripts/setup.sh installs it", name, err)
	}
	t.Logf("%s is not there: what needs it was not tested", name)
	return "", false
}

func TestReasonLabelIsAWord(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ result, reason, want string }{
		{"", "uid_collision", "uid_collision"},
		{"", "flow_refused_409", "flow_refused_409"},
		{"", "", ""},
		{job.Rekeyed, "alias_of_jacket", "alias"},
		{job.Skipped, "object 4711", "other"},
		{job.Skipped, strings.Repeat("a", 49), "other"},
	} {
		if got := reasonLabel(job.Outcome{Result: tt.result, Reason: tt.reason}); got != tt.want {
			t.Errorf("reasonLabel(%q, %q) = %q, want %q", tt.result, tt.reason, got, tt.want)
		}
	}
}
