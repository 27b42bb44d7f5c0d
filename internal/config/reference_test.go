package config

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/omniflow/omniflow/internal/tenant"
)

var update = flag.Bool("update", false, "rewrite the generated tables of docs/configuration.md")

// TestReference keeps docs/configuration.md equal to the code: keys, types, bounds and defaults come from
// the structs and their validation, the descriptions from the comments.
func TestReference(t *testing.T) {
	t.Parallel()
	const path = "../../docs/configuration.md"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, comments := string(raw), commentsOf(t)
	for name, want := range map[string]string{
		"keys":            keyTable(t, comments),
		"properties":      propertyTable(t, comments),
		"implementations": implementationTable(),
	} {
		begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
		head, rest, ok := strings.Cut(text, begin)
		got, tail, closed := strings.Cut(rest, end)
		switch {
		case !ok || !closed:
			t.Fatalf("%s: markers %q and %q not found", path, begin, end)
		case *update:
			text = head + begin + want + end + tail
		case got != want:
			t.Errorf("%s: the table of %s differs from the code; run go test ./internal/config -run TestReference "+
				"-update\ngot:\n%s\nwant:\n%s", path, name, got, want)
		}
	}
	if !*update || text == string(raw) {
		return
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// commentsOf are the comments of the package's struct fields, under "struct.field", and of its constants,
// under their names.
func commentsOf(t *testing.T) map[string]string {
	t.Helper()
	comments := map[string]string{}
	for _, name := range []string{"file.go", "sections.go", "property.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				fields(n, comments)
			case *ast.ValueSpec:
				comments[n.Names[0].Name] = described(n.Names[0].Name, n.Doc.Text())
			}
			return true
		})
	}
	return comments
}

func fields(n *ast.TypeSpec, comments map[string]string) {
	s, ok := n.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range s.Fields.List {
		for _, name := range field.Names {
			comments[n.Name.Name+"."+name.Name] = described(name.Name, field.Doc.Text())
		}
	}
}

// described turns "Name is the size of something." into "The size of something.".
func described(name, comment string) string {
	text := strings.Join(strings.Fields(comment), " ")
	text = strings.TrimPrefix(text, name+" ")
	for _, verb := range []string{"is ", "are "} {
		text = strings.TrimPrefix(text, verb)
	}
	for i, r := range text {
		return string(unicode.ToUpper(r)) + text[i+len(string(r)):]
	}
	return ""
}

// keyTable has one row for every key outside the properties, in the order of the file.
func keyTable(t *testing.T, comments map[string]string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| key | value | default | |\n|---|---|---|---|\n")
	for _, k := range keysOf("", reflect.ValueOf(defaults())) {
		doc := comments[k.comment]
		if doc == "" {
			t.Errorf("%s has no comment, which %s needs in the reference", k.comment, k.path)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.path, k.kind, k.fallback, doc)
	}
	return b.String()
}

// key is a row of the reference.
type key struct{ path, comment, kind, fallback string }

// keysOf walks a section. What is itself a section has no row, but its keys have.
func keysOf(path string, section reflect.Value) []key {
	var keys []key
	for i := range section.NumField() {
		f, v := section.Type().Field(i), section.Field(i)
		at := child(path, f.Tag.Get("yaml"))
		rules := f.Tag.Get("validate")
		k := key{
			path: at, comment: section.Type().Name() + "." + f.Name,
			kind: kindIn(v.Type(), rules), fallback: fallback(v, rules),
		}
		switch elem := v.Type(); {
		case isSection(elem):
			keys = append(keys, keysOf(at, v)...)
		case elem.Kind() == reflect.Slice && isSection(elem.Elem()):
			keys = append(keys, k)
			keys = append(keys, keysOf(at+"[]", reflect.Zero(elem.Elem()))...)
		default:
			keys = append(keys, k)
		}
	}
	return keys
}

func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[text]()
}

// kindIn says in words what a value of a type may be.
func kindIn(t reflect.Type, rules string) string {
	switch {
	case t == reflect.TypeFor[properties]():
		return "map of [properties](#properties)"
	case t.Kind() == reflect.Slice && isSection(t.Elem()):
		return "list"
	case t.Kind() == reflect.Slice:
		return "list of " + kindIn(t.Elem(), "")
	case t.Kind() == reflect.Map:
		return "map of names to text"
	}
	return scalarKind(t, rules) + bounds(rules)
}

func scalarKind(t reflect.Type, rules string) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[tenant.Secret]():
		return "secret"
	case strings.Contains(rules, "oneof="):
		_, words, _ := strings.Cut(rules, "oneof=")
		words, _, _ = strings.Cut(words, ",")
		return "`" + strings.ReplaceAll(words, " ", "`, `") + "`"
	case strings.Contains(rules, "base_url"):
		return "URL"
	case strings.Contains(rules, "listen_address"):
		return "host:port"
	case t.Kind() == reflect.Bool:
		return "`true`, `false`"
	case t.Kind() == reflect.Float64:
		return "number"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64, t.Kind() == reflect.Uint32:
		return "whole number"
	default:
		return "text"
	}
}

var limit = regexp.MustCompile(`\b(min|max|gt)=(\w+)`)

func boundsOf(rules string) map[string]string {
	limits := map[string]string{}
	for _, m := range limit.FindAllStringSubmatch(rules, -1) {
		limits[m[1]] = m[2]
	}
	return limits
}

// bounds renders min and max. Those of a secret are of its length.
func bounds(rules string) string {
	limits := boundsOf(rules)
	unit := ""
	if strings.Contains(rules, "visible") {
		unit = " characters"
	}
	switch low, high := limits["min"], limits["max"]; {
	case low != "" && high != "":
		return ", " + low + " to " + high + unit
	case low != "":
		return ", at least " + low + unit
	case limits["gt"] != "" && high != "":
		return ", above " + limits["gt"] + ", at most " + high
	default:
		return ""
	}
}

// fallback renders the default; a required key has none.
func fallback(v reflect.Value, rules string) string {
	switch d, isDuration := reflect.TypeAssert[time.Duration](v); {
	case isDuration:
		return "`" + plainDuration(d) + "`"
	case v.Type() == reflect.TypeFor[text]():
		return quoted(v.Interface().(text).s)
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Map:
		return ""
	case slices.Contains(strings.Split(rules, ","), "required") && v.IsZero():
		return "required"
	case v.Kind() == reflect.String:
		return quoted(v.String())
	default:
		return fmt.Sprintf("`%v`", v)
	}
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// plainDuration leaves out the zeros at the end.
func plainDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// propertyTable has one row for every property, in the order of the constants.
func propertyTable(t *testing.T, comments map[string]string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| property | value | default | |\n|---|---|---|---|\n")
	for _, p := range propertyConstants(t) {
		rule, known := propertyRules()[p.key]
		if !known || comments[p.name] == "" {
			t.Errorf("constant %s has no rule or no comment", p.name)
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p.key, valueOf(rule), propertyDefault(p.key), comments[p.name])
	}
	fmt.Fprintf(&b, "| `%s<rate>` | text | | The VAT code of products whose price has that tax rate, for example "+
		"`VatCodeUid.15`. |\n", tenant.VATCodePrefix)
	return b.String()
}

// valueOf asks a rule what it wants.
func valueOf(rule propertyRule) string {
	for _, wrong := range []string{"?!", ""} {
		if _, wanted := rule(wrong); wanted != "" && wanted != "must not be empty" {
			return strings.TrimPrefix(wanted, "must be ")
		}
	}
	return "text"
}

func propertyDefault(key string) string {
	switch d, ok := defaultProperties()[key]; {
	case ok:
		return quoted(d.s)
	case slices.Contains(requiredProperties(nil), key):
		return "required"
	case slices.Contains(requiredProperties([]string{"purchase_order"}), key):
		return "required when purchase orders are exported"
	default:
		return ""
	}
}

// propertyConstants are the constants of property.go whose values are the known keys, in their order.
func propertyConstants(t *testing.T) []struct{ name, key string } {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "property.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var constants []struct{ name, key string }
	for _, decl := range f.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			v := spec.(*ast.ValueSpec)
			key := tenant.PropStockMaster
			if literal, ok := v.Values[0].(*ast.BasicLit); ok {
				key, _ = strconv.Unquote(literal.Value)
			}
			constants = append(constants, struct{ name, key string }{v.Names[0].Name, key})
		}
	}
	if len(constants) != len(propertyRules()) {
		t.Errorf("property.go has %d constants and %d rules, want one of each per property",
			len(constants), len(propertyRules()))
	}
	return constants
}

// implementationTable says which resources each implementation exports.
func implementationTable() string {
	var b strings.Builder
	b.WriteString("| implementation | resources |\n|---|---|\n")
	known := implementations()
	for _, name := range slices.Sorted(maps.Keys(known)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, "`"+strings.Join(known[name], "`, `")+"`")
	}
	return b.String()
}
