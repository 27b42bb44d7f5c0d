package omnium_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

func sampleMarkets(t *testing.T) []omnium.Market {
	t.Helper()
	var list []omnium.Market
	if err := json.Unmarshal(sample(t, "markets"), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestMarketsAreCachedForAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.SetMarkets(sampleMarkets(t))
		c := newClient(t, s)
		for range 3 {
			got, err := c.Markets(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sampleMarkets(t), got); diff != "" {
				t.Errorf("Markets (-want +got):\n%s", diff)
			}
			time.Sleep(25 * time.Minute)
		}
		wantCalls(t, s, omniumtest.OpMarkets, 1)
		if _, err := c.Markets(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantCalls(t, s, omniumtest.OpMarkets, 2)
	})
}

func TestForgetMarkets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		c := newClient(t, s, func(o *omnium.Options) { o.Transport = slowAnswers{s.Transport(), time.Second} })
		markets := func(want int) {
			t.Helper()
			got, err := c.Markets(t.Context())
			if err != nil || len(got) != want {
				t.Errorf("Markets = %d, %v, want %d", len(got), err, want)
			}
		}
		markets(0)
		s.SetMarkets(sampleMarkets(t))
		markets(0)
		c.ForgetMarkets()
		var wg sync.WaitGroup
		wg.Go(func() { markets(3) })
		time.Sleep(500 * time.Millisecond)
		// The read under way has its answer already: it must not become the cache.
		s.SetMarkets(sampleMarkets(t)[:1])
		c.ForgetMarkets()
		wg.Wait()
		markets(1)
		markets(1)
		wantCalls(t, s, omniumtest.OpMarkets, 3)
	})
}

func TestMarketsFail(t *testing.T) {
	t.Parallel()
	s := newServer()
	fail := true
	s.Fail = func(r *http.Request) (int, http.Header, bool) {
		return http.StatusForbidden, nil, fail && r.URL.Path == "/api/Markets"
	}
	c := newClient(t, s)
	_, err := c.Markets(t.Context())
	wantStatus(t, err, http.StatusForbidden)
	fail = false
	if _, err := c.Markets(t.Context()); err != nil {
		t.Errorf("Markets after the failure: %v", err)
	}
}

func TestStores(t *testing.T) {
	t.Parallel()
	s := newServer()
	want := []omnium.Store{{ID: "101", AvailableOnMarkets: []string{"NOR"}}, {ID: "900"}}
	s.SetStores(want)
	got, err := newClient(t, s).Stores(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(omnium.Store{}, "Modified")); diff != "" {
		t.Errorf("Stores (-want +got):\n%s", diff)
	}
}

func TestMalformedList(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/Token" {
			_, _ = w.Write([]byte("token"))
			return
		}
		_, _ = w.Write([]byte(`{"result":[]}`))
	})
	c := newClient(t, newServer(), func(o *omnium.Options) { o.Transport = omniumtest.Transport(handler) })
	if _, err := c.Stores(t.Context()); !errors.Is(err, omnium.ErrMalformed) {
		t.Errorf("Stores = %v, want ErrMalformed", err)
	}
	if _, err := c.Markets(t.Context()); !errors.Is(err, omnium.ErrMalformed) {
		t.Errorf("Markets = %v, want ErrMalformed", err)
	}
}
