package mapping

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// Text turns a description into plain text, as Flow wants it (reference mapping.md §5.3): entities are
// decoded; block elements and <br> become line breaks, list items lines that start with "- "; scripts
// and styles are dropped; white space is folded, with at most one empty line in a row. A text without
// any tag keeps its white space, only its entities are decoded.
func Text(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	if !tagged(s) {
		return html.UnescapeString(s)
	}
	var t textWriter
	for z := html.NewTokenizer(strings.NewReader(s)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return t.text()
		case html.TextToken:
			t.write(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			t.start(tagOf(z))
		case html.EndTagToken:
			t.end(tagOf(z))
		case html.CommentToken, html.DoctypeToken:
		}
	}
}

// tagged reports whether s has any markup beside text.
func tagged(s string) bool {
	z := html.NewTokenizer(strings.NewReader(s))
	kind := z.Next()
	for kind == html.TextToken {
		kind = z.Next()
	}
	return kind != html.ErrorToken
}

// tagOf is the element's name in lower case.
func tagOf(z *html.Tokenizer) string {
	name, _ := z.TagName()
	return string(name)
}

// textWriter collects lines.
type textWriter struct {
	lines []string
	line  strings.Builder
	// space is owed before the next word of the line.
	space bool
	// bullet is owed before the first word of the line, so that a block inside a list item does not
	// leave a lone bullet.
	bullet bool
	// hidden is the element whose text is dropped. The tokenizer reports nothing but text inside it.
	hidden string
}

func (t *textWriter) start(tag string) {
	switch {
	case hides(tag):
		t.hidden = tag
	case tag == "br":
		t.newLine()
	case tag == "li":
		t.endLine()
		t.bullet = true
	case isBlock(tag):
		t.endLine()
	case tag == "td", tag == "th":
		t.space = true
	}
}

func (t *textWriter) end(tag string) {
	switch {
	case tag == t.hidden:
		t.hidden = ""
	case tag == "li":
		t.endLine()
		t.bullet = false
	case isBlock(tag):
		t.endLine()
	}
}

func (t *textWriter) write(s string) {
	if t.hidden != "" || s == "" {
		return
	}
	words := strings.Fields(s)
	t.space = t.space || strings.TrimLeftFunc(s, unicode.IsSpace) != s
	for _, word := range words {
		t.word(word)
		t.space = true
	}
	if len(words) > 0 {
		t.space = strings.TrimRightFunc(s, unicode.IsSpace) != s
	}
}

func (t *textWriter) word(word string) {
	if t.line.Len() == 0 && t.bullet {
		t.line.WriteString("- ")
		t.bullet = false
	} else if t.line.Len() > 0 && t.space {
		t.line.WriteByte(' ')
	}
	t.line.WriteString(word)
}

// endLine ends the line when it holds something.
func (t *textWriter) endLine() {
	if t.line.Len() > 0 {
		t.newLine()
	}
}

// newLine ends the line also when it is empty, but leaves no two empty lines in a row and none at the
// start.
func (t *textWriter) newLine() {
	line := t.line.String()
	t.line.Reset()
	t.space = false
	if line == "" && (len(t.lines) == 0 || t.lines[len(t.lines)-1] == "") {
		return
	}
	t.lines = append(t.lines, line)
}

func (t *textWriter) text() string {
	t.endLine()
	return strings.TrimRight(strings.Join(t.lines, "\n"), "\n")
}

// hides lists the elements whose content is not shown; the tokenizer reads them as raw text.
func hides(tag string) bool {
	switch tag {
	case "script", "style", "title", "iframe", "noscript", "noembed", "noframes":
		return true
	default:
		return false
	}
}

// isBlock lists the elements that stand on lines of their own.
func isBlock(tag string) bool {
	switch tag {
	case "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre",
		"ul", "ol", "dl", "dt", "dd", "table", "caption", "tr", "blockquote",
		"section", "article", "header", "footer", "aside", "main", "nav",
		"address", "figure", "figcaption", "form", "fieldset", "legend",
		"details", "summary":
		return true
	default:
		return false
	}
}
