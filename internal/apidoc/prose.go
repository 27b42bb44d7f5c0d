package apidoc

import (
	"encoding/json"
	"html/template"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	codeMark = regexp.MustCompile("`([^`]+)`")
	boldMark = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

// prose renders the little of Markdown that descriptions use: paragraphs, lists with asterisks, code
// and bold. Everything else is text.
func prose(s string) template.HTML {
	var b strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		switch {
		case block == "":
		case strings.HasPrefix(block, "* "):
			b.WriteString("<ul>")
			for item := range strings.SplitSeq(strings.TrimPrefix(block, "* "), "\n* ") {
				b.WriteString("<li>" + inline(item) + "</li>")
			}
			b.WriteString("</ul>")
		default:
			b.WriteString("<p>" + inline(block) + "</p>")
		}
	}
	return template.HTML(b.String()) //nolint:gosec // inline escapes
}

// inline escapes first, so that only its own marks become HTML.
func inline(s string) string {
	s = template.HTMLEscapeString(s)
	s = codeMark.ReplaceAllString(s, "<code>$1</code>")
	return boldMark.ReplaceAllString(s, "<strong>$1</strong>")
}

// asJSON writes a value as JSON, its fields in the order of the document.
func asJSON(n *yaml.Node) string {
	var b strings.Builder
	writeJSON(&b, n, "")
	return b.String()
}

func writeJSON(b *strings.Builder, n *yaml.Node, indent string) {
	switch {
	case n == nil:
		b.WriteString("null")
	case n.Kind == yaml.MappingNode:
		writeEach(b, "{}", indent, len(n.Content)/2, func(i int) {
			name, _ := json.Marshal(n.Content[2*i].Value) // a string can always be marshalled
			b.Write(append(name, ": "...))
			writeJSON(b, n.Content[2*i+1], indent+"  ")
		})
	case n.Kind == yaml.SequenceNode:
		writeEach(b, "[]", indent, len(n.Content), func(i int) { writeJSON(b, n.Content[i], indent+"  ") })
	default:
		b.WriteString(scalar(n))
	}
}

// writeEach writes n elements between brackets, one a line.
func writeEach(b *strings.Builder, brackets, indent string, n int, write func(i int)) {
	if n == 0 {
		b.WriteString(brackets)
		return
	}
	b.WriteString(brackets[:1])
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + indent + "  ")
		write(i)
	}
	b.WriteString("\n" + indent + brackets[1:])
}

func scalar(n *yaml.Node) string {
	if n.Tag == "!!int" || n.Tag == "!!float" || n.Tag == "!!bool" || n.Tag == "!!null" {
		return n.Value
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the page escapes
	_ = e.Encode(n.Value)  // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
