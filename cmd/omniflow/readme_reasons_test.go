package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// TestReadmeReasons keeps the documented tables of reasons equal to the constants in the code.
func TestReadmeReasons(t *testing.T) {
	t.Parallel()
	generated(t, "../../docs/reasons.md", "reasons", reasonsTable(t))
}

// reasonsTable has a row for every constant whose name says that it is a reason.
func reasonsTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, group := range []struct {
		title string
		files []string
	}{
		{"", []string{"reconcile/reasons.go"}},
		{
			"Reasons of dead letters of objects that cannot be mapped.",
			[]string{"mapping/mapping.go", "mapping/category.go", "mapping/purchase_order.go"},
		},
	} {
		if group.title != "" {
			fmt.Fprintf(&b, "\n%s\n\n| reason | |\n|---|---|\n", group.title)
		}
		for _, file := range group.files {
			writeReasons(t, &b, "../../internal/"+file, group.title == "")
		}
	}
	return strings.TrimPrefix(b.String(), "\n") + "\n"
}

// writeReasons writes the rows of one file; with titles, what is said about a group of constants comes
// before them.
func writeReasons(t *testing.T, b *strings.Builder, file string, titles bool) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range parsed.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		if titles {
			fmt.Fprintf(b, "\n%s\n\n| reason | |\n|---|---|\n", strings.ReplaceAll(strings.TrimSpace(group.Doc.Text()), "\n", " "))
		}
		for _, spec := range group.Specs {
			writeReason(t, b, spec.(*ast.ValueSpec))
		}
	}
}

func writeReason(t *testing.T, b *strings.Builder, v *ast.ValueSpec) {
	t.Helper()
	if !strings.HasPrefix(strings.ToLower(v.Names[0].Name), "reason") {
		return
	}
	word, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
	if err != nil || v.Comment == nil {
		t.Fatalf("%s: %v, or no comment", v.Names[0].Name, err)
	}
	if strings.HasSuffix(word, "_") {
		word += "…"
	}
	fmt.Fprintf(b, "| `%s` | %s |\n", word, strings.TrimSpace(v.Comment.Text()))
}
