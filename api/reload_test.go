package api_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/tenant"
)

const reloadPath = "/admin/v1/reload"

// reloading is an option that answers every reload the same.
func reloading(report api.Reload, err error) func(*api.Options) {
	return func(o *api.Options) {
		o.Reload = func(context.Context) (api.Reload, error) { return report, err }
	}
}

func TestReload(t *testing.T) {
	t.Parallel()
	h := newHarness(t, reloading(api.Reload{
		Added: []tenant.ID{"new"}, Removed: []tenant.ID{}, Changed: []tenant.ID{},
		NeedsRestart: []string{"queue.lease"}, Warnings: []string{},
	}, nil))
	got := h.admin(operatorToken, http.MethodPost, reloadPath, "")
	report := decode[struct{ Added, Removed, NeedsRestart []string }](t, got)
	if got.status != http.StatusOK || !slices.Equal(report.Added, []string{"new"}) ||
		report.Removed == nil || !slices.Equal(report.NeedsRestart, []string{"queue.lease"}) {
		t.Errorf("reload = %d %s, want what has changed", got.status, got.body)
	}
	if !strings.Contains(h.log.String(), `"actor":"ops"`) {
		t.Errorf("the log does not tell who has reloaded:\n%s", h.log)
	}
	if got := h.admin(viewerToken, http.MethodPost, reloadPath, ""); got.status != http.StatusForbidden {
		t.Errorf("reload by a viewer = %d, want 403", got.status)
	}
}

func TestReloadOfAnInvalidFile(t *testing.T) {
	t.Parallel()
	h := newHarness(t, reloading(api.Reload{}, &api.ConfigError{Problems: []api.ConfigProblem{
		{Path: "flow.timeout", Line: 41, Message: "must be at least 100ms"},
		{Message: "read configuration: no such file"},
	}}))
	got := h.admin(operatorToken, http.MethodPost, reloadPath, "")
	p := decode[problem](t, got)
	want := []struct{ Field, Detail string }{
		{"flow.timeout", "line 41: must be at least 100ms"}, {"", "read configuration: no such file"},
	}
	if got.status != http.StatusUnprocessableEntity || !slices.Equal(p.Errors, want) {
		t.Errorf("reload = %d %s, want 422 with %v", got.status, got.body, want)
	}
}

func TestReloadWhileStopping(t *testing.T) {
	t.Parallel()
	h := newHarness(t, reloading(api.Reload{}, errors.New("stopping")))
	if got := h.admin(operatorToken, http.MethodPost, reloadPath, ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("reload = %d %s, want 503", got.status, got.body)
	}
}
