package omnium_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// throttled makes the next n requests that are not for a token answer 429.
func throttled(s *omniumtest.Server, n int64, retryAfter string) *atomic.Int64 {
	left := &atomic.Int64{}
	left.Store(n)
	s.Fail = func(r *http.Request) (int, http.Header, bool) {
		header := http.Header{}
		if retryAfter != "" {
			header.Set("Retry-After", retryAfter)
		}
		return http.StatusTooManyRequests, header, r.URL.Path != "/api/Token" && left.Add(-1) >= 0
	}
	return left
}

// wantThrottled checks that Stores fails with *ThrottledError, and returns its wait.
func wantThrottled(ctx context.Context, t *testing.T, c *omnium.Client) time.Duration {
	t.Helper()
	_, err := c.Stores(ctx)
	e, ok := errors.AsType[*omnium.ThrottledError](err)
	if !ok {
		t.Fatalf("Stores = %v, want *ThrottledError", err)
	}
	return e.Wait
}

func TestThrottleHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		throttled(s, 1, "20")
		c := newClient(t, s)
		if got := wantThrottled(t.Context(), t, c); got != 20*time.Second {
			t.Errorf("wait = %v, want 20s", got)
		}
		time.Sleep(5 * time.Second)
		if got := wantThrottled(t.Context(), t, c); got != 15*time.Second {
			t.Errorf("wait of another call = %v, want 15s", got)
		}
		wantCalls(t, s, omniumtest.OpStores, 1)
		// What is left of the pause is short enough to wait for.
		time.Sleep(11 * time.Second)
		start := time.Now()
		if _, err := c.Stores(t.Context()); err != nil || time.Since(start) != 4*time.Second {
			t.Errorf("Stores = %v after %v, want success after 4s", err, time.Since(start))
		}
	})
}

func TestThrottleMindsTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		throttled(s, 1, "3")
		c := newClient(t, s)
		wantThrottled(t.Context(), t, c)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := wantThrottled(ctx, t, c); got != 3*time.Second {
			t.Errorf("wait = %v, want 3s at once", got)
		}
		// Without a deadline the call waits, but ends with its context.
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := c.Stores(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Stores = %v, want context.Canceled", err)
		}
	})
}

func TestThrottleDoublesWithoutRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		left := throttled(s, 8, "")
		c := newClient(t, s)
		for i, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60, 60} {
			if got := wantThrottled(t.Context(), t, c); got != want*time.Second {
				t.Errorf("wait after refusal %d = %v, want %vs", i+1, got, int(want))
			}
			time.Sleep(want * time.Second)
		}
		if _, err := c.Stores(t.Context()); err != nil {
			t.Fatalf("Stores after the pause: %v", err)
		}
		left.Store(1)
		if got := wantThrottled(t.Context(), t, c); got != 2*time.Second {
			t.Errorf("wait after a success = %v, want 2s again", got)
		}
	})
}

func TestRequestsRefusedTogetherPauseOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		throttled(s, 5, "")
		s.Delay = func(*http.Request) time.Duration { return time.Second }
		c := newClient(t, s, func(o *omnium.Options) { o.RequestsPerSecond = 1000 })
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if got := wantThrottled(t.Context(), t, c); got != 2*time.Second {
					t.Errorf("wait = %v, want 2s", got)
				}
			})
		}
		wg.Wait()
	})
}

// A client that is allowed too much is refused, pauses as a whole, and gets through afterwards.
func TestServerLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.Delay = func(*http.Request) time.Duration { return 50 * time.Millisecond }
		greedy := newClient(t, s, func(o *omnium.Options) { o.MaxConcurrent, o.RequestsPerSecond = 30, 10_000 })
		var refused atomic.Int64
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				_, err := greedy.Stores(t.Context())
				if _, ok := errors.AsType[*omnium.ThrottledError](err); ok {
					refused.Add(1)
				} else if err != nil {
					t.Errorf("Stores: %v", err)
				}
			})
		}
		wg.Wait()
		if n := refused.Load(); n < 1 || n > 10 {
			t.Errorf("refused = %d of 30 at once, want 1 to 10", n)
		}
	})
}
