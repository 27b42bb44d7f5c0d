package queue_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
)

// TestWrongTypeFailsOneTenant puts a string in place of each structure in turn: nothing of that
// tenant's entries is lost once the structure is gone, and other tenants do not notice.
func TestWrongTypeFailsOneTenant(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	bad := queue.NamesOf("bad")
	for _, broken := range append([]string{bad.Meta, bad.Jobs, bad.Due, bad.Bulk, bad.Dead, bad.Died},
		queue.Seen("bad")...) {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			rdb := server.Empty(t)
			q := newQueue(t, rdb, queue.Options{})
			mustSet(t, rdb, broken)
			entries := []queue.Entry{product("good", "1"), product("bad", "2"), product("fine", "3")}
			for i := range entries {
				entries[i].Dedupe = "e1"
			}
			got, err := q.Enqueue(t.Context(), entries)
			if got[0] != queue.Accepted || got[2] != queue.Accepted {
				t.Errorf("Enqueue = %v, want the other tenants accepted", got)
			}
			if failed := got[1] == ""; failed != (err != nil) ||
				failed && !strings.Contains(err.Error(), "bad: WRONGTYPE") {
				t.Errorf("Enqueue = %v, %v, want a WRONGTYPE error with the empty result alone", got, err)
			}
			if err := rdb.Del(t.Context(), broken).Err(); err != nil {
				t.Fatalf("Del = %v, want nil", err)
			}
			if err == nil {
				return // the structure was not needed, or replaced
			}
			if got := mustEnqueue(t, q, entries[1]); got[0] != queue.Accepted {
				t.Errorf("Enqueue after the repair = %v, want %s", got, queue.Accepted)
			}
			if jobs := mustClaim(t, q, "bad", 10); len(jobs) != 1 {
				t.Errorf("Claim after the repair = %v, want the job", jobs)
			}
		})
	}
}

// TestWrongTypeChangesNothing breaks each structure while a job is leased: verbs fail before they
// write, so that the job is settled as usual once the structure is back.
func TestWrongTypeChangesNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	names := queue.NamesOf("bad")
	verbs := map[string]func(t *testing.T, q *queue.Queue, leased job.Job) error{
		"claim": func(t *testing.T, q *queue.Queue, _ job.Job) error {
			_, err := q.Claim(t.Context(), "bad", 10)
			return err
		},
		"ack": func(t *testing.T, q *queue.Queue, j job.Job) error {
			_, err := q.Ack(t.Context(), j, time.Hour)
			return err
		},
		"retry": func(t *testing.T, q *queue.Queue, j job.Job) error {
			_, err := q.Retry(t.Context(), j, time.Hour, true)
			return err
		},
		"release": func(t *testing.T, q *queue.Queue, j job.Job) error {
			return q.Release(t.Context(), j, time.Hour)
		},
		"bury": func(t *testing.T, q *queue.Queue, j job.Job) error {
			_, err := q.Bury(t.Context(), j, "reason", "detail")
			return err
		},
		"reap": func(t *testing.T, q *queue.Queue, _ job.Job) error {
			_, err := q.Reap(t.Context(), "bad")
			return err
		},
		"replay": func(t *testing.T, q *queue.Queue, _ job.Job) error {
			return q.Replay(t.Context(), "bad", product("bad", "dead").Key)
		},
		"discard": func(t *testing.T, q *queue.Queue, _ job.Job) error {
			return q.Discard(t.Context(), "bad", product("bad", "dead").Key)
		},
		"expire": func(t *testing.T, q *queue.Queue, _ job.Job) error {
			_, err := q.ExpireDeadLetters(t.Context(), "bad")
			return err
		},
		"extend": func(t *testing.T, q *queue.Queue, j job.Job) error {
			_, err := q.Extend(t.Context(), "bad", []job.Job{j})
			return err
		},
	}
	for verb, call := range verbs {
		for _, broken := range []string{names.Jobs, names.Due, names.Bulk, names.Leased, names.Dead, names.Died} {
			t.Run(verb+" without "+broken, func(t *testing.T) {
				t.Parallel()
				rdb := server.Empty(t)
				q := newQueue(t, rdb, queue.Options{DeadLetterRetention: time.Minute})
				leased := leasedWaitingDead(t, q)
				clockOf(t, rdb)(time.Hour)
				before := dump(t, rdb, names)
				hide(t, rdb, broken)
				err := call(t, q, leased)
				reveal(t, rdb, broken)
				if after := dump(t, rdb, names); err != nil && !slices.Equal(before, after) {
					t.Errorf("%s = %v and changed\n%q\nto\n%q\nwant no change", verb, err, before, after)
				}
				if err != nil && !strings.Contains(err.Error(), "WRONGTYPE") {
					t.Errorf("%s = %v, want a WRONGTYPE error", verb, err)
				}
			})
		}
	}
}

// leasedWaitingDead makes one job of each state and returns the leased one.
func leasedWaitingDead(t *testing.T, q *queue.Queue) job.Job {
	t.Helper()
	mustEnqueue(t, q, product("bad", "dead"))
	if _, err := q.Bury(t.Context(), mustClaim(t, q, "bad", 1)[0], "reason", "detail"); err != nil {
		t.Fatalf("Bury = %v, want nil", err)
	}
	mustEnqueue(t, q, product("bad", "leased"))
	leased := mustClaim(t, q, "bad", 1)[0]
	later := product("bad", "waiting for long")
	later.Lane = job.Bulk
	mustEnqueue(t, q, product("bad", "waiting"), later)
	return leased
}

func mustSet(t *testing.T, rdb redis.UniversalClient, key string) {
	t.Helper()
	if err := rdb.Set(t.Context(), key, "not what it should be", 0).Err(); err != nil {
		t.Fatalf("Set = %v, want nil", err)
	}
}

func hide(t *testing.T, rdb redis.UniversalClient, key string) {
	t.Helper()
	if err := rdb.Rename(t.Context(), key, "hidden").Err(); err != nil {
		t.Fatalf("Rename = %v, want nil", err)
	}
	mustSet(t, rdb, key)
}

func reveal(t *testing.T, rdb redis.UniversalClient, key string) {
	t.Helper()
	if err := rdb.Rename(t.Context(), "hidden", key).Err(); err != nil {
		t.Fatalf("Rename = %v, want nil", err)
	}
}

// dump renders what is kept for a tenant, the clock aside.
func dump(t *testing.T, rdb redis.UniversalClient, n queue.Names) []string {
	t.Helper()
	var out []string
	for _, key := range []string{n.Jobs, n.Dead} {
		fields, err := rdb.HGetAll(t.Context(), key).Result()
		if err != nil {
			t.Fatalf("HGetAll = %v, want nil", err)
		}
		for field, value := range fields {
			out = append(out, key+" "+field+" "+value)
		}
	}
	for _, key := range []string{n.Due, n.Bulk, n.Leased, n.Died} {
		members, err := rdb.ZRangeWithScores(t.Context(), key, 0, -1).Result()
		if err != nil {
			t.Fatalf("ZRangeWithScores = %v, want nil", err)
		}
		for _, z := range members {
			name, _ := z.Member.(string)
			out = append(out, key+" "+name+" "+time.UnixMilli(int64(z.Score)).UTC().String())
		}
	}
	slices.Sort(out)
	return out
}
