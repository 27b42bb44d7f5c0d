package omnium

import (
	"cmp"
	"slices"
	"strings"
)

// canonicalLanguage reduces a language code to what documents are told apart by: nb-NO, nn and no
// are one language, and so are sv and se (reference omnium-api.md §3.1).
func canonicalLanguage(code string) string {
	code = strings.ToLower(strings.TrimSpace(code))
	if i := strings.IndexAny(code, "-_"); i >= 0 {
		code = code[:i]
	}
	switch code {
	case "nb", "nn":
		return "no"
	case "se":
		return "sv"
	default:
		return code
	}
}

// head is what the documents of one product differ in.
type head struct {
	id, productID, language string
}

// newHead fills what a document leaves out: the product id falls back to the document id, and the
// language to the id's suffix (reference omnium-api.md §3.1).
func newHead(id, productID, language string) head {
	if productID == "" {
		productID = id
	}
	if suffix, ok := strings.CutPrefix(id, productID+"_"); ok && language == "" {
		language = suffix
	}
	return head{id: id, productID: productID, language: language}
}

func headOf(p *Product) head { return newHead(p.ID, p.ProductID, p.Language) }

// speaks reports whether the document is in the wanted language. Empty means any, on both sides: a
// document without a language is the only one there is.
func (h head) speaks(wanted string) bool {
	return wanted == "" || h.language == "" ||
		canonicalLanguage(h.language) == canonicalLanguage(wanted)
}

// pick returns the index of the document to use: wanted before fallback before any, and within each
// the spelling asked for before its aliases, the smallest id first. heads must not be empty.
func pick(heads []head, wanted, fallback string) int {
	rank := func(h head) int {
		switch {
		case strings.EqualFold(h.language, wanted) && wanted != "":
			return 0
		case wanted != "" && h.speaks(wanted):
			return 1
		case strings.EqualFold(h.language, fallback) && fallback != "":
			return 2
		case fallback != "" && h.speaks(fallback):
			return 3
		default:
			return 4
		}
	}
	best := slices.MinFunc(heads, func(a, b head) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.id, b.id))
	})
	return slices.Index(heads, best)
}
