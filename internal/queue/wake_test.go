package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// listen returns what one process hears, after the first word, which is that it listens.
func listen(t *testing.T, q *queue.Queue) <-chan tenant.ID {
	t.Helper()
	heard := make(chan tenant.ID, 64)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := q.Listen(ctx, func(id tenant.ID) { heard <- id }); err != nil {
			t.Errorf("Listen = %v, want nil", err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if q.Listening() {
			t.Error("Listening after the end = true, want false")
		}
	})
	wantHeard(t, heard, queue.AllTenants)
	if !q.Listening() {
		t.Fatal("Listening = false after the subscription began, want true")
	}
	return heard
}

func wantHeard(t *testing.T, heard <-chan tenant.ID, want tenant.ID) {
	t.Helper()
	select {
	case got := <-heard:
		if got != want {
			t.Fatalf("heard %q, want %q", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("heard nothing, want %q", want)
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		m, rdb := startMini(t)
		other := redis.NewClient(&redis.Options{Addr: m.Addr()})
		t.Cleanup(func() { _ = other.Close() })
		checkListen(t, rdb, other)
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		checkListen(t, server.Client(), server.Client())
	})
}

// checkListen does in one process what another one must hear of. What it must not hear is followed
// by something that it must: messages keep their order.
func checkListen(t *testing.T, here, there redis.UniversalClient) {
	t.Helper()
	ctx := t.Context()
	heard := listen(t, newQueue(t, here, queue.Options{}))
	q := newQueue(t, there, queue.Options{})

	mustEnqueue(t, q, product("a", "1"), product("a", "2"), product("b/{}", "1"))
	wantHeard(t, heard, "a")
	wantHeard(t, heard, "b/{}")
	mustEnqueue(t, q, product("a", "3"), product("c", "1")) // a has something due
	wantHeard(t, heard, "c")

	jobs := mustClaim(t, q, "a", 10)
	mustEnqueue(t, q, product("a", "1"), product("d", "1")) // 1 of a is leased
	wantHeard(t, heard, "d")
	mustEnqueue(t, q, product("a", "4"))
	wantHeard(t, heard, "a")

	if _, err := q.Bury(ctx, jobs[1], "reason", "detail"); err != nil {
		t.Fatalf("Bury = %v, want nil", err)
	}
	mustClaim(t, q, "a", 10)
	if err := q.Replay(ctx, "a", jobs[1].Key); err != nil {
		t.Fatalf("Replay = %v, want nil", err)
	}
	wantHeard(t, heard, "a")

	if err := q.Suspend(ctx, "b/{}", "401"); err != nil {
		t.Fatalf("Suspend = %v, want nil", err)
	}
	if err := q.Unsuspend(ctx, "b/{}"); err != nil {
		t.Fatalf("Unsuspend = %v, want nil", err)
	}
	wantHeard(t, heard, "b/{}")

	late := newQueue(t, there, queue.Options{Coalesce: time.Minute})
	mustEnqueue(t, late, product("e", "1")) // others shall know when to look
	wantHeard(t, heard, "e")
	mustEnqueue(t, late, product("e", "2"), product("f", "1"))
	wantHeard(t, heard, "f")
	mustEnqueue(t, q, product("e", "3")) // sooner than what e waits for
	wantHeard(t, heard, "e")
}

// TestListenOutlivesTheServer: who listens learns that it may have missed something, both when the
// server goes and when it is back.
func TestListenOutlivesTheServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	listener := newQueue(t, server.Client(), queue.Options{})
	heard := listen(t, listener)
	server.Kill()
	wantHeard(t, heard, queue.AllTenants)
	if listener.Listening() {
		t.Error("Listening without a server = true, want false")
	}
	server.Restart()
	wantHeard(t, heard, queue.AllTenants)
	mustEnqueue(t, newQueue(t, server.Client(), queue.Options{}), product("a", "1"))
	wantHeard(t, heard, "a")
}

// TestRefusedHintLosesNothing: a user who may not publish can enqueue all the same.
func TestRefusedHintLosesNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := server.Client()
	err := admin.Do(t.Context(), "ACL", "SETUSER", "mute", "on", ">pass", "~*", "+@all", "resetchannels").Err()
	if err != nil {
		t.Fatalf("ACL SETUSER = %v, want nil", err)
	}
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr(), Username: "mute", Password: "pass"})
	t.Cleanup(func() { _ = rdb.Close() })
	q := newQueue(t, rdb, queue.Options{})
	if got := mustEnqueue(t, q, product("t", "1")); got[0] != queue.Accepted {
		t.Errorf("Enqueue without the channel = %v, want %s", got, queue.Accepted)
	}
	if err := q.Resume(t.Context(), "t"); err != nil {
		t.Errorf("Resume without the channel = %v, want nil", err)
	}
	if jobs := mustClaim(t, q, "t", 1); len(jobs) != 1 {
		t.Errorf("Claim = %v, want the job", jobs)
	}
}
