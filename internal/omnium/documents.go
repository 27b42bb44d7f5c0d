package omnium

import "sync"

// maxDocuments bounds the memory of documents to a few megabytes.
const maxDocuments = 50_000

// documents remembers which document holds a product in a language, so that a known product costs
// one request. It holds no contents, and an entry that is no longer true costs one wasted request.
// It is safe for concurrent use.
type documents struct {
	limit int

	mu  sync.Mutex // guards ids
	ids map[productKey]string
}

// productKey names a product in a language, spelled as the caller spelled the id.
type productKey struct{ id, language string }

func newDocuments(limit int) *documents {
	return &documents{limit: limit, ids: map[productKey]string{}}
}

func (d *documents) id(k productKey) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ids[k]
}

func (d *documents) remember(k productKey, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.ids[k]; !known && len(d.ids) >= d.limit {
		for victim := range d.ids { // any: what is still used comes back
			delete(d.ids, victim)
			break
		}
	}
	d.ids[k] = id
}

func (d *documents) forget(k productKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.ids, k)
}
