package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// An operator has everything synchronised: what no webhook ever named is in Flow then.
func TestSyncCommandMakesFlowAgree(t *testing.T) {
	t.Parallel()
	h := newHarness(t, catchingUp)
	for i := range 20 {
		h.omnium.PutProduct(simple(fmt.Sprintf("cup%d", i), "Kopp"))
	}
	h.env[tokenVar] = adminToken
	p := &person{harness: h, away: true}
	r := h.start()
	for _, id := range []string{"fjell_no", "fjell_se"} {
		p.wantCode(p.call(r, "sync", "-t", id, "--resources", "product"), 0)
		p.wantPrinted("is done: 20 objects")
	}
	if err := h.disagreement(); err != nil {
		t.Errorf("after the synchronisations: %v", err)
	}
	p.wantCode(p.call(r, "sync", "list", "-t", "fjell_no", "--json"), 0)
	var list struct{ Items []synchronisation }
	if err := json.Unmarshal(p.stdout.Bytes(), &list); err != nil || len(list.Items) != 1 || list.Items[0].State != "done" {
		t.Errorf("sync list --json = %s, %v, want the one that is done", &p.stdout, err)
	}
	p.wantCode(p.call(r, "sync", "list", "-t", "fjell_no"), 0)
	p.wantPrinted(list.Items[0].ID, "full", "product")
	p.wantCode(p.call(r, "sync", "cancel", "-t", "fjell_no", list.Items[0].ID), 0)
	p.wantPrinted("is over already: done")
	p.wantCode(p.call(r, "sync", "cancel", "-t", "fjell_no", "nothing"), exitFailed)
	p.wantCode(p.call(r, "sync", "-t", "fjell_no", "--resources", "store"), exitFailed)
	p.wantCode(p.call(r, "sync", "-t", "fjell_no", "--since", "tomorrow"), exitUsage)
	p.wantCode(p.call(r, "sync", "-t", "fjell_no", "--since", "1h", "--detach"), 0)
	p.wantPrinted("begins: product", "'omniflow sync cancel -t fjell_no ")
	p.wantCode(p.call(r, "sync"), exitUsage) // there are two tenants
	r.stop()
}

// script is a service that answers looks at a synchronisation one after the other, the last one again
// and again.
type script struct {
	mu      sync.Mutex
	answers []string // empty is a 503
	asked   []string // method and path, and the body
	onLook  func()
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	s.asked = append(s.asked, r.Method+" "+r.URL.EscapedPath()+" "+string(body))
	answer := `{"id":"S1","state":"waiting","resources":["product","store"]}`
	if r.Method == http.MethodGet {
		answer = s.answers[0]
		if len(s.answers) > 1 {
			s.answers = s.answers[1:]
		}
		if s.onLook != nil {
			s.onLook()
		}
	}
	if answer == "" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = io.WriteString(w, answer)
}

// watch runs the command against the script.
func (s *script) watch(ctx context.Context, t *testing.T, terminal bool, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	var out, screen strings.Builder
	env := &environment{
		getenv:    func(name string) (string, bool) { return adminToken, name == tokenVar },
		stdin:     strings.NewReader(""),
		stdout:    &out,
		stderr:    &screen,
		terminal:  func(any) bool { return terminal },
		lookEvery: time.Millisecond,
	}
	err = execute(ctx, append([]string{"sync", "-t", "t/1", "--url", server.URL}, args...), env)
	return out.String(), screen.String(), err
}

const (
	listing  = `{"id":"S1","state":"listing","resources":["product","store"],"listed":["store"],"seen":500,"queued":500,"done":10,"rate":5}`
	draining = `{"id":"S1","state":"draining","resources":["product","store"],"queued":1000,"done":490,"failed":10,"total":1000,"rate":25,"estimate":20}`
	finished = `{"id":"S1","state":"done","resources":["product","store"],"queued":1000,"done":1000,"total":1000}`
)

func TestSyncCommandShowsProgress(t *testing.T) {
	t.Parallel()
	s := &script{answers: []string{listing, "", draining, finished}}
	stdout, screen, err := s.watch(t.Context(), t, true, "--resources", "product,store", "--orphan-limit", "7")
	if err != nil || !strings.Contains(stdout, "S1 of t/1 is done: 1000 objects, 1000 done, 0 failed.") {
		t.Errorf("sync = %v and prints %s, want the end", err, stdout)
	}
	for _, want := range []string{
		"listing  1 of 2 lists, 500 seen, 10 of 500 done", "draining  [###############...............] 490 of 1000 done",
		"25.0/s, 20s left",
	} {
		if !strings.Contains(screen, want) {
			t.Errorf("the screen showed %q, want %q in it", screen, want)
		}
	}
	if !strings.HasSuffix(screen, "\x1b[2K") {
		t.Errorf("the screen showed %q, want the bar wiped away", screen)
	}
	if want := `POST /admin/v1/tenants/t%2F1/syncs {"orphanLimitPercent":7,"resources":["product","store"]}`; s.asked[0] != want {
		t.Errorf("asked %s, want %s", s.asked[0], want)
	}
}

func TestSyncCommandPrintsLinesWithoutATerminal(t *testing.T) {
	t.Parallel()
	s := &script{answers: []string{listing, listing, draining, finished}}
	_, lines, err := s.watch(t.Context(), t, false)
	if err != nil || strings.Contains(lines, "\x1b") || strings.Count(lines, "\n") != 3 {
		t.Errorf("sync = %v and says %q, want a line for each of three states", err, lines)
	}
	s = &script{answers: []string{draining, finished}}
	stdout, lines, err := s.watch(t.Context(), t, false, "--json")
	var end synchronisation
	if err != nil || json.Unmarshal([]byte(stdout), &end) != nil || end.State != "done" || lines != "" {
		t.Errorf("sync --json = %v, prints %s and says %q, want the end as JSON and nothing else", err, stdout, lines)
	}
}

func TestSyncCommandEndsAsTheSynchronisationDid(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{
		finished: 0,
		`{"id":"S1","state":"done","queued":3,"done":2,"failed":1}`:              exitAttention,
		`{"id":"S1","state":"done","queued":3,"done":3,"orphans":9,"refused":9}`: exitAttention,
		`{"id":"S1","state":"failed","error":"omnium: not listed"}`:              exitFailed,
		`{"id":"S1","state":"cancelled"}`:                                        exitFailed,
		"":                                                                       exitFailed,
	} {
		s := &script{answers: []string{answer}}
		stdout, _, err := s.watch(t.Context(), t, false)
		if got := 0; err != nil {
			if got = exitCode(err); got != want {
				t.Errorf("sync that ends with %q = %v, exit code %d, want %d", answer, err, got, want)
			}
		} else if want != 0 {
			t.Errorf("sync that ends with %q = nil and prints %s, want the exit code %d", answer, stdout, want)
		}
	}
}

// Whoever stops watching does not end the work, and is told how to.
func TestInterruptedSyncCommandGoesOnInTheService(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	s := &script{answers: []string{draining}, onLook: interrupt}
	_, _, err := s.watch(ctx, t, true)
	if err == nil || exitCode(err) != exitFailed || !strings.Contains(err.Error(), "'omniflow sync cancel -t t/1 S1' ends it") {
		t.Errorf("interrupted sync = %v, want how to end it", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, asked := range s.asked {
		if strings.HasPrefix(asked, http.MethodDelete) {
			t.Error("interrupted sync has ended the synchronisation")
		}
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 3, 4, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"": {}, "90m": now.Add(-90 * time.Minute), "2025-03-04T10:00:00+01:00": now.Add(-time.Hour),
	} {
		if got, err := moment(text, now); err != nil || !got.Equal(want) {
			t.Errorf("moment(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"-1h", "0s", "yesterday", "2025-03-05T10:00:00Z"} {
		if got, err := moment(text, now); err == nil || exitCode(err) != exitUsage || !errors.As(err, new(*exitError)) {
			t.Errorf("moment(%q) = %v, %v, want a wrong usage", text, got, err)
		}
	}
}
