package apidoc

import (
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is an OpenAPI document as it was written; the order of its parts counts.
type document struct {
	root *yaml.Node
	// lost is a reference that led nowhere; empty when there was none.
	lost string
}

// child returns a field of a mapping, or nil. It does not follow references.
func child(n *yaml.Node, name string) *yaml.Node {
	for key, value := range fields(n) {
		if key == name {
			return value
		}
	}
	return nil
}

// text returns a scalar field; empty when there is none.
func text(n *yaml.Node, name string) string {
	if c := child(n, name); c != nil {
		return c.Value
	}
	return ""
}

// fields goes through a mapping, in order; nil has none.
func fields(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

// items goes through a sequence; nil has none.
func items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// resolve follows a reference and returns what it leads to and its last part, which is empty when n
// is no reference.
func (d *document) resolve(n *yaml.Node) (*yaml.Node, string) {
	ref := text(n, "$ref")
	if ref == "" {
		return n, ""
	}
	parts := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	found := d.root
	for _, p := range parts {
		found = child(found, p)
	}
	if found == nil {
		d.lost = ref
	}
	return found, parts[len(parts)-1]
}
