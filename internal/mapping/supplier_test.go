package mapping_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// situations are the directories of golden pairs of a resource.
func situations(t *testing.T, resource string) []string {
	t.Helper()
	dirs, err := filepath.Glob("testdata/" + resource + "/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("Glob(testdata/%s/*) = %d situations, %v; want some", resource, len(dirs), err)
	}
	return dirs
}

func TestSupplierGolden(t *testing.T) {
	t.Parallel()
	for _, dir := range situations(t, "supplier") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			var s omnium.Supplier
			readJSON(t, filepath.Join(dir, "omnium.json"), &s)
			got, err := mapping.Supplier(&s)
			if err != nil {
				golden(t, dir, "error.json", refusal(t, err))
				return
			}
			golden(t, dir, "flow.json", got)
		})
	}
}

// refusal is an error as the golden files show it.
func refusal(t *testing.T, err error) map[string]string {
	t.Helper()
	e, ok := errors.AsType[*mapping.Error](err)
	if !ok {
		t.Fatalf("error = %T, want *mapping.Error", err)
	}
	return map[string]string{"reason": e.Reason, "detail": e.Detail}
}
