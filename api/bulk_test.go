package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
		"all of a resource": {`{"filter":{"resource":"product"}}`, replayed{3, 3}, 0},
		"no ids":            {`{"filter":{"resource":"product","ids":[]},"dryRun":true}`, replayed{3, 0}, 3},
		"all of a reason":   {`{"filter":{"reason":"uid_collision"}}`, replayed{3, 3}, 0},
		"none of a reason":  {`{"filter":{"reason":"poison"}}`, replayed{0, 0}, 3},
		"all until then":    {`{"filter":{"before":"2025-03-04T09:15:29.031Z"}}`, replayed{2, 2}, 1},
		"count until then":  {`{"filter":{"before":"2025-03-04T09:15:29.031Z"},"dryRun":true}`, replayed{2, 0}, 3},
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
	h.jobs.letters["fjell_no"], h.jobs.settleErr = letters("a"), errRedis
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
	const invalid = "invalid-request"
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
		"nothing":             {`{}`, invalid, "filter"},
		"null":                {`null`, invalid, "filter"},
		"an empty filter":     {`{"filter":{}}`, invalid, "filter"},
		"no ids alone":        {`{"filter":{"ids":[]},"dryRun":true}`, invalid, "filter"},
		"wrong cursor":        {`{"filter":{"resource":"product"},"cursor":"!"}`, invalid, ""},
		"cursor of others":    {`{"filter":{"resource":"product"},"cursor":"YWJj"}`, invalid, ""},
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
	if got := newHarness(t).admin(operatorToken, http.MethodPost, replayPath, `{"filter":{"resource":"starship"}}`); got.status != 400 {
		t.Errorf("replay of an unknown resource = %d %s, want 400", got.status, got.body)
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

// many are dead letters of two reasons, the youngest first.
func many(n int) []queue.DeadLetter {
	var all []queue.DeadLetter
	for i := range n {
		d := letters(fmt.Sprintf("p%05d", i))[0]
		d.DiedAt = d.DiedAt.Add(-time.Duration(i) * time.Second)
		if i%2 == 1 {
			d.Reason = "poison"
		}
		all = append(all, d)
	}
	return all
}

func TestDiscardMany(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.jobs.letters["fjell_no"] = many(1001)
	type discarded struct {
		Matched, Discarded int
		NextCursor         string
	}
	for _, test := range []struct {
		body string
		want discarded
		left int
	}{
		{`{"filter":{"reason":"poison"},"dryRun":true}`, discarded{Matched: 500}, 1001},
		{`{"filter":{"reason":"poison"}}`, discarded{Matched: 500, Discarded: 500}, 501},
		{`{"filter":{"before":"2030-01-01T00:00:00Z"}}`, discarded{Matched: 501, Discarded: 501}, 0},
	} {
		got := h.admin(operatorToken, http.MethodPost, discardPath, test.body)
		if got.status != http.StatusOK || decode[discarded](t, got) != test.want {
			t.Errorf("discard(%s) = %d %s, want %+v", test.body, got.status, got.body, test.want)
		}
		if left := len(h.jobs.letters["fjell_no"]); left != test.left {
			t.Errorf("discard(%s) left %d letters, want %d", test.body, left, test.left)
		}
	}
	if log := h.log.String(); strings.Count(log, `"dead letters discarded"`) != 3 || !strings.Contains(log, `"actor":"ops"`) {
		t.Errorf("the log does not say who did what:\n%s", log)
	}
}

// A request that takes too long answers with what it did, and the next one goes on from there. What
// dies meanwhile is not touched.
func TestReplayGoesOnInTheNextRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.jobs.letters["fjell_no"], h.jobs.slow = many(2000), 3*time.Second
		done, requests, cursor := 0, 0, ""
		for {
			began := time.Now()
			got := h.admin(operatorToken, http.MethodPost, replayPath,
				`{"filter":{"reason":"poison"},"cursor":"`+cursor+`"}`)
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("replay took %v, want up to 10s", took)
			}
			if got.status != http.StatusOK {
				t.Fatalf("replay = %d %s, want 200", got.status, got.body)
			}
			answer := decode[struct {
				Replayed   int
				NextCursor string
			}](t, got)
			done += answer.Replayed
			requests++
			if cursor = answer.NextCursor; cursor == "" {
				break
			}
			again := many(1)[0]
			again.Reason, again.DiedAt = "poison", died.Add(time.Duration(requests)*time.Minute)
			h.jobs.letters["fjell_no"] = slices.Insert(h.jobs.letters["fjell_no"], 0, again)
		}
		if done != 1000 || requests != 5 {
			t.Errorf("replayed %d letters in %d requests, want 1000 in 5", done, requests)
		}
	})
}
