package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

const root = "../.."

// pages are the Markdown files by their paths below the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "bench/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			path, _ := filepath.Rel(root, name)
			found[filepath.ToSlash(path)] = string(raw)
		}
	}
	return found
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestDocsLinks follows every link from one file of the repository to another, to its heading too.
func TestDocsLinks(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for from, text := range all {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			path, heading, _ := strings.Cut(m[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			to := from
			if path != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(from), path))
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: link to %s: no such file", from, m[1])
			}
			if heading != "" && !slices.Contains(anchors(all[to]), heading) {
				t.Errorf("%s: link to %s: %s has no such heading", from, m[1], to)
			}
		}
	}
}

// anchors are what GitHub makes of the headings of a page.
func anchors(page string) []string {
	var list []string
	for line := range strings.Lines(page) {
		heading := strings.TrimLeft(line, "#")
		if heading == line || !strings.HasPrefix(heading, " ") {
			continue
		}
		list = append(list, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			default:
				return -1
			}
		}, strings.TrimSpace(heading)))
	}
	return list
}

var (
	command = regexp.MustCompile("(?:^|`|\\s)(?:bin/omniflow|go run \\./cmd/omniflow|omniflow) ([a-z][^`#\n]*)")
	target  = regexp.MustCompile("(?m)(?:^|`)make ([a-z]+)")
	code    = regexp.MustCompile("(?s)```sh\n.*?```|`[^`\n]+`")
)

// TestDocsCommands looks up every command and every make target that the pages quote.
func TestDocsCommands(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range pages(t) {
		for _, span := range code.FindAllString(text, -1) {
			for _, m := range command.FindAllStringSubmatch(span, -1) {
				checkCommand(t, name, strings.Fields(m[1]))
			}
			for _, m := range target.FindAllStringSubmatch(span, -1) {
				if !strings.Contains(string(makefile), "\n"+m[1]+":") {
					t.Errorf("%s: make %s: the Makefile has no such target", name, m[1])
				}
			}
		}
	}
}

func checkCommand(t *testing.T, page string, words []string) {
	t.Helper()
	commands := newRoot(&environment{getenv: someValue})
	commands.InitDefaultCompletionCmd()
	found, rest, err := commands.Find(words)
	if err != nil || !found.Runnable() && len(rest) > 0 {
		t.Errorf("%s: omniflow %s: no such command", page, strings.Join(words, " "))
		return
	}
	for _, word := range rest {
		name, isLong := strings.CutPrefix(word, "--")
		if isLong && found.Flags().Lookup(name) == nil {
			t.Errorf("%s: omniflow %s has no flag %s", page, found.Name(), word)
		}
	}
}

var route = regexp.MustCompile("`(GET|POST|PUT|DELETE) (/(?:admin|webhooks|healthz|readyz|metrics|openapi)[^`?]*)`")

// TestDocsRoutes looks up every route of ours that the pages quote.
func TestDocsRoutes(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile(filepath.Join(root, "openapi", "omniflow.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range pages(t) {
		for _, m := range route.FindAllStringSubmatch(text, -1) {
			_, path, ok := strings.Cut(string(contract), "\n  "+m[2]+":\n")
			path, _, _ = strings.Cut(path, "\n  /")
			if !ok || !strings.Contains("\n"+path, "\n    "+strings.ToLower(m[1])+":") {
				t.Errorf("%s: %s %s is not in openapi/omniflow.yaml", name, m[1], m[2])
			}
		}
	}
}

// TestDocsWords wants every word that a run, an event or a dead letter can end with to be explained.
func TestDocsWords(t *testing.T) {
	t.Parallel()
	all := pages(t)
	docs := all["docs/mapping.md"] + all["docs/operations.md"] + all["docs/configuration.md"]
	words := map[string]string{}
	for _, pattern := range []string{
		"internal/reconcile/*.go", "internal/mapping/*.go", "internal/worker/*.go", "internal/queue/*.go",
		"internal/omnium/operations.go", "api/place.go",
	} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				wordsOf(t, file, words)
			}
		}
	}
	if len(words) < 80 {
		t.Errorf("only %d words were found in the code, want all", len(words))
	}
	for _, word := range slices.Sorted(maps.Keys(words)) {
		if !strings.Contains(docs, "`"+word+"`") {
			t.Errorf("%s: %q is in no page below docs/", words[word], word)
		}
	}
}

// notWords are what looks like a word of an outcome and is none: namespaces, and fields of the log. The
// kinds of repairs are for the log only.
var notWords = regexp.MustCompile(`^(price_|product_group|purchase_order|store_defaults|store_name|category_class|object_id|event_id|` +
	`took_ms|behind_event_ms|lease.*|.*_without_.*|wrong_lane|due_.*|job_and_dead_letter)$`)

var wordPattern = regexp.MustCompile(`^[a-z]+(_[a-z]+)+_?$|^[a-z]+_$`)

// wordsOf collects the words of a file: what the constructors of outcomes are called with, constants that
// are named for it, and whatever else is spelled like one.
func wordsOf(t *testing.T, file string, words map[string]string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	note := func(e ast.Expr, sure bool) {
		literal, ok := e.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return
		}
		word, _ := strconv.Unquote(literal.Value)
		word, _, _ = strings.Cut(word, "%") // what follows is a status or a kind
		if (sure || wordPattern.MatchString(word)) && word != "" && !notWords.MatchString(word) {
			words[word] = strings.TrimPrefix(filepath.ToSlash(file), root+"/")
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if at := wordArgument(n); at >= 0 && at < len(n.Args) {
				note(n.Args[at], true)
			}
		case *ast.ValueSpec:
			name := n.Names[0].Name
			if strings.HasPrefix(name, "Reason") || strings.HasPrefix(name, "Ignored") || strings.HasPrefix(name, "Parked") {
				note(n.Values[0], true)
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && (key.Name == "reason" || key.Name == "Reason") {
				note(n.Value, true)
			}
		case *ast.AssignStmt:
			if field, ok := n.Lhs[0].(*ast.SelectorExpr); ok && field.Sel.Name == "reason" {
				note(n.Rhs[0], true)
			}
		case *ast.BasicLit:
			note(n, false)
		}
		return true
	})
}

// wordArgument is which argument of a call is a word; -1 when none is.
func wordArgument(call *ast.CallExpr) int {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		if pkg, ok := f.X.(*ast.Ident); ok && pkg.Name == "job" {
			name = "job." + f.Sel.Name
		}
	}
	switch name {
	case "skip", "skipped", "job.Bury", "job.Fail", "job.Suspend":
		return 0
	case "job.Snooze", "job.Defer":
		return 1
	default:
		return -1
	}
}
