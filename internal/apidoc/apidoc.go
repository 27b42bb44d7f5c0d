// Package apidoc renders an OpenAPI 3.0 document as one HTML page for people: every route with its
// parameters, bodies, answers and examples, and every schema, in the order of the document. The page
// needs no scripts. It knows the parts of OpenAPI that our own contract uses; references must be to
// components of the same document.
package apidoc

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"

	"go.yaml.in/yaml/v3"
)

//go:embed page.html
var pageText string

// Render returns the page. It refers to its style sheet as assets/docs.css.
func Render(spec []byte) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(spec, &root); err != nil {
		return nil, fmt.Errorf("parse OpenAPI document: %w", err)
	}
	if len(root.Content) == 0 {
		return nil, errors.New("parse OpenAPI document: it is empty")
	}
	d := document{root: root.Content[0]}
	shown := d.page()
	if d.lost != "" {
		return nil, fmt.Errorf("render OpenAPI document: nothing is at %s", d.lost)
	}
	layout, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	var b bytes.Buffer
	if err := layout.Execute(&b, shown); err != nil {
		return nil, fmt.Errorf("render OpenAPI document: %w", err)
	}
	return b.Bytes(), nil
}

// page is what page.html shows.
type page struct {
	Title, Version string
	Text           template.HTML
	Groups         []*group
	Credentials    []credential
	Schemas        []schema
}

// group is the operations of one tag.
type group struct {
	Name       string
	Text       template.HTML
	Operations []operation
}

type operation struct {
	ID, Method, Path, Summary string
	Text                      template.HTML
	Credentials               []string
	Parameters                []row
	Body                      []media
	Answers                   []answer
}

type answer struct {
	Status  string
	Text    template.HTML
	Headers []row
	Media   []media
}

type media struct {
	Type     string
	Schema   template.HTML
	Examples []example
}

type example struct{ Title, Text string }

type credential struct {
	Name, How string
	Text      template.HTML
}

type schema struct {
	Name    string
	Type    template.HTML
	Text    template.HTML
	Fields  []row
	Example string
}

// row is a line of a table: a parameter, a header or a field.
type row struct {
	Name, Place string
	Required    bool
	Type        template.HTML
	Text        template.HTML
	Example     string
}
