package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
)

// leads takes part in the election and returns the token.
func leads(t *testing.T, l *ledger.Ledger, holder string, ttl time.Duration) int64 {
	t.Helper()
	token, err := l.Lead(t.Context(), holder, ttl)
	if err != nil {
		t.Fatalf("Lead(%s): %v", holder, err)
	}
	return token
}

func leader(t *testing.T, rdb redis.UniversalClient, l *ledger.Ledger) {
	t.Helper()
	const long, short = time.Minute, time.Millisecond
	first := leads(t, l, "a", long)
	if first == 0 {
		t.Fatal("nobody leads, and a is refused")
	}
	if got := leads(t, l, "a", long); got != first {
		t.Errorf("a prolongs its term: token %d, want %d", got, first)
	}
	if got := leads(t, l, "b", long); got != 0 {
		t.Errorf("b while a leads: token %d, want 0", got)
	}
	if err := l.Resign(t.Context(), "b"); err != nil {
		t.Errorf("Resign(b): %v", err)
	}
	if who, err := l.Leader(t.Context()); who != "a" || err != nil {
		t.Errorf("Leader = %q, %v; want a: b had nothing to resign from", who, err)
	}
	if err := l.Resign(t.Context(), "a"); err != nil {
		t.Errorf("Resign(a): %v", err)
	}
	second := leads(t, l, "b", long)
	if second <= first {
		t.Errorf("b after a: token %d, want more than %d", second, first)
	}
	// What a term's end looks like to the others: the lock is gone.
	if err := rdb.Del(t.Context(), "omniflow:{catchup}:leader").Err(); err != nil {
		t.Fatal(err)
	}
	if third := leads(t, l, "a", short); third <= second {
		t.Errorf("a after the term of b: token %d, want more than %d", third, second)
	}
	if err := rdb.Del(t.Context(), "omniflow:{catchup}:leader", "omniflow:{catchup}:token").Err(); err != nil {
		t.Fatal(err)
	}
	if fourth := leads(t, l, "a", short); fourth < first {
		t.Errorf("a after Redis has lost everything: token %d, want no less than %d", fourth, first)
	}
	if ttl := rdb.PTTL(t.Context(), "omniflow:{catchup}:leader").Val(); ttl > short {
		t.Errorf("the term ends in %v, want at most %v", ttl, short)
	}
}

func checkpoints(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	t.Helper()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	save := func(token int64, at time.Time) error {
		return l.SaveCheckpoint(t.Context(), fjell, event.Product, token, at)
	}
	if err := errors.Join(save(2, at), save(2, at.Add(time.Hour))); err != nil {
		t.Fatalf("SaveCheckpoint: %v", err)
	}
	if err := save(1, at.Add(2*time.Hour)); !errors.Is(err, ledger.ErrDeposed) {
		t.Errorf("SaveCheckpoint of an old leader: %v, want ErrDeposed", err)
	}
	if err := save(3, at); err != nil {
		t.Errorf("SaveCheckpoint of a new leader, to an earlier moment: %v", err)
	}
	got, err := l.Checkpoints(t.Context(), fjell)
	if diff := cmp.Diff(map[event.Resource]time.Time{event.Product: at}, got); err != nil || diff != "" {
		t.Errorf("Checkpoints: %v (-want +got)\n%s", err, diff)
	}
	if got, err := l.Checkpoints(t.Context(), skog); err != nil || len(got) != 0 {
		t.Errorf("Checkpoints of another tenant = %v, %v; want none", got, err)
	}
}

func wishList(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	t.Helper()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ask := func(since time.Time) {
		t.Helper()
		if err := l.Want(t.Context(), event.Price, since); err != nil {
			t.Fatalf("Want: %v", err)
		}
	}
	read := func() (ledger.Wish, bool) {
		t.Helper()
		found, err := l.Wishes(t.Context())
		if err != nil {
			t.Fatalf("Wishes: %v", err)
		}
		w, ok := found[event.Price]
		return w, ok
	}
	ask(at)
	ask(at.Add(-time.Minute))
	ask(at.Add(time.Minute))
	w, _ := read()
	if want := at.Add(-time.Minute); !w.Since.Equal(want) || w.Afresh {
		t.Errorf("Wishes = %+v, want the earliest moment %v and nothing afresh", w, want)
	}
	if err := l.WantAfresh(t.Context(), event.Price, at); err != nil {
		t.Fatal(err)
	}
	ask(at)
	if w, _ = read(); !w.Since.Equal(at.Add(-time.Minute)) || !w.Afresh {
		t.Errorf("Wishes = %+v, want the earliest moment, afresh because one has asked for it", w)
	}
	ask(at) // while the delta runs
	if err := l.Granted(t.Context(), event.Price, w); err != nil {
		t.Fatal(err)
	}
	again, ok := read()
	if !ok {
		t.Fatal("a wish that was made while the delta ran is forgotten")
	}
	if err := l.Granted(t.Context(), event.Price, again); err != nil {
		t.Fatal(err)
	}
	if w, ok := read(); ok {
		t.Errorf("Wishes after Granted = %v, want none", w)
	}
}
