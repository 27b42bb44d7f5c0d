package rest_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		header string
		want   time.Duration
	}{
		{"", 0},
		{"0", 0},
		{"7", 7 * time.Second},
		{"0007", 7 * time.Second},
		{"3600", time.Hour},
		{"3601", time.Hour},
		{"99999999999999999999999999", time.Hour},
		{"-1", 0},
		{"-9223372036854775808", 0},
		{"-10000000000", 0},
		{"+7", 0},
		{"7.5", 0},
		{"7s", 0},
		{"soon", 0},
		{"Mon, 23 Nov 2026 12:00:30 GMT", 30 * time.Second},
		{"Monday, 23-Nov-26 12:00:30 GMT", 30 * time.Second},
		{"Mon Nov 23 12:00:30 2026", 30 * time.Second},
		{"Mon, 23 Nov 2026 11:59:59 GMT", 0},
		{"Tue, 24 Nov 2026 12:00:00 GMT", time.Hour},
		{"Fri, 31 Dec 9999 23:59:59 GMT", time.Hour},
		{"Mon, 01 Jan 0001 00:00:00 GMT", 0},
	} {
		if got := rest.RetryAfter(tt.header, now); got != tt.want {
			t.Errorf("RetryAfter(%q) = %s, want %s", tt.header, got, tt.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "7", "-1", "99999999999999999999", "Mon, 23 Nov 2026 12:00:30 GMT", "-10000000000"} {
		f.Add(seed, int64(1795435200))
	}
	f.Fuzz(func(t *testing.T, header string, now int64) {
		got := rest.RetryAfter(header, time.Unix(now, 0))
		if got < 0 || got > time.Hour {
			t.Errorf("RetryAfter(%q, %d) = %s, want 0 to 1h", header, now, got)
		}
	})
}

func ExampleError() {
	err := fmt.Errorf("push product: %w", &rest.Error{
		Method: http.MethodPut, Label: "product.update", StatusCode: 503, RetryAfter: 5 * time.Second,
	})
	if answer, ok := errors.AsType[*rest.Error](err); ok {
		fmt.Println(err)
		fmt.Println(answer.StatusCode, answer.RetryAfter)
	}
	// Output:
	// push product: PUT product.update: status 503
	// 503 5s
}
