package flow

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// batchServer answers a batch write: 207 when it holds an item of failing, 422 when one of refused,
// and 503 from the down-th request on.
type batchServer struct {
	failing, refused []int
	down             int
	requests         int
	taken            []int
}

func (s *batchServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests++
	var items []int
	if err := json.NewDecoder(r.Body).Decode(&items); err != nil {
		return nil, err
	}
	status := http.StatusOK
	for _, item := range items {
		switch {
		case slices.Contains(s.refused, item):
			status = http.StatusUnprocessableEntity
		case slices.Contains(s.failing, item) && status == http.StatusOK:
			status = http.StatusMultiStatus
		}
	}
	if s.down > 0 && s.requests >= s.down {
		status = http.StatusServiceUnavailable
	}
	if status == http.StatusOK {
		s.taken = append(s.taken, items...)
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("{}")), Header: http.Header{}, Request: r}, nil
}

func TestInBatches(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		server   batchServer
		items    int
		want     map[int]string // item: beginning of its error
		requests int
	}{
		"nothing":             {items: 0},
		"all at once":         {items: 100, requests: 1},
		"bounded":             {items: 250, requests: 3},
		"one fails":           {batchServer{failing: []int{5}}, 8, map[int]string{5: "price.batch: 207"}, 7},
		"one refuses all":     {batchServer{refused: []int{0}}, 4, map[int]string{0: "422"}, 5},
		"two of them":         {batchServer{failing: []int{0}, refused: []int{3}}, 4, map[int]string{0: "price.batch: 207", 3: "422"}, 7},
		"only one, and bad":   {batchServer{failing: []int{0}}, 1, map[int]string{0: "price.batch: 207"}, 1},
		"away from the start": {batchServer{down: 1}, 3, map[int]string{0: "503", 1: "503", 2: "503"}, 1},
		"away in the middle":  {batchServer{failing: []int{3}, down: 3}, 4, map[int]string{2: "503", 3: "503"}, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := New(Options{
				Tenant: "t", BaseURL: "http://flow.test", AccessToken: func() string { return "x" },
				Transport: &test.server, Breaker: Breaker{ConsecutiveFailures: 1000},
			})
			if err != nil {
				t.Fatal(err)
			}
			items := make([]int, test.items)
			for i := range items {
				items[i] = i
			}
			errs := inBatches(t.Context(), c, items, func(part []int) call {
				return call{op: "price.batch", body: part}
			})
			for i, err := range errs {
				if got := errorText(err); !strings.Contains(got, test.want[i]) || (test.want[i] == "") != (err == nil) {
					t.Errorf("item %d: error %q, want %q", i, got, test.want[i])
				}
				if (err == nil) != slices.Contains(test.server.taken, i) {
					t.Errorf("item %d: error %v, taken %v", i, err, test.server.taken)
				}
			}
			if len(errs) != test.items || test.server.requests != test.requests {
				t.Errorf("%d errors after %d requests, want %d after %d",
					len(errs), test.server.requests, test.items, test.requests)
			}
		})
	}
}

func errorText(err error) string {
	if s := status(err); s != 0 {
		return fmt.Sprint(s)
	}
	if err == nil {
		return ""
	}
	return err.Error()
}
