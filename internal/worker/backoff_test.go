package worker_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/worker"
)

func TestBackoffCeiling(t *testing.T) {
	t.Parallel()
	usual := worker.Backoff{Min: time.Second, Max: 10 * time.Minute}
	for _, tt := range []struct {
		backoff worker.Backoff
		attempt int
		want    time.Duration
	}{
		{usual, 1, 2 * time.Second},
		{usual, 2, 4 * time.Second},
		{usual, 9, 512 * time.Second},
		{usual, 10, 10 * time.Minute},
		{usual, 64, 10 * time.Minute},
		{usual, math.MaxInt, 10 * time.Minute},
		{usual, 0, 2 * time.Second},
		{usual, -5, 2 * time.Second},
		{worker.Backoff{Min: time.Second, Max: math.MaxInt64}, 33, 1 << 33 * time.Second},
		{worker.Backoff{Min: time.Second, Max: math.MaxInt64}, 34, math.MaxInt64},
		{worker.Backoff{Min: time.Second, Max: math.MaxInt64}, 1000, math.MaxInt64},
		{worker.Backoff{Min: time.Minute, Max: time.Minute}, 7, time.Minute},
	} {
		if got := tt.backoff.Ceiling(tt.attempt); got != tt.want {
			t.Errorf("%+v.Ceiling(%d) = %v, want %v", tt.backoff, tt.attempt, got, tt.want)
		}
	}
}

func TestBackoffDelayIsWithinItsBounds(t *testing.T) {
	t.Parallel()
	for _, b := range []worker.Backoff{
		{Min: time.Second, Max: 10 * time.Minute},
		{Min: time.Millisecond, Max: math.MaxInt64},
		{Min: time.Minute, Max: time.Minute},
		{Min: 1, Max: 3},
	} {
		for _, attempt := range []int{0, 1, 2, 5, 12, 63, 64, 100} {
			distinct := map[time.Duration]bool{}
			for range 200 {
				got := b.Delay(attempt)
				if got < b.Min || got > b.Ceiling(attempt) {
					t.Fatalf("%+v.Delay(%d) = %v, want %v to %v", b, attempt, got, b.Min, b.Ceiling(attempt))
				}
				distinct[got] = true
			}
			if b.Max >= time.Hour && len(distinct) < 100 {
				t.Errorf("%+v.Delay(%d) = %d values in 200 calls, want them spread", b, attempt, len(distinct))
			}
		}
	}
}

func ExampleBackoff() {
	b := worker.Backoff{Min: time.Second, Max: 10 * time.Minute}
	for _, attempt := range []int{1, 2, 3, 12} {
		fmt.Printf("attempt %d waits 1s to %v\n", attempt, b.Ceiling(attempt))
	}
	// Output:
	// attempt 1 waits 1s to 2s
	// attempt 2 waits 1s to 4s
	// attempt 3 waits 1s to 8s
	// attempt 12 waits 1s to 10m0s
}
