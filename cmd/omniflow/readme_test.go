package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/flow"
)

var update = flag.Bool("update", false, "rewrite the generated part of the README")

// TestReadmeRoutes keeps the README's table of Flow operations equal to the one in the code.
func TestReadmeRoutes(t *testing.T) {
	t.Parallel()
	const path, begin, end = "../../README.md", "<!-- routes -->\n", "<!-- /routes -->"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(raw), begin)
	table, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s: markers %q and %q not found", path, begin, end)
	}
	want := routesTable()
	if table == want {
		return
	}
	if !*update {
		t.Fatalf("README's routes differ from flow.DefaultRoutes; run go test ./cmd/omniflow "+
			"-run TestReadmeRoutes -update\ngot:\n%s\nwant:\n%s", table, want)
	}
	if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o600); err != nil {
		t.Fatal(err)
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
