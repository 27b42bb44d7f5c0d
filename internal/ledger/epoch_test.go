package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue/redistest"
)

// doubts reads the print of a uid and fails the test unless it is doubtful as wanted.
func doubts(ctx context.Context, t *testing.T, l *ledger.Ledger, uid string, want bool) {
	t.Helper()
	got, err := l.Prints(ctx, fjell, "product", []string{uid})
	if p, known := got[uid]; !known || p.Doubtful != want || err != nil {
		t.Errorf("Prints(%s) = %+v, %v; want one with Doubtful %t", uid, got, err, want)
	}
}

func save(ctx context.Context, t *testing.T, l *ledger.Ledger, uid string) {
	t.Helper()
	if err := l.SavePrints(ctx, fjell, "product", map[string]ledger.Print{uid: {Body: "abc", There: true}}); err != nil {
		t.Fatalf("SavePrints(%s) = %v, want nil", uid, err)
	}
}

// TestPrintsAreDoubtfulAfterARestart has Redis come back, which may have lost what it acknowledged last.
func TestPrintsAreDoubtfulAfterARestart(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	rdb, ctx := server.Client(), t.Context()
	l, other := ledger.New(rdb), ledger.New(rdb)
	save(ctx, t, l, "before")
	doubts(ctx, t, l, "before", false)
	doubts(ctx, t, other, "before", false) // also for a process that has just begun

	server.Kill()
	server.Restart()
	doubts(ctx, t, other, "before", true) // whoever looks first
	doubts(ctx, t, l, "before", true)
	save(ctx, t, l, "after")
	doubts(ctx, t, other, "after", false)
	doubts(ctx, t, l, "before", true) // until it is saved
	save(ctx, t, l, "before")
	doubts(ctx, t, other, "before", false)
}

// TestPrintsAreDoubtfulAfterAFailover has a replica take over, which may not have had what the master
// acknowledged last.
func TestPrintsAreDoubtfulAfterAFailover(t *testing.T) {
	t.Parallel()
	f := redistest.StartSentinel(t)
	rdb, ctx := f.Client(), t.Context()
	l := ledger.New(rdb)
	save(ctx, t, l, "before")
	doubts(ctx, t, l, "before", false)
	f.WaitInSync()
	f.Master.Kill()
	deadline, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for err := errors.New("not asked yet"); err != nil; { // until the client has found the new master
		if _, err = l.Prints(deadline, fjell, "product", []string{"before"}); deadline.Err() != nil {
			t.Fatalf("Prints after the failover: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	doubts(ctx, t, l, "before", true)
}

// TestPrintsOfASilentServer has a user who may not ask which process answers.
func TestPrintsOfASilentServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	ctx := t.Context()
	if err := server.Client().Do(ctx, "ACL", "SETUSER", "default", "-info").Err(); err != nil {
		t.Fatal(err)
	}
	l := ledger.New(server.Client())
	save(ctx, t, l, "lamp")
	doubts(ctx, t, l, "lamp", false)
}

// TestPrintsOfAFullServer has a server that can note nothing: it is another one every time.
func TestPrintsOfAFullServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	rdb, ctx := server.Client(), t.Context()
	l := ledger.New(rdb)
	save(ctx, t, l, "lamp")
	server.Kill()
	server.Restart()
	full(ctx, t, rdb, true)
	doubts(ctx, t, l, "lamp", true)
	doubts(ctx, t, ledger.New(rdb), "lamp", true)
	full(ctx, t, rdb, false)
	doubts(ctx, t, l, "lamp", true)
	save(ctx, t, l, "lamp")
	doubts(ctx, t, ledger.New(rdb), "lamp", false)
}

func full(ctx context.Context, t *testing.T, rdb *redis.Client, on bool) {
	t.Helper()
	limit := map[bool]string{true: "1", false: "0"}[on]
	if err := rdb.ConfigSet(ctx, "maxmemory", limit).Err(); err != nil {
		t.Fatal(err)
	}
}

// TestManyPrints reads more than a script takes at once.
func TestManyPrints(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	l := ledger.New(redistest.Start(t).Client())
	all := map[string]ledger.Print{}
	for i := range 10_001 {
		all[fmt.Sprint(i)] = ledger.Print{Body: fmt.Sprint("body ", i)}
	}
	if err := l.SavePrints(ctx, fjell, "product", all); err != nil {
		t.Fatal(err)
	}
	got, err := l.Prints(ctx, fjell, "product", slices.Collect(maps.Keys(all)))
	if err != nil || len(got) != len(all) {
		t.Fatalf("Prints = %d prints, %v; want %d", len(got), err, len(all))
	}
	for uid, p := range got {
		if p.Body != all[uid].Body {
			t.Fatalf("print %s is %q, want %q", uid, p.Body, all[uid].Body)
		}
	}
}
