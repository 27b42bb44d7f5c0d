package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/flow"
)

var update = flag.Bool("update", false, "rewrite the generated parts of documents")

// TestReadmeRoutes keeps the README's table of Flow operations equal to the one in the code.
func TestReadmeRoutes(t *testing.T) {
	t.Parallel()
	generated(t, "../../README.md", "routes", routesTable())
}

// generated fails the test unless the part of a file between the marks of a name is as wanted. With -update
// it writes the part instead.
func generated(t *testing.T, path, name, want string) {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(raw), begin)
	table, tail, closed := strings.Cut(rest, end)
	switch {
	case !ok || !closed:
		t.Fatalf("%s: markers %q and %q not found", path, begin, end)
	case table == want:
	case !*update:
		t.Fatalf("%s differs from the code; run go test ./cmd/omniflow -run %s -update\ngot:\n%s\nwant:\n%s",
			path, t.Name(), table, want)
	default:
		if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func routesTable() string {
	var b strings.Builder
	b.WriteString("| operation | method and path | evidence |\n|---|---|---|\n")
	for _, r := range flow.DefaultRoutes().Rows() {
		fmt.Fprintf(&b, "| `%s` | `%s %s` | %s |\n", r.Name, r.Method, r.Path, r.Evidence)
	}
	return b.String()
}

// TestReadmeConfiguration loads the configuration that the README shows.
func TestReadmeConfiguration(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "```yaml\n")
	sample, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md: no YAML sample found")
	}
	cfg, err := config.Parse("README.md", []byte(sample), someValue)
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Tenants) != 2 {
		t.Errorf("README's configuration has %d tenants, want 2", len(cfg.Tenants))
	}
}

// TestKubernetesConfiguration loads the configuration of the ConfigMap in deploy/kubernetes.
func TestKubernetesConfiguration(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../deploy/kubernetes/configmap.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var configMap struct{ Data map[string]string }
	if err := yaml.Unmarshal(raw, &configMap); err != nil {
		t.Fatal(err)
	}
	getenv := func(name string) (string, bool) {
		if name == "OMNIFLOW_REDIS_URL" {
			return "rediss://omniflow:secret@redis.example.internal:6379/0", true
		}
		return someValue(name)
	}
	cfg, err := config.Parse("configmap.yaml", []byte(configMap.Data["omniflow.yaml"]), getenv)
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Warnings) > 0 {
		t.Errorf("ConfigMap: %v, want no warning", cfg.Warnings)
	}
	if s := cfg.Server; s.ShutdownGrace != 20*time.Second || s.DrainDelay != 5*time.Second {
		t.Errorf("server = %+v: the manifests count on a grace of 20 s and a delay of 5 s", s)
	}
}

// TestExampleConfiguration keeps the example at the root equal to the one that internal/config tests.
func TestExampleConfiguration(t *testing.T) {
	t.Parallel()
	shown, err := os.ReadFile("../../omniflow.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tested, err := os.ReadFile("../../internal/config/testdata/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if string(shown) != string(tested) {
		t.Error("omniflow.example.yaml and internal/config/testdata/example.yaml differ")
	}
	if _, err := config.Parse("omniflow.example.yaml", shown, someValue); err != nil {
		t.Error(err)
	}
}

// someValue answers for every variable of the environment, each with a value of its own.
func someValue(name string) (string, bool) { return "value-of-" + name, true }
