package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var named = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`")

// TestDocsProofs looks up every test that a page names: a claim whose proof has gone is none.
func TestDocsProofs(t *testing.T) {
	t.Parallel()
	var tests strings.Builder
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		tests.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	proofs := 0
	for from, text := range pages(t) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if proofs++; !strings.Contains(tests.String(), "\nfunc "+m[1]+"(") {
				t.Errorf("%s: there is no %s", from, m[1])
			}
		}
	}
	if proofs < 20 {
		t.Errorf("pages name %d tests, want those of SECURITY.md", proofs)
	}
}
