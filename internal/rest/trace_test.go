package rest_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/omniflow/omniflow/internal/rest"
)

type traced struct{}

// TestTrace wants a request to be sent with the context of the hook, and its end to be told with the status.
func TestTrace(t *testing.T) {
	t.Parallel()
	var heard []int
	client := func(transport roundTrip) *rest.Client {
		return newClient(t, rest.Options{
			Transport: transport,
			Trace: func(ctx context.Context, label string) (context.Context, func(int)) {
				return context.WithValue(ctx, traced{}, label), func(status int) { heard = append(heard, status) }
			},
		})
	}
	r := rest.Request{Method: http.MethodGet, Path: "/x", Label: "x.get"}
	seen := client(func(r *http.Request) (*http.Response, error) {
		if got := r.Context().Value(traced{}); got != "x.get" {
			t.Errorf("the request's context holds %v, want the label", got)
		}
		return answering(http.StatusTeapot, "")(r)
	})
	if _, err := seen.Do(t.Context(), r, nil); err == nil {
		t.Error("Do = nil, want the refusal")
	}
	away := client(func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded })
	if _, err := away.Do(t.Context(), r, nil); err == nil {
		t.Error("Do without an answer = nil, want an error")
	}
	if want := []int{http.StatusTeapot, 0}; !slices.Equal(heard, want) {
		t.Errorf("statuses = %v, want %v", heard, want)
	}
}
