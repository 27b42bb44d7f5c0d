// Package openapi holds the OpenAPI documents of omniflow: the contract of the API it serves and the
// slices of the two vendors' APIs that it relies on.
package openapi

import "embed"

// Omniflow is the name in Files of the document that describes the API omniflow serves.
const Omniflow = "omniflow.yaml"

// Files holds the documents in YAML, by file name. It is read-only and safe for concurrent use.
//
//go:embed *.yaml
var Files embed.FS
