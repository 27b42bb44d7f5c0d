package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/ledger"
)

const samplesPath = "/admin/v1/tenants/fjell_no/samples"

type samplePage struct {
	Items []struct {
		At                             time.Time
		Pushed, Agreed, Failed, Buried int64
		Queue                          *struct {
			Ready, Delayed, Leased, Dead int
			OldestSeconds                float64
		}
	}
}

func TestSamplesAreShown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	minute := time.Now().UTC().Truncate(time.Minute)
	h.archive.samples = []ledger.Sample{
		{At: minute.Add(-20 * time.Minute), Runs: ledger.Runs{Pushed: 1}},
		{At: minute.Add(-time.Minute), Runs: ledger.Runs{Pushed: 5, Agreed: 4, Failed: 3, Buried: 2}},
		{At: minute, Depth: &ledger.Depth{Ready: 1, Delayed: 2, Leased: 3, Dead: 4, Oldest: 90 * time.Second}},
	}
	got := decode[samplePage](t, h.admin(viewerToken, http.MethodGet, samplesPath+"?minutes=10", ""))
	if len(got.Items) != 2 || !got.Items[1].At.Equal(minute) {
		t.Fatalf("samples of 10 minutes = %+v, want the two youngest", got.Items)
	}
	if s := got.Items[0]; s.Pushed != 5 || s.Agreed != 4 || s.Failed != 3 || s.Buried != 2 || s.Queue != nil {
		t.Errorf("sample = %+v, want the runs and no queue", s)
	}
	if q := got.Items[1].Queue; q == nil || q.Ready != 1 || q.Delayed != 2 || q.Leased != 3 || q.Dead != 4 || q.OldestSeconds != 90 {
		t.Errorf("sample's queue = %+v, want what was found", q)
	}
	if all := decode[samplePage](t, h.admin(viewerToken, http.MethodGet, samplesPath, "")); len(all.Items) != 3 {
		t.Errorf("samples without minutes = %+v, want three hours of them", all.Items)
	}
}

func TestSamplesAreRefused(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]int{
		"?minutes=0": 400, "?minutes=1441": 400, "?minutes=x": 400, "?minutes=1": 200, "?minutes=1440": 200,
	} {
		h := newHarness(t)
		if got := h.admin(viewerToken, http.MethodGet, samplesPath+query, ""); got.status != want {
			t.Errorf("GET samples%s = %d, want %d", query, got.status, want)
		}
		h.archive.fail(errRedis)
		if want == 200 {
			want = 503
		}
		if got := h.admin(viewerToken, http.MethodGet, samplesPath+query, ""); got.status != want {
			t.Errorf("GET samples%s without Redis = %d, want %d", query, got.status, want)
		}
	}
	h := newHarness(t)
	if got := h.admin(viewerToken, http.MethodGet, "/admin/v1/tenants/nobody/samples", ""); got.status != 404 {
		t.Errorf("GET samples of an unknown tenant = %d, want 404", got.status)
	}
}

func TestWhoAmI(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	type identity struct{ Name, Role, Version string }
	for token, want := range map[string]identity{
		viewerToken: {"wallboard", "viewer", "v1.2.3"}, operatorToken: {"ops", "operator", "v1.2.3"},
	} {
		if got := decode[identity](t, h.admin(token, http.MethodGet, "/admin/v1/whoami", "")); got != want {
			t.Errorf("whoami = %+v, want %+v", got, want)
		}
	}
	if got := h.admin("wrong", http.MethodGet, "/admin/v1/whoami", ""); got.status != http.StatusUnauthorized {
		t.Errorf("whoami with a wrong token = %d, want 401", got.status)
	}
}
