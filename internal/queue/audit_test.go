package queue_test

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// corruption is what no script does to a queue that holds the jobs live, bulk, leased and dead, and
// what the audit makes of it.
type corruption struct {
	name     string
	commands [][]any
	repaired map[queue.Repair]int
	want     queue.Stats
}

const (
	past   = "1700000000000"
	future = "99999999999999"
)

func corruptions() []corruption {
	n := queue.NamesOf("t")
	whole := queue.Stats{Ready: 2, Leased: 1, Dead: 1, Bulk: 1}
	once := func(kind queue.Repair) map[queue.Repair]int { return map[queue.Repair]int{kind: 1} }
	return []corruption{
		{"nothing", nil, nil, whole},
		{
			"lease entry lost",
			[][]any{{"ZREM", n.Leased, "product:leased"}},
			once(queue.LeasedWithoutLease), whole,
		},
		{
			"all leases lost",
			[][]any{{"DEL", n.Leased}},
			once(queue.LeasedWithoutLease), whole,
		},
		{
			"lease of nobody",
			[][]any{{"ZADD", n.Leased, future, "product:nobody"}},
			once(queue.LeaseWithoutJob), whole,
		},
		{
			"lease of nobody that ran out",
			[][]any{{"ZADD", n.Leased, past, "product:nobody"}},
			once(queue.LeaseWithoutJob), whole,
		},
		{
			"lease of a job that waits",
			[][]any{{"ZADD", n.Leased, future, "product:live"}},
			once(queue.LeaseOfWaitingJob), whole,
		},
		{
			"lease of a job that waits, that ran out",
			[][]any{{"ZADD", n.Leased, past, "product:bulk"}},
			once(queue.LeaseOfWaitingJob), whole,
		},
		{
			"live place lost",
			[][]any{{"ZREM", n.Due, "product:live"}},
			once(queue.JobWithoutPlace), whole,
		},
		{
			"bulk lane lost",
			[][]any{{"DEL", n.Bulk}},
			once(queue.JobWithoutPlace), whole,
		},
		{
			"all places lost",
			[][]any{{"DEL", n.Due, n.Bulk, n.Leased, n.Died}},
			map[queue.Repair]int{
				queue.JobWithoutPlace: 2, queue.LeasedWithoutLease: 1, queue.DeadLetterWithoutTime: 1,
			},
			whole,
		},
		{
			"both lanes",
			[][]any{{"ZADD", n.Bulk, past, "product:live"}},
			once(queue.WrongLane), whole,
		},
		{
			"the other lane",
			[][]any{{"ZREM", n.Bulk, "product:bulk"}, {"ZADD", n.Due, future, "product:bulk"}},
			once(queue.WrongLane),
			queue.Stats{Ready: 1, Delayed: 1, Leased: 1, Dead: 1},
		},
		{
			"leased and due",
			[][]any{{"ZADD", n.Due, past, "product:leased"}},
			once(queue.DueWhileLeased), whole,
		},
		{
			"due without job",
			[][]any{{"ZADD", n.Due, future, "product:nobody"}},
			once(queue.DueWithoutJob), whole,
		},
		{
			"bulk without job",
			[][]any{{"ZADD", n.Bulk, past, "product:nobody"}},
			once(queue.DueWithoutJob), whole,
		},
		{
			"all records lost",
			[][]any{{"DEL", n.Jobs}},
			map[queue.Repair]int{queue.DueWithoutJob: 2, queue.LeaseWithoutJob: 1},
			queue.Stats{Dead: 1},
		},
		{
			"job and dead letter",
			[][]any{
				{"HSET", n.Dead, "product:live", "1 0 " + past + " 6 5 reason0 x ydetail"},
				{"ZADD", n.Died, past, "product:live"},
			},
			once(queue.JobAndDeadLetter), whole,
		},
		{
			"time of death lost",
			[][]any{{"ZREM", n.Died, "product:dead"}},
			once(queue.DeadLetterWithoutTime), whole,
		},
		{
			"time of death without a letter",
			[][]any{{"ZADD", n.Died, past, "product:nobody"}},
			once(queue.TimeWithoutDeadLetter), whole,
		},
		{
			"letters lost",
			[][]any{{"DEL", n.Dead}},
			once(queue.TimeWithoutDeadLetter),
			queue.Stats{Ready: 2, Leased: 1, Bulk: 1},
		},
		{
			"no place and no readable record",
			[][]any{
				{"HSET", n.Jobs, "product:live", "?"}, {"ZREM", n.Due, "product:live"},
			},
			once(queue.JobWithoutPlace), whole,
		},
		{
			"an unreadable mark of the audit itself",
			[][]any{{"HSET", n.Meta, "audit", "9 x"}},
			nil, whole,
		},
	}
}

func TestAuditRepairs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for _, c := range corruptions() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			t.Run("miniredis", func(t *testing.T) {
				t.Parallel()
				_, rdb := startMini(t)
				c.check(t, rdb)
			})
			t.Run("redis", func(t *testing.T) {
				t.Parallel()
				c.check(t, server.Empty(t))
			})
		})
	}
}

func (c corruption) check(t *testing.T, rdb *redis.Client) {
	ctx := t.Context()
	q := newQueue(t, rdb, queue.Options{Lease: time.Hour})
	mustEnqueue(t, q, product("t", "dead"))
	if _, err := q.Bury(ctx, mustClaim(t, q, "t", 1)[0], "reason", "detail"); err != nil {
		t.Fatalf("Bury = %v, want nil", err)
	}
	letter, err := q.DeadLetter(ctx, "t", product("t", "dead").Key)
	if err != nil {
		t.Fatalf("DeadLetter = %v, want nil", err)
	}
	mustEnqueue(t, q, product("t", "leased"))
	leased := mustClaim(t, q, "t", 1)
	mustEnqueue(t, q, product("t", "live"), inBulk("t", "bulk"))
	for _, command := range c.commands {
		if err := rdb.Do(ctx, command...).Err(); err != nil {
			t.Fatalf("%v = %v, want nil", command, err)
		}
	}

	repaired := reapAll(t, q, 12)
	if !maps.Equal(repaired, c.repaired) {
		t.Errorf("Reap repaired %v, want %v", repaired, c.repaired)
	}
	if err := audit(ctx, rdb, "t"); err != nil {
		t.Errorf("the queue is still inconsistent: %v", err)
	}
	s, err := q.Stats(ctx, "t")
	s.Oldest = 0
	if err != nil || s != c.want {
		t.Errorf("Stats = %+v, %v, want %+v", s, err, c.want)
	}
	if again := reapAll(t, q, 12); len(again) > 0 {
		t.Errorf("Reap repaired %v again", again)
	}
	if c.want.Leased == 1 {
		if held, err := q.Extend(ctx, "t", leased); err != nil || !held[0] {
			t.Errorf("Extend = %v, %v, want the holder undisturbed", held, err)
		}
	}
	if c.want.Dead == 1 {
		letters, _, err := q.DeadLetters(ctx, "t", "", 10)
		if err != nil || len(letters) != 1 || letters[0] != letter {
			t.Errorf("DeadLetters = %+v, %v, want %+v", letters, err, letter)
		}
	}
	if jobs := mustClaim(t, q, "t", 10); len(jobs) != c.want.Ready {
		t.Errorf("Claim = %d jobs, want %d", len(jobs), c.want.Ready)
	}
}

// reapAll reaps n times and returns all that was repaired.
func reapAll(t *testing.T, q *queue.Queue, n int) map[queue.Repair]int {
	t.Helper()
	total := map[queue.Repair]int{}
	for range n {
		r, err := q.Reap(t.Context(), "t")
		if err != nil || len(r.Returned)+len(r.Buried) > 0 {
			t.Fatalf("Reap = %+v, %v, want repairs alone", r, err)
		}
		for kind, n := range r.Repaired {
			total[kind] += n
		}
	}
	return total
}

func inBulk(t tenant.ID, id string) queue.Entry {
	e := product(t, id)
	e.Lane = job.Bulk
	return e
}

// TestAuditGoesThroughAll: pages follow each other to the end of a large queue, and none takes long.
func TestAuditGoesThroughAll(t *testing.T) {
	t.Parallel()
	const jobs, every = 5000, 100
	rdb := redistest.Start(t).Client()
	q := newQueue(t, rdb, queue.Options{})
	var entries []queue.Entry
	for i := range jobs {
		entries = append(entries, product("t", fmt.Sprintf("product-%08d", i)))
		entries[i].Cause.EventID = fmt.Sprintf("6f9619ff-8b86-d011-b42d-%012d", i)
	}
	mustEnqueue(t, q, entries...)
	for i := 0; i < jobs; i += every {
		if err := rdb.ZRem(t.Context(), queue.NamesOf("t").Due, "product:"+entries[i].ID).Err(); err != nil {
			t.Fatalf("ZRem = %v, want nil", err)
		}
	}
	first := reapAll(t, q, 1)[queue.JobWithoutPlace] // loads the script, which takes long
	before := busyTime(t, rdb)
	// A page may be smaller than asked for.
	calls := 2 * 2 * jobs / 64
	got := first + reapAll(t, q, calls)[queue.JobWithoutPlace]
	mean := (busyTime(t, rdb) - before) / time.Duration(calls)
	t.Logf("%v of Redis per call", mean)
	if got != jobs/every {
		t.Errorf("%d × Reap repaired %d places, want %d", calls+1, got, jobs/every)
	}
	if mean > time.Millisecond {
		t.Errorf("a call of Reap takes %v of Redis, want less than a millisecond", mean)
	}
	if err := audit(t.Context(), rdb, "t"); err != nil {
		t.Errorf("the queue is still inconsistent: %v", err)
	}
}

// busyTime is how long a server has kept processors busy. Unlike the time that a command takes, it does
// not grow while others use the machine.
func busyTime(t *testing.T, rdb *redis.Client) time.Duration {
	t.Helper()
	info, err := rdb.Info(t.Context(), "cpu").Result()
	if err != nil {
		t.Fatalf("Info = %v, want nil", err)
	}
	var sum float64
	for _, name := range []string{"used_cpu_user", "used_cpu_sys"} {
		m := regexp.MustCompile(`(?m)^` + name + `:([0-9.]+)`).FindStringSubmatch(info)
		if m == nil {
			t.Fatalf("Info lacks %s:\n%s", name, info)
		}
		seconds, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sum += seconds
	}
	return time.Duration(sum * float64(time.Second))
}
