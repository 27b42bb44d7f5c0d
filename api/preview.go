package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Previewer finds out what would be done about an object now, without doing it: nothing is written to
// Flow, to the ledger or to the queue. It blocks until the vendors have answered or ctx ends. What is
// wrong with the object, or with a vendor, is in the Preview; an error is ours.
type Previewer func(ctx context.Context, t tenant.ID, key job.Key) (Preview, error)

// Preview is what would be done about an object. No list is nil.
type Preview struct {
	Resource event.Resource `json:"resource"`
	// ID is the object's, also when it was asked for by another name.
	ID string `json:"id"`
	// Result, Reason and Error are how the run would end.
	Result string `json:"result"`
	Reason string `json:"reason"`
	Error  string `json:"error"`
	// Requests are the writes to Flow in their order.
	Requests []PreviewRequest `json:"requests"`
	// AlsoQueues are the objects that would be looked at because of this one.
	AlsoQueues []PreviewKey `json:"alsoQueues"`
}

// PreviewKey names an object.
type PreviewKey struct {
	Resource event.Resource `json:"resource"`
	ID       string         `json:"id"`
}

// What a request was compared with.
const (
	ComparedWithFlow = "flow"        // what Flow has
	ComparedByPrint  = "fingerprint" // the fingerprint of what was pushed last, which says that it differs
)

// PreviewRequest is one write to Flow.
type PreviewRequest struct {
	Operation string `json:"operation"`
	Method    string `json:"method"`
	// Path is below the base URL.
	Path     string `json:"path"`
	Evidence string `json:"evidence"`
	// Body is nil when the request has none.
	Body     json.RawMessage `json:"body"`
	Compared string          `json:"compared"`
	// Exists says whether Flow has the object; nil when it was not asked.
	Exists  *bool           `json:"exists"`
	Changes []PreviewChange `json:"changes"`
	// Note says why there are no changes to show; empty when they are shown.
	Note string `json:"note"`
}

// PreviewChange is a field that would change; the values are JSON, Before is empty when there is none.
type PreviewChange struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

const (
	// maxPreviews bounds how many previews run at once: each asks both vendors.
	maxPreviews = 4
	// previewBudget is how long one may take; servers and proxies allow a little more.
	previewBudget = 25 * time.Second
)

// previewObject answers GET /admin/v1/tenants/{tenant}/objects/{resource}/{id}/preview.
func (s *server) previewObject(w http.ResponseWriter, r *http.Request) error {
	t, asked, err := s.exportedKey(r)
	if err != nil {
		return err
	}
	select {
	case s.previews <- struct{}{}:
		defer func() { <-s.previews }()
	default:
		return refuse(errUnavailable, "Too many previews run; try again.", nil)
	}
	ctx, cancel := context.WithTimeout(r.Context(), previewBudget)
	defer cancel()
	key, err := s.canonical(ctx, t, asked)
	if err != nil {
		return storeFault(fmt.Errorf("preview %s of %s: %w", asked, t, err))
	}
	preview, err := s.Preview(ctx, t, key)
	if err != nil {
		return fmt.Errorf("preview %s of %s: %w", key, t, err)
	}
	return writeJSON(w, http.StatusOK, preview)
}

// exportedKey is the object that the path names, of a resource that the tenant exports.
func (s *server) exportedKey(r *http.Request) (tenant.ID, job.Key, error) {
	t, err := s.tenantOf(r)
	if err != nil {
		return "", job.Key{}, err
	}
	key, err := keyOf(r)
	if err != nil {
		return "", job.Key{}, err
	}
	if len(key.ID) > maxID {
		return "", job.Key{}, refuse(errInvalid, fmt.Sprintf("An id has at most %d bytes.", maxID), nil)
	}
	if known, ok := s.Directory().Tenant(t); !ok || !slices.Contains(known.Resources, string(key.Resource)) {
		return "", job.Key{}, refuse(errNotExported, fmt.Sprintf("%s does not export %s.", t, key.Resource), nil)
	}
	return t, key, nil
}
