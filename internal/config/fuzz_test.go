package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/config"
)

// FuzzParse checks that any text gives a configuration that can be described, or an *Error with
// problems, each on one line, and that no value from the environment shows in either.
func FuzzParse(f *testing.F) {
	example, err := os.ReadFile(filepath.Join("testdata", "example.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add(document(byGroup + "marketGroups: [{ group: a, properties: { DefaultTenantUid: x } }]"))
	f.Add(document(`redis: { url: "redis-sentinel://u:p@a,b/m/1" }`))
	f.Add([]byte("markets: &m [*m]\nmarketGroups: [{ markets: *m }]"))
	f.Add([]byte("a: &a {b: *a}\nlog: *a\n? {}\n: x"))
	const secret = "Zq7-secret"
	getenv := func(name string) (string, bool) { return secret, name != "UNSET" }
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := config.Parse("f.yaml", raw, getenv)
		if err == nil {
			if err := c.Describe(&strings.Builder{}); err != nil {
				t.Errorf("Describe() = %v, want no error", err)
			}
			return
		}
		refused, ok := errors.AsType[*config.Error](err)
		if !ok || len(refused.Problems) == 0 {
			t.Fatalf("Parse() = %v, want an *Error with problems", err)
		}
		if strings.Contains(err.Error(), secret) && !strings.Contains(string(raw), secret) {
			t.Errorf("Parse() shows a value from the environment: %v", err)
		}
		if got := strings.Count(err.Error(), "\n") + 1; got != len(refused.Problems) {
			t.Errorf("Parse() = %q: %d lines, want %d", err, got, len(refused.Problems))
		}
	})
}
