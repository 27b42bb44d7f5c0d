package mapping

import (
	"encoding/json"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/omniflow/omniflow/internal/omnium"
)

// coordinate turns a latitude or longitude, which Omnium holds as text, into a number with the same
// digits. A decimal comma is one too. It is empty when the text is no number, or beyond limit degrees:
// a store is better without its place on the map than not there at all.
func coordinate(text string, limit int64) json.Number {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	d, err := parse("coordinate", omnium.Number(text))
	if err != nil || d == nil || d.Form != apd.Finite {
		return ""
	}
	if size := new(apd.Decimal).Abs(d); size.Cmp(apd.New(limit, 0)) > 0 {
		return ""
	}
	return json.Number(plain(d))
}
