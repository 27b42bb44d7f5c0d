package apidoc_test

import (
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/apidoc"
)

const head = `openapi: 3.0.3
info: { title: "A & B", version: "7", description: "First.\n\n* one with ` + "`code`" + `\n* two that is **bold**\n\n<script>no</script>" }
`

func TestRender(t *testing.T) {
	t.Parallel()
	page, err := apidoc.Render([]byte(head + `
tags: [{ name: admin, description: What operators do. }]
paths:
  /things/{id}:
    parameters: [{ $ref: "#/components/parameters/ID" }]
    post:
      operationId: makeThing
      tags: [admin]
      summary: Make a <thing>
      security: [{ token: [] }, {}]
      requestBody:
        content:
          application/json:
            schema: { $ref: "#/components/schemas/Thing" }
            examples: { one: { summary: The first, value: { z: 1, a: [true, null, "x<y"], e: {}, l: [] } } }
      responses:
        "200":
          description: Done.
          headers: { Location: { description: Where., schema: { type: string } } }
          content: { application/json: { schema: { anyOf: [{ $ref: "#/components/schemas/Thing" }, { type: object, nullable: true, enum: [null] }] } } }
    get: { operationId: untagged, summary: Nothing, responses: {} }
components:
  securitySchemes: { token: { type: http, scheme: bearer, description: A token. } }
  parameters: { ID: { name: id, in: path, required: true, schema: { type: string, maxLength: 5 }, example: "7" } }
  schemas:
    Thing:
      type: object
      required: [size]
      properties:
        size: { type: integer, minimum: 1, maximum: 9, default: 3, nullable: true }
        kind: { type: string, enum: [big, small] }
        parts: { type: array, items: { type: object, properties: { name: { type: string, format: date-time } } } }
      example: { size: 2 }
`))
	if err != nil {
		t.Fatalf("Render = %v", err)
	}
	for _, want := range []string{
		"A &amp; B", "<ul><li>one with <code>code</code></li><li>two that is <strong>bold</strong></li></ul>",
		"&lt;script&gt;no", "Make a &lt;thing&gt;", `id="makeThing"`, "in path", "string, at most 5",
		`<a href="#credential-token">token</a> or none`, "The first",
		"{\n  &#34;z&#34;: 1,\n  &#34;a&#34;: [\n    true,\n    null,\n    &#34;x&lt;y&#34;\n  ],\n  &#34;e&#34;: {},\n  &#34;l&#34;: []\n}",
		`<a href="#schema-Thing">Thing</a> or null`, "in header", "http bearer", "parts[].name",
		"integer, from 1, to 9, default 3, or null", `one of <code>&#34;big&#34;</code>`, "string, date-time",
		"&#34;size&#34;: 2", `id="other"`,
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if strings.Contains(string(page), "<script>") {
		t.Error("a description became a script")
	}
}

func TestRenderRefuses(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]string{
		"no YAML": "a: [", "nothing": "",
		"a lost reference": head + `paths: { /x: { parameters: [{ $ref: "#/components/parameters/Gone" }], get: { responses: {} } } }`,
	} {
		if page, err := apidoc.Render([]byte(spec)); err == nil {
			t.Errorf("Render(%s) = %s, want an error", name, page)
		}
	}
}
