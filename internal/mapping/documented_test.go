package mapping_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedRulesAreKept checks that every golden pair and test that docs/coverage.md names exists, and
// that every rule there names one, or says that it is left out.
func TestDocumentedRulesAreKept(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/coverage.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testNames(t)
	test, pair := regexp.MustCompile("`(Test\\w+)`"), regexp.MustCompile("`([a-z_]+/[a-z_]+)`")
	rows := 0
	for line := range strings.Lines(string(raw)) {
		for _, m := range test.FindAllStringSubmatch(line, -1) {
			if !tests[m[1]] {
				t.Errorf("docs/coverage.md names the test %s, which does not exist", m[1])
			}
		}
		for _, m := range pair.FindAllStringSubmatch(line, -1) {
			if _, err := os.Stat(filepath.Join("testdata", filepath.FromSlash(m[1]), "omnium.json")); err != nil {
				t.Errorf("docs/coverage.md names a golden pair: %v", err)
			}
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| rule ") {
			continue
		}
		rows++
		kept := test.MatchString(line) || pair.MatchString(line)
		if !kept && !strings.Contains(line, "**left out**") {
			t.Errorf("docs/coverage.md: nothing keeps %s", line)
		}
	}
	if rows < 100 {
		t.Errorf("docs/coverage.md has %d rules, want more than a hundred", rows)
	}
}

// testNames are the tests of all packages.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names, declared := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, pattern := range []string{"../*/*_test.go", "../../cmd/*/*_test.go", "../../api/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(filepath.Clean(file))
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range declared.FindAllSubmatch(raw, -1) {
				names[string(m[1])] = true
			}
		}
	}
	return names
}
