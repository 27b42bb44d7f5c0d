package deploy_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

// row is a line of the table of docs/metrics.md: name, type, labels.
var row = regexp.MustCompile("(?m)^\\| `(omniflow_[a-z_]+)` \\| (counter|gauge|histogram) \\| ([a-z, ]*) \\|")

// series are the documented ones by name, with their labels. A test of cmd/omniflow keeps the page equal
// to the code.
func series(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		// What a scrape adds.
		names := append(strings.FieldsFunc(m[3], func(c rune) bool { return c == ',' || c == ' ' }), "instance", "job")
		if m[2] != "histogram" {
			known[m[1]] = names
			continue
		}
		known[m[1]+"_count"], known[m[1]+"_sum"] = names, names
		known[m[1]+"_bucket"] = append(slices.Clone(names), "le")
	}
	if len(known) < 20 {
		t.Fatalf("docs/metrics.md: %d series found, want the whole table", len(known))
	}
	return known
}

// foreign are series of the Go runtime and of the process.
var foreign = []string{"process_cpu_seconds_total", "process_resident_memory_bytes", "go_goroutines"}

// checkQuery wants an expression to be PromQL about series and labels that exist.
func checkQuery(t *testing.T, known map[string][]string, where, query string) {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		t.Errorf("%s: %q: %v", where, query, err)
		return
	}
	used := map[string]bool{}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		v, ok := node.(*parser.VectorSelector)
		if !ok || slices.Contains(foreign, v.Name) {
			return nil
		}
		names, exists := known[v.Name]
		if !exists {
			t.Errorf("%s: series %s does not exist", where, v.Name)
		}
		for _, m := range v.LabelMatchers {
			if m.Name != "__name__" && !slices.Contains(names, m.Name) {
				t.Errorf("%s: series %s has no label %s", where, v.Name, m.Name)
			}
		}
		for _, name := range names {
			used[name] = true
		}
		return nil
	})
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if a, ok := node.(*parser.AggregateExpr); ok && !a.Without {
			for _, name := range a.Grouping {
				if !used[name] {
					t.Errorf("%s: grouped by %s, which no series in %q has", where, name, query)
				}
			}
		}
		return nil
	})
}

// alert is one rule.
type alert struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func alerts(t *testing.T) []alert {
	t.Helper()
	raw, err := os.ReadFile("prometheus/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string  `json:"name"`
			Rules []alert `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.UnmarshalStrict(raw, &file); err != nil {
		t.Fatal(err)
	}
	var all []alert
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// TestRules wants every alert to be about series that exist, to be tested, and to lead to the page that
// says what to do.
func TestRules(t *testing.T) {
	t.Parallel()
	tests, err := os.ReadFile("prometheus/rules_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// The page is checked once it is there.
	page, _ := os.ReadFile("../docs/operations.md")
	known := series(t)
	for _, a := range alerts(t) {
		checkQuery(t, known, a.Alert, a.Expr)
		if s := a.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s: severity %q, want page or ticket", a.Alert, s)
		}
		anchor := "/docs/operations.md#" + strings.ToLower(a.Alert)
		if url := a.Annotations["runbook_url"]; !strings.HasSuffix(url, anchor) {
			t.Errorf("%s: runbook_url %q, want it to end in %s", a.Alert, url, anchor)
		}
		if a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
			t.Errorf("%s: no summary or description", a.Alert)
		}
		if !strings.Contains(string(tests), `alertname="`+a.Alert+`"`) {
			t.Errorf("%s: rules_test.yaml never makes it fire", a.Alert)
		}
		if heading := regexp.MustCompile(`(?m)^#+ ` + a.Alert + `$`); len(page) > 0 && !heading.Match(page) {
			t.Errorf("%s: docs/operations.md has no heading of that name", a.Alert)
		}
	}
}

// TestRulesFire plays rules_test.yaml. With OMNIFLOW_TEST_TOOLS=require, as in CI, promtool must be there.
func TestRulesFire(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("OMNIFLOW_TEST_TOOLS") == "require" {
			t.Fatalf("%v; scripts/setup.sh installs it", err)
		}
		t.Log("promtool is not there: the rules were not played")
		return
	}
	for _, args := range [][]string{
		{"check", "rules", "prometheus/rules.yaml"}, {"test", "rules", "prometheus/rules_test.yaml"},
	} {
		if out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// panel is what is read of a dashboard's panel.
type panel struct {
	ID      int    `json:"id"`
	Type    string `json:"type"`
	Title   string `json:"title"`
	GridPos struct{ H, W, X, Y int }
	Targets []struct {
		Expr       string     `json:"expr"`
		Datasource datasource `json:"datasource"`
	} `json:"targets"`
}

type datasource struct {
	UID string `json:"uid"`
}

// fixedRange is a range that does not follow the zoom.
var fixedRange = regexp.MustCompile(`\[[0-9]`)

// TestDashboard wants the dashboard to be one that Grafana loads: distinct panels that do not overlap, with
// queries about series that exist, and every series to be on it.
func TestDashboard(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("grafana/omniflow.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title         string  `json:"title"`
		UID           string  `json:"uid"`
		SchemaVersion int     `json:"schemaVersion"`
		Panels        []panel `json:"panels"`
	}
	if err := json.Unmarshal(raw, &board); err != nil {
		t.Fatal(err)
	}
	if board.Title == "" || board.UID == "" || board.SchemaVersion < 30 || len(board.Panels) < 20 {
		t.Errorf("dashboard %q (%q, schema %d) has %d panels", board.Title, board.UID, board.SchemaVersion, len(board.Panels))
	}
	variables := strings.NewReplacer("$tenant", ".*", "$resource", ".*", "$__rate_interval", "5m")
	known := series(t)
	for i, p := range board.Panels {
		for _, q := range p.Targets {
			checkQuery(t, known, p.Title, variables.Replace(q.Expr))
			if q.Datasource.UID != "${datasource}" || fixedRange.MatchString(q.Expr) {
				t.Errorf("panel %q asks %q of %q, want the chosen source and the range of its steps", p.Title, q.Expr, q.Datasource.UID)
			}
		}
		if (p.Type == "row") != (len(p.Targets) == 0) {
			t.Errorf("panel %q is a %s with %d queries", p.Title, p.Type, len(p.Targets))
		}
		for _, other := range board.Panels[:i] {
			if p.ID == other.ID || overlap(p, other) {
				t.Errorf("panels %q and %q share an id or a place", p.Title, other.Title)
			}
		}
	}
	for name := range known {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count"), "_bucket")
		if !strings.Contains(string(raw), base) && base != "omniflow_catchup_interval_seconds" {
			t.Errorf("series %s is on no panel", name)
		}
	}
}

func overlap(a, b panel) bool {
	x, y := a.GridPos, b.GridPos
	return x.X < y.X+y.W && y.X < x.X+x.W && x.Y < y.Y+y.H && y.Y < x.Y+x.H
}
