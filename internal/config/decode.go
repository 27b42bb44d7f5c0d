package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder turns YAML nodes into the structs of this package and remembers where every path stands.
// It goes on after a problem, so that one run finds them all.
type decoder struct {
	getenv func(string) (string, bool)
	// lines has the line of every key and list entry that was read.
	lines map[string]int
	// bad are the paths that a problem was reported for; rules about the value are skipped there,
	// because its place holds a default.
	bad map[string]bool

	problems, warnings []Problem
}

func newDecoder(getenv func(string) (string, bool)) *decoder {
	return &decoder{
		getenv: getenv,
		lines:  map[string]int{"": 1},
		bad:    make(map[string]bool),
	}
}

// nodeDecoder is a type that reads itself from a node.
type nodeDecoder interface {
	decode(d *decoder, n *yaml.Node, path string)
}

// fail reports a problem of the value at path, which is not judged any further.
func (d *decoder) fail(path, format string, args ...any) {
	d.bad[path] = true
	d.report(d.line(path), path, fmt.Sprintf(format, args...))
}

func (d *decoder) report(line int, path, message string) {
	d.problems = append(d.problems, Problem{Path: path, Line: line, Message: message})
}

// isBad reports whether path or a section around it is bad.
func (d *decoder) isBad(path string) bool {
	for {
		if d.bad[path] {
			return true
		}
		if path == "" {
			return false
		}
		path = parent(path)
	}
}

func (d *decoder) has(path string) bool { return d.lines[path] != 0 }

func (d *decoder) line(path string) int { return lineOf(d.lines, path) }

// lineOf is the line of the path, or of the closest section around it that is in the file.
func lineOf(lines map[string]int, path string) int {
	for path != "" && lines[path] == 0 {
		path = parent(path)
	}
	return max(lines[path], 1)
}

func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

func child(path, key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return !strconv.IsPrint(r) }) {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// document reads the only YAML document of raw. When it is no mapping, the path "" is bad.
func (d *decoder) document(raw []byte, into *file) {
	stream := yaml.NewDecoder(bytes.NewReader(raw))
	var root, more yaml.Node
	switch err := stream.Decode(&root); {
	case errors.Is(err, io.EOF):
		return
	case err != nil:
		d.syntax(err, raw)
		return
	case len(root.Content) == 0:
		return
	}
	if err := stream.Decode(&more); !errors.Is(err, io.EOF) {
		d.bad[""] = true
		d.report(max(more.Line, root.Line, 1), "", "the file must hold a single YAML document")
		return
	}
	d.value(reflect.ValueOf(into).Elem(), root.Content[0], "")
}

var (
	syntaxError   = regexp.MustCompile(`^line (\d+): (.*)`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
	// The library counts the lines of these messages, which its parser gives, from 0; those of its
	// scanner from 1.
	parserError = regexp.MustCompile(
		`^did not find expected (<document start>|node content|'-' indicator|key$|',' or)`)
)

// syntax reports what the YAML library says about text that is no YAML.
func (d *decoder) syntax(err error, raw []byte) {
	line, message := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := syntaxError.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
		if parserError.MatchString(message) {
			line++
		}
	}
	if m := unknownAnchor.FindStringSubmatch(message); m != nil {
		// The anchor may be a credential that lacks its quotes, so it is not shown.
		before, _, _ := bytes.Cut(raw, []byte("*"+m[1]))
		line = bytes.Count(before, []byte("\n")) + 1
		message = "unknown anchor; a value that begins with * must be quoted"
	}
	d.bad[""] = true
	d.report(line, "", "not valid YAML: "+message)
}

// value reads the node into v. Absent and empty sections leave the default that v holds.
func (d *decoder) value(v reflect.Value, n *yaml.Node, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if custom, ok := reflect.TypeAssert[nodeDecoder](v.Addr()); ok {
		custom.decode(d, n, path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(v, n, path)
	case reflect.Slice:
		d.list(v, n, path)
	case reflect.Map:
		d.stringMap(v, n, path)
	default:
		d.scalar(v, n, path)
	}
}

func (d *decoder) structure(v reflect.Value, n *yaml.Node, path string) {
	fields := make(map[string]reflect.Value, v.NumField())
	known := make([]string, 0, v.NumField())
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("yaml")
		fields[key] = v.Field(i)
		known = append(known, key)
	}
	d.entries(n, path, func(key, value *yaml.Node) {
		at := child(path, key.Value)
		field, ok := fields[key.Value]
		if !ok {
			d.fail(at, "unknown key%s", didYouMean(key.Value, known))
			return
		}
		d.value(field, value, at)
	})
}

// entries calls yield for each key of the mapping n, in file order. Repeated keys and keys that are
// no scalars are reported instead.
func (d *decoder) entries(n *yaml.Node, path string, yield func(key, value *yaml.Node)) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.fail(path, "must be a mapping of keys to values, not %s", kindOf(n))
		return
	}
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			d.report(key.Line, path, "a key must be plain text, not "+kindOf(key))
			continue
		}
		at := child(path, key.Value)
		if line := first[key.Value]; line != 0 {
			d.report(key.Line, at, fmt.Sprintf("duplicate key, first given at line %d", line))
			continue
		}
		first[key.Value] = key.Line
		d.lines[at] = key.Line
		yield(key, n.Content[i+1])
	}
}

func (d *decoder) list(v reflect.Value, n *yaml.Node, path string) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.fail(path, "must be a list, not %s", kindOf(n))
		return
	}
	items := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.lines[at] = item.Line
		d.value(items.Index(i), item, at)
	}
	v.Set(items)
}

func (d *decoder) stringMap(v reflect.Value, n *yaml.Node, path string) {
	m := make(map[string]string)
	d.entries(n, path, func(key, value *yaml.Node) {
		if t := d.text(value, child(path, key.Value)); !t.bad {
			m[key.Value] = t.s
		}
	})
	if len(m) > 0 {
		v.Set(reflect.ValueOf(m))
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.DocumentNode, yaml.ScalarNode, yaml.AliasNode:
	}
	return "a single value"
}
