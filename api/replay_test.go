package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/queue"
)

// replayed is the answer to a replay.
type replayed struct{ Matched, Replayed int }

func TestReplay(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want replayed
		left int // dead letters of the three
	}{
		"one":             {`{"filter":{"resource":"product","ids":["a"]}}`, replayed{1, 1}, 2},
		"several":         {`{"filter":{"resource":"product","ids":["a","b/c","æ"]}}`, replayed{3, 3}, 0},
		"one named twice": {`{"filter":{"resource":"product","ids":["a","a"]}}`, replayed{1, 1}, 2},
		"unknown id":      {`{"filter":{"resource":"product","ids":["x","a"]}}`, replayed{1, 1}, 2},
		"other resource":  {`{"filter":{"resource":"price","ids":["a"]}}`, replayed{0, 0}, 3},
		"dry run":         {`{"filter":{"resource":"product","ids":["a","b/c"]},"dryRun":true}`, replayed{2, 0}, 3},
		"not a dry run":   {`{"filter":{"resource":"product","ids":["a"]},"dryRun":false}`, replayed{1, 1}, 2},
		"same reason":     {`{"filter":{"resource":"product","ids":["a"],"reason":"uid_collision"}}`, replayed{1, 1}, 2},
		"other reason":    {`{"filter":{"resource":"product","ids":["a"],"reason":"poison"}}`, replayed{0, 0}, 3},
		"before": {
			`{"filter":{"resource":"product","ids":["a","b/c","æ"],"before":"2025-03-04T10:15:29.031+01:00"}}`,
			replayed{2, 2},
			1,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.jobs.letters["fjell_no"] = letters("a", "b/c", "æ")
			got := h.admin(operatorToken, http.MethodPost, replayPath, test.body)
			if got.status != http.StatusOK {
				t.Fatalf("replay(%s) = %d %s, want 200", test.body, got.status, got.body)
			}
			if r := decode[replayed](t, got); r != test.want {
				t.Errorf("replay(%s) = %+v, want %+v", test.body, r, test.want)
			}
			if left := len(h.jobs.letters["fjell_no"]); left != test.left {
				t.Errorf("replay(%s) left %d dead letters, want %d", test.body, left, test.left)
			}
		})
	}
}

// A letter that a newer event revived between being read and being replayed is not a failure.
func TestReplayRace(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.jobs.letters["fjell_no"], h.jobs.gone = letters("a"), true
	got := h.admin(operatorToken, http.MethodPost, replayPath, `{"filter":{"resource":"product","ids":["a"]}}`)
	if r := decode[replayed](t, got); r != (replayed{Matched: 1}) {
		t.Errorf("replay = %+v, want one matched and none replayed", r)
	}
}

func TestReplayWhenRedisFailsHalfWay(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.jobs.letters["fjell_no"], h.jobs.replayErr = letters("a"), errRedis
	got := h.admin(operatorToken, http.MethodPost, replayPath, `{"filter":{"resource":"product","ids":["a"]}}`)
	if got.status != http.StatusServiceUnavailable {
		t.Errorf("replay = %d, want 503", got.status)
	}
	if !strings.Contains(h.log.String(), "dead letters replayed") {
		t.Errorf("the action is not logged:\n%s", h.log)
	}
}

func TestReplayRefuses(t *testing.T) {
	t.Parallel()
	ids := func(n, size int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("%0*d", size, i)
		}
		raw, _ := json.Marshal(list)
		return `{"filter":{"resource":"product","ids":` + string(raw) + `}}`
	}
	const invalid, bulk = "invalid-request", "bulk-replay"
	tests := map[string]struct {
		body, kind, field string
	}{
		"empty":               {"", invalid, ""},
		"not JSON":            {"x", invalid, ""},
		"array":               {"[]", invalid, ""},
		"cut off":             {`{"filter":`, invalid, ""},
		"something behind":    {replayBody + "{}", invalid, ""},
		"unknown field":       {`{"filter":{"resource":"product","ids":["a"],"state":"x"}}`, invalid, ""},
		"ids of a wrong type": {`{"filter":{"resource":"product","ids":"a"}}`, invalid, ""},
		"time that is none":   {`{"filter":{"resource":"product","ids":["a"],"before":"soon"}}`, invalid, ""},
		"nothing":             {`{}`, bulk, ""},
		"null":                {`null`, bulk, ""},
		"resource only":       {`{"filter":{"resource":"product"}}`, bulk, ""},
		"reason only":         {`{"filter":{"reason":"poison"}}`, bulk, ""},
		"no ids":              {`{"filter":{"resource":"product","ids":[]},"dryRun":true}`, bulk, ""},
		"no resource":         {`{"filter":{"ids":["a"]}}`, invalid, "filter.resource"},
		"unknown resource":    {`{"filter":{"resource":"starship","ids":["a"]}}`, invalid, "filter.resource"},
		"empty id":            {`{"filter":{"resource":"product","ids":["a",""]}}`, invalid, "filter.ids[1]"},
		"long id":             {ids(1, 513), invalid, "filter.ids[0]"},
		"too many ids":        {ids(101, 3), invalid, "filter.ids"},
		"long reason":         {`{"filter":{"resource":"product","ids":["a"],"reason":"` + strings.Repeat("x", 101) + `"}}`, invalid, "filter.reason"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.jobs.letters["fjell_no"] = letters("a")
			got := h.admin(operatorToken, http.MethodPost, replayPath, test.body)
			p := decode[problem](t, got)
			if got.status != http.StatusBadRequest || p.Type != "urn:omniflow:problem:"+test.kind {
				t.Errorf("replay(%.80s) = %d %s, want 400 %s", test.body, got.status, got.body, test.kind)
			}
			if test.field != "" && (len(p.Errors) != 1 || p.Errors[0].Field != test.field) {
				t.Errorf("replay(%.80s) names the fields %v, want %s", test.body, p.Errors, test.field)
			}
			if len(h.jobs.letters["fjell_no"]) != 1 {
				t.Errorf("replay(%.80s) replayed although it was refused", test.body)
			}
		})
	}
	for name, body := range map[string]string{"100 ids": ids(100, 3), "100 long ids": ids(100, 512)} {
		if got := newHarness(t).admin(operatorToken, http.MethodPost, replayPath, body); got.status != 200 {
			t.Errorf("replay of %s = %d %s, want 200", name, got.status, got.body)
		}
	}
	tooLarge := newHarness(t).admin(operatorToken, http.MethodPost, replayPath, strings.Repeat(" ", 1<<20))
	if tooLarge.status != http.StatusRequestEntityTooLarge {
		t.Errorf("replay of 1 MiB = %d, want 413", tooLarge.status)
	}
}

// Tenants do not see each other's letters.
func TestReplayStaysWithinTheTenant(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.jobs.letters["fjell_se"] = []queue.DeadLetter{letters("jacket-77")[0]}
	if r := decode[replayed](t, h.admin(operatorToken, http.MethodPost, replayPath, replayBody)); r != (replayed{}) {
		t.Errorf("replay = %+v, want nothing of another tenant", r)
	}
}
