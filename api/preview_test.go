package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

func previewing(f func(ctx context.Context, t tenant.ID, key job.Key) (api.Preview, error)) func(*api.Options) {
	return func(o *api.Options) { o.Preview = f }
}

func TestPreview(t *testing.T) {
	t.Parallel()
	exists := true
	h := newHarness(t, previewing(func(_ context.Context, t tenant.ID, key job.Key) (api.Preview, error) {
		return api.Preview{
			Resource: key.Resource, ID: key.ID, Result: "pushed",
			Requests: []api.PreviewRequest{
				{
					Operation: "product.update", Method: "PUT", Path: "/tenants/" + string(t) + "/products/a", Evidence: "configured",
					Body: json.RawMessage(`{"name":"B"}`), Compared: api.ComparedWithFlow, Exists: &exists,
					Changes: []api.PreviewChange{{Field: "name", Before: `"A"`, After: `"B"`}},
				},
				{
					Operation: "purchaseOrder.delete", Method: "DELETE", Path: "/x", Evidence: "documented",
					Compared: api.ComparedByPrint, Changes: []api.PreviewChange{}, Note: "why",
				},
			},
			AlsoQueues: []api.PreviewKey{{Resource: event.Price, ID: "a"}},
		}, nil
	}))
	h.archive.aliases["document-77"] = "jacket/77"
	got := h.admin(viewerToken, http.MethodGet, objectPath("product", "document-77")+"/preview", "")
	p := decode[api.Preview](t, got)
	if got.status != http.StatusOK || p.ID != "jacket/77" || len(p.Requests) != 2 || !*p.Requests[0].Exists {
		t.Errorf("preview = %d %s, want that of the object behind the name", got.status, got.body)
	}
}

func TestPreviewRefuses(t *testing.T) {
	t.Parallel()
	h := newHarness(t, previewing(func(context.Context, tenant.ID, job.Key) (api.Preview, error) {
		return api.Preview{}, errors.New("handler returned without an outcome")
	}))
	for path, want := range map[string]int{
		objectPath("product", "a") + "/preview":                        http.StatusInternalServerError,
		objectPath("store", "a") + "/preview":                          http.StatusConflict,
		objectPath("starship", "a") + "/preview":                       http.StatusNotFound,
		objectPath("product", strings.Repeat("a", 513)) + "/preview":   http.StatusBadRequest,
		"/admin/v1/tenants/nobody/objects/product/a/preview":           http.StatusNotFound,
		objectPath("product", "a") + "/preview?anything=is-not-looked": http.StatusInternalServerError,
	} {
		if got := h.admin(viewerToken, http.MethodGet, path, ""); got.status != want {
			t.Errorf("GET %s = %d %s, want %d", path, got.status, got.body, want)
		}
	}
	h.archive.fail(errRedis)
	if got := h.admin(viewerToken, http.MethodGet, objectPath("product", "a")+"/preview", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("preview without Redis = %d, want 503", got.status)
	}
}

// Each preview asks both vendors: only a few run at once.
func TestPreviewsAreBounded(t *testing.T) {
	t.Parallel()
	running, release := make(chan struct{}), make(chan struct{})
	h := newHarness(t, previewing(func(_ context.Context, _ tenant.ID, key job.Key) (api.Preview, error) {
		running <- struct{}{}
		<-release
		return api.Preview{
			Resource: key.Resource, ID: key.ID, Requests: []api.PreviewRequest{}, AlsoQueues: []api.PreviewKey{},
		}, nil
	}), func(o *api.Options) { o.Observe = nil })
	ended := make(chan int)
	ask := func() {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, objectPath("product", "a")+"/preview", nil)
		r.Header.Set("Authorization", "Bearer "+viewerToken)
		rec := httptest.NewRecorder()
		h.handler.ServeHTTP(rec, r)
		ended <- rec.Code
	}
	for range 4 {
		go ask()
		<-running
	}
	go ask()
	if status := <-ended; status != http.StatusServiceUnavailable {
		t.Errorf("the fifth preview at once = %d, want 503", status)
	}
	close(release)
	for range 4 {
		if status := <-ended; status != http.StatusOK {
			t.Errorf("preview = %d, want 200", status)
		}
	}
}
