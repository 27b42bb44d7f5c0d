package ledger

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/tenant"
)

// SampleAge is how far back samples go.
const SampleAge = 24 * time.Hour

// Sample is one minute of a tenant, for charts: what all replicas did in it and how deep the queue was.
type Sample struct {
	// At is when the minute began.
	At time.Time
	Runs
	// Depth is nil when nobody looked in that minute.
	Depth *Depth
}

// Runs counts the ends of runs.
type Runs struct {
	Pushed int64 // something was written to Flow
	Agreed int64 // done without a write
	Failed int64 // will be tried again
	Buried int64 // became a dead letter
}

// Depth counts the jobs of a tenant at one moment.
type Depth struct {
	Ready, Delayed, Leased, Dead int
	// Oldest is for how long the job that is due longest had waited.
	Oldest time.Duration
}

// The fields of an hour's hash are the minute, a colon and one of these.
const (
	fieldPushed = "pushed"
	fieldAgreed = "agreed"
	fieldFailed = "failed"
	fieldBuried = "buried"
	fieldDepth  = "depth" // "ready delayed leased dead seconds"
)

// samplesKey names the hash of the hour in which a minute lies.
func samplesKey(t tenant.ID, minute time.Time) string {
	return key(t, "samples", minute.UTC().Format("2006010215"))
}

func sampleField(minute time.Time, name string) string {
	return fmt.Sprintf("%02d:%s", minute.UTC().Minute(), name)
}

// Samples returns the minutes of a tenant from one moment up to another, the oldest first. Minutes of
// which nothing is known are left out, and so is what is older than SampleAge.
func (l *Ledger) Samples(
	ctx context.Context, t tenant.ID, from, to time.Time,
) ([]Sample, error) {
	from, to = from.UTC().Truncate(time.Minute), to.UTC()
	pipe := l.rdb.Pipeline()
	hours := map[string]*redis.MapStringStringCmd{}
	for hour := from.Truncate(time.Hour); !hour.After(to); hour = hour.Add(time.Hour) {
		name := samplesKey(t, hour)
		hours[name] = pipe.HGetAll(ctx, name)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	var list []Sample
	for minute := from; !minute.After(to); minute = minute.Add(time.Minute) {
		if s, known := parseSample(minute, hours[samplesKey(t, minute)].Val()); known {
			list = append(list, s)
		}
	}
	return list, nil
}

// parseSample picks the fields of a minute; it takes what is unreadable as not told.
func parseSample(minute time.Time, hour map[string]string) (s Sample, known bool) {
	count := func(name string) int64 {
		text, ok := hour[sampleField(minute, name)]
		known = known || ok
		n, _ := strconv.ParseInt(text, 10, 64)
		return n
	}
	s = Sample{At: minute, Runs: Runs{
		Pushed: count(fieldPushed), Agreed: count(fieldAgreed),
		Failed: count(fieldFailed), Buried: count(fieldBuried),
	}}
	s.Depth = parseDepth(hour[sampleField(minute, fieldDepth)])
	return s, known || s.Depth != nil
}

func (d Depth) encode() string {
	return fmt.Sprint(d.Ready, d.Delayed, d.Leased, d.Dead, int64(d.Oldest.Seconds()))
}

func parseDepth(text string) *Depth {
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return nil
	}
	n := make([]int, len(fields))
	for i, f := range fields {
		var err error
		if n[i], err = strconv.Atoi(f); err != nil {
			return nil
		}
	}
	return &Depth{n[0], n[1], n[2], n[3], time.Duration(n[4]) * time.Second}
}
