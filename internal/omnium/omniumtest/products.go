package omniumtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// doc is a product document as JSON: it may hold fields that omnium.Product has not, or the wrong
// ones.
type doc map[string]any

// version is a document from a moment on; a nil doc is a hard delete. Versions are never modified.
type version struct {
	at  time.Time
	doc doc
}

// PutProduct creates or replaces one document, by p.ID, and sets its modified. An empty product id
// becomes the document id, an empty language the server's.
func (s *Server) PutProduct(p omnium.Product) {
	raw, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("omniumtest: a product does not marshal: %v", err))
	}
	if err := s.PutDocument(raw); err != nil {
		panic("omniumtest: " + err.Error())
	}
}

// PutDocument is PutProduct for a document in JSON, which may be malformed in any field but its id:
// the document key. It returns an error when raw is not an object with a string id.
func (s *Server) PutDocument(raw json.RawMessage) error {
	d, err := decodeDoc(raw)
	if err != nil {
		return fmt.Errorf("product document: %w", err)
	}
	if d.text("id") == "" {
		return fmt.Errorf("product document: no id")
	}
	if d.text("productId") == "" {
		d["productId"] = d["id"]
	}
	if d.text("language") == "" {
		d["language"] = s.Language
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(d.text("id"), d)
	return nil
}

// PatchProduct lets change edit every document of a product, or the one with that document id. It
// reports whether there was any. A document that is not an omnium.Product is left alone.
func (s *Server) PatchProduct(id string, change func(*omnium.Product)) bool {
	return s.edit(id, func(d doc) doc {
		p, err := d.product()
		if err != nil {
			return d
		}
		change(&p)
		raw, err := json.Marshal(p)
		if err != nil {
			return d
		}
		edited, err := decodeDoc(raw)
		if err != nil {
			return d
		}
		// What omnium.Product does not know of stays.
		merged := maps.Clone(d)
		maps.Copy(merged, edited)
		return merged
	})
}

// SoftDelete does what a delete in the GUI does: the status of the product's documents, or of the
// one with that document id, becomes Deleted.
func (s *Server) SoftDelete(id string) bool {
	return s.edit(id, func(d doc) doc {
		d = maps.Clone(d)
		d["status"], d["isActive"] = omnium.StatusDeleted, false
		return d
	})
}

// HardDelete does what a delete by the API does: the documents are gone.
func (s *Server) HardDelete(id string) bool {
	return s.edit(id, func(doc) doc { return nil })
}

func (s *Server) edit(id string, change func(doc) doc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := false
	for _, key := range slices.Sorted(maps.Keys(s.docs)) {
		d := s.current(key)
		if d == nil || key != id && d.text("productId") != id {
			continue
		}
		found = true
		s.write(key, change(d))
	}
	return found
}

// write adds a version. The caller holds mu.
func (s *Server) write(key string, d doc) {
	now := s.Now()
	if d != nil {
		d = maps.Clone(d)
		d["modified"] = s.stamp().UTC().Format("2006-01-02T15:04:05.0000000Z")
	}
	s.docs[key] = s.withVersion(s.docs[key], version{at: now, doc: d})
}

// withVersion adds a version, and drops those that not even a search sees any more.
func (s *Server) withVersion(versions []version, v version) []version {
	for len(versions) > 1 && !versions[1].at.After(v.at.Add(-s.IndexLag)) {
		versions = versions[1:]
	}
	return append(slices.Clip(versions), v)
}

// current returns the newest version of a document, nil when there is none. The caller holds mu.
func (s *Server) current(key string) doc { return newest(s.docs[key]) }

func newest(versions []version) doc {
	if len(versions) == 0 {
		return nil
	}
	return versions[len(versions)-1].doc
}

// indexed returns the version that Scroll sees. The caller holds mu.
func (s *Server) indexed(key string) doc { return s.visible(s.docs[key]) }

// visible is the version that searches see.
func (s *Server) visible(versions []version) doc {
	horizon := s.Now().Add(-s.IndexLag)
	for _, v := range slices.Backward(versions) {
		if !v.at.After(horizon) {
			return v.doc
		}
	}
	return nil
}

// Products returns all documents that are omnium.Products, soft-deleted ones included, by id.
func (s *Server) Products() []omnium.Product {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []omnium.Product
	for _, key := range slices.Sorted(maps.Keys(s.docs)) {
		if d := s.current(key); d != nil {
			if p, err := d.product(); err == nil {
				list = append(list, p)
			}
		}
	}
	return list
}

// readProduct answers GET /api/Products/{id}: by product id or sku, in the default language, with
// the prices that are valid now and not a customer's.
func (s *Server) readProduct(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	d := s.bySku(r.PathValue("id"))
	s.mu.Unlock()
	if d == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	writeJSON(w, d.withValidPrices(s.Now()))
}

func (s *Server) bySku(id string) doc {
	var found doc
	for _, key := range slices.Sorted(maps.Keys(s.docs)) {
		d := s.current(key)
		if d == nil || d.text("productId") != id && !d.hasSku(id) {
			continue
		}
		if d.text("language") == s.Language {
			return d
		}
		if found == nil {
			found = d
		}
	}
	return found
}

// readRaw answers GET /api/Products/{id}/raw: by document id, untouched.
func (s *Server) readRaw(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	d := s.current(r.PathValue("a"))
	s.mu.Unlock()
	if d == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	writeJSON(w, d)
}

func decodeDoc(raw json.RawMessage) (doc, error) {
	var d doc
	// Numbers keep their digits.
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&d); err != nil {
		return nil, err
	}
	if d == nil {
		return nil, fmt.Errorf("null")
	}
	return d, nil
}

func (d doc) product() (omnium.Product, error) {
	var p omnium.Product
	raw, err := json.Marshal(d)
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(raw, &p)
}

func (d doc) text(field string) string {
	s, _ := d[field].(string)
	return s
}

func (d doc) list(field string) []doc {
	items, _ := d[field].([]any)
	var list []doc
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			list = append(list, m)
		}
	}
	return list
}

func (d doc) hasSku(id string) bool {
	return id != "" && (d.text("skuId") == id ||
		slices.ContainsFunc(d.list("variants"), func(v doc) bool { return v.text("skuId") == id }))
}

func (d doc) withValidPrices(now time.Time) doc {
	view := maps.Clone(d)
	if _, ok := d["prices"].([]any); ok {
		view["prices"] = validPrices(d.list("prices"), now)
	}
	if _, ok := d["variants"].([]any); ok {
		variants := []doc{}
		for _, v := range d.list("variants") {
			variants = append(variants, v.withValidPrices(now))
		}
		view["variants"] = variants
	}
	return view
}

func validPrices(prices []doc, now time.Time) []doc {
	valid := []doc{}
	for _, p := range prices {
		from, until := omnium.ParseTime(p.text("validFrom")), omnium.ParseTime(p.text("validUntil"))
		open := !from.After(now) && (until.IsZero() || until.After(now))
		if open && strings.TrimSpace(p.text("customerId")+p.text("customerGroup")) == "" {
			valid = append(valid, p)
		}
	}
	return valid
}
