// Package dashboard holds the page on which operators see what omniflow does: HTML, style sheets and
// scripts that are part of the binary and load nothing from anywhere else. The page gets its data from
// the admin API with the token that its user types in; the files themselves are no secret.
package dashboard

import (
	"embed"
	"fmt"
	"path"
)

//go:embed index.html assets
var files embed.FS

// Page returns the HTML of the dashboard. It refers to its assets as assets/NAME.
func Page() ([]byte, error) { return files.ReadFile("index.html") }

// Asset is a file that a page refers to.
type Asset struct {
	Name, ContentType string
	Body              []byte
}

// Assets returns every file that the pages refer to. The error names a file of a kind that browsers
// would not be told the type of.
func Assets() ([]Asset, error) {
	entries, err := files.ReadDir("assets")
	if err != nil {
		return nil, err
	}
	list := make([]Asset, 0, len(entries))
	for _, e := range entries {
		kind, known := contentTypes()[path.Ext(e.Name())]
		if !known {
			return nil, fmt.Errorf("asset %s: unknown kind of file", e.Name())
		}
		body, err := files.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, err
		}
		list = append(list, Asset{e.Name(), kind, body})
	}
	return list, nil
}

// contentTypes are fixed here because those of package mime depend on the machine.
func contentTypes() map[string]string {
	return map[string]string{
		".js":  "text/javascript; charset=utf-8",
		".css": "text/css; charset=utf-8",
		".svg": "image/svg+xml",
	}
}
