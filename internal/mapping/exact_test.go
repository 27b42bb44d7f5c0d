package mapping_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoFloats keeps binary fractions out of everything that amounts go through.
func TestNoFloats(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 5 {
		t.Fatalf("Glob(*.go) = %v, %v; want the package's source", files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("ParseFile(%s): %v", name, err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if word := floating(n); word != "" {
				t.Errorf("%s uses %s", set.Position(n.Pos()), word)
			}
			return true
		})
	}
}

// floating names what makes a node a float; empty when nothing does.
func floating(n ast.Node) string {
	switch n := n.(type) {
	case *ast.Ident:
		switch n.Name {
		case "float32", "float64", "ParseFloat", "FormatFloat", "SetFloat64", "Float64", "Float32":
			return n.Name
		}
	case *ast.BasicLit:
		if n.Kind == token.FLOAT {
			return n.Value
		}
	case *ast.ImportSpec:
		if n.Path.Value == `"math"` {
			return "package math"
		}
	}
	return ""
}
