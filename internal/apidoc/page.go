package apidoc

import (
	"html/template"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (d *document) page() page {
	info := child(d.root, "info")
	p := page{Title: text(info, "title"), Version: text(info, "version"), Text: prose(text(info, "description"))}
	for _, tag := range items(child(d.root, "tags")) {
		p.Groups = append(p.Groups, &group{Name: text(tag, "name"), Text: prose(text(tag, "description"))})
	}
	for path, item := range fields(child(d.root, "paths")) {
		for method, op := range fields(item) {
			if slices.Contains(methods(), method) {
				g := p.group(tagOf(op))
				g.Operations = append(g.Operations, d.operation(path, method, item, op))
			}
		}
	}
	components := child(d.root, "components")
	for name, c := range fields(child(components, "securitySchemes")) {
		how := text(c, "type") + " " + text(c, "scheme") + text(c, "name")
		p.Credentials = append(p.Credentials, credential{name, how, prose(text(c, "description"))})
	}
	for name, s := range fields(child(components, "schemas")) {
		p.Schemas = append(p.Schemas, schema{
			Name: name, Type: d.typeOf(s), Text: prose(text(s, "description")),
			Fields: d.fieldRows("", s), Example: example1(s),
		})
	}
	return p
}

func methods() []string { return []string{"get", "put", "post", "delete", "patch"} }

func tagOf(op *yaml.Node) string {
	if tags := items(child(op, "tags")); len(tags) > 0 {
		return tags[0].Value
	}
	return "other"
}

// group finds a group by its name, or adds it.
func (p *page) group(name string) *group {
	for _, g := range p.Groups {
		if g.Name == name {
			return g
		}
	}
	g := &group{Name: name}
	p.Groups = append(p.Groups, g)
	return g
}

func (d *document) operation(path, method string, item, op *yaml.Node) operation {
	o := operation{
		ID: text(op, "operationId"), Method: strings.ToUpper(method), Path: path,
		Summary: text(op, "summary"), Text: prose(text(op, "description")),
	}
	for _, alternative := range items(child(op, "security")) {
		name := "none"
		for scheme := range fields(alternative) {
			name = scheme
		}
		o.Credentials = append(o.Credentials, name)
	}
	for _, p := range append(items(child(item, "parameters")), items(child(op, "parameters"))...) {
		p, _ = d.resolve(p)
		o.Parameters = append(o.Parameters, d.row(text(p, "name"), text(p, "in"), p))
	}
	o.Body = d.content(child(op, "requestBody"))
	for status, r := range fields(child(op, "responses")) {
		r, _ = d.resolve(r)
		a := answer{Status: status, Text: prose(text(r, "description")), Media: d.content(r)}
		for name, header := range fields(child(r, "headers")) {
			a.Headers = append(a.Headers, d.row(name, "header", header))
		}
		o.Answers = append(o.Answers, a)
	}
	return o
}

// row describes a parameter or a header.
func (d *document) row(name, place string, p *yaml.Node) row {
	return row{
		Name: name, Place: place, Required: text(p, "required") == "true",
		Type: d.typeOf(child(p, "schema")), Text: prose(text(p, "description")), Example: text(p, "example"),
	}
}

// content lists the kinds of bodies of a request or an answer. One without an example of its own has
// that of its schema.
func (d *document) content(n *yaml.Node) []media {
	var list []media
	for kind, c := range fields(child(n, "content")) {
		m := media{Type: kind, Schema: d.typeOf(child(c, "schema"))}
		if one := example1(c); one != "" {
			m.Examples = append(m.Examples, example{"", one})
		}
		for _, e := range fields(child(c, "examples")) {
			m.Examples = append(m.Examples, example{text(e, "summary"), asJSON(child(e, "value"))})
		}
		if s, _ := d.resolve(child(c, "schema")); len(m.Examples) == 0 && example1(s) != "" {
			m.Examples = append(m.Examples, example{"", example1(s)})
		}
		list = append(list, m)
	}
	return list
}

// example1 is the one example of a body or a schema; empty when it has none.
func example1(n *yaml.Node) string {
	if e := child(n, "example"); e != nil {
		if e.Kind == yaml.ScalarNode {
			return strings.TrimSpace(e.Value)
		}
		return asJSON(e)
	}
	return ""
}

// fieldRows lists the fields of an object; those of objects inside it have dotted names.
func (d *document) fieldRows(prefix string, s *yaml.Node) []row {
	var required []string
	for _, name := range items(child(s, "required")) {
		required = append(required, name.Value)
	}
	var rows []row
	for name, f := range fields(child(s, "properties")) {
		rows = append(rows, row{
			Name: prefix + name, Required: slices.Contains(required, name), Type: d.typeOf(f),
			Text: prose(text(f, "description")), Example: text(f, "example"),
		})
		inner, mark := f, "."
		if of := child(f, "items"); of != nil {
			inner, mark = of, "[]."
		}
		rows = append(rows, d.fieldRows(prefix+name+mark, inner)...)
	}
	return rows
}

// typeOf says in a few words what a value is, with links to schemas.
func (d *document) typeOf(s *yaml.Node) template.HTML {
	if s == nil {
		return ""
	}
	if _, name := d.resolve(s); name != "" {
		escaped := template.HTMLEscapeString(name)
		return template.HTML(`<a href="#schema-` + escaped + `">` + escaped + `</a>`) //nolint:gosec // escaped
	}
	if of := child(s, "items"); of != nil {
		return "array of " + d.typeOf(of)
	}
	if any := items(child(s, "anyOf")); len(any) > 0 {
		var words []string
		for _, one := range any {
			words = append(words, string(d.typeOf(one)))
		}
		return template.HTML(strings.Join(words, " or ")) //nolint:gosec // each is escaped
	}
	if values := items(child(s, "enum")); len(values) > 0 && text(s, "nullable") == "true" && values[0].Tag == "!!null" {
		return "null"
	}
	return template.HTML(template.HTMLEscapeString(text(s, "type")) + limits(s)) //nolint:gosec // escaped
}

// limits says what values a scalar can have.
func limits(s *yaml.Node) string {
	var words []string
	add := func(before, name string) {
		if v := text(s, name); v != "" {
			words = append(words, before+template.HTMLEscapeString(v))
		}
	}
	add("", "format")
	add("from ", "minimum")
	add("to ", "maximum")
	add("default ", "default")
	add("at most ", "maxLength")
	if text(s, "nullable") == "true" {
		words = append(words, "or null")
	}
	var values []string
	for _, v := range items(child(s, "enum")) {
		values = append(values, "<code>"+template.HTMLEscapeString(`"`+v.Value+`"`)+"</code>")
	}
	if len(values) > 0 {
		words = append(words, "one of "+strings.Join(values, " "))
	}
	if len(words) == 0 {
		return ""
	}
	return ", " + strings.Join(words, ", ")
}
