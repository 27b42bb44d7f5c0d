package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, verb := range []string{"pause", "pause", "resume", "resume"} {
		got := h.admin(operatorToken, http.MethodPost, tenantPath+"/"+verb, "")
		if got.status != http.StatusOK || decode[status](t, got).Paused != (verb == "pause") {
			t.Errorf("%s = %d %s, want the tenant as it is then", verb, got.status, got.body)
		}
	}
	for _, want := range []string{`"tenant paused"`, `"tenant resumed"`, `"actor":"ops"`} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, h.log)
		}
	}
}

func TestResumeLiftsASuspension(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if err := h.jobs.Suspend(t.Context(), "fjell_no", "flow_unauthorized"); err != nil {
		t.Fatal(err)
	}
	if got := h.admin(operatorToken, http.MethodPost, tenantPath+"/resume", ""); decode[status](t, got).Suspended {
		t.Errorf("resume = %s, want the suspension lifted", got.body)
	}
}
