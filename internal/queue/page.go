package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/tenant"
)

// ErrCursor means that a cursor is not one that was given out.
var ErrCursor = errors.New("queue: unknown cursor")

// set is a sorted set whose names can be listed in pages.
type set string

// The sets, as cursors name them.
const (
	setDue    set = "due"
	setBulk   set = "bulk"
	setLeased set = "leased"
	setDied   set = "died"
)

// ofSet returns the sorted set, the hash with the records of its names, and the direction in
// which it is listed: dead letters the youngest first, everything else the oldest.
func (k keys) ofSet(s set) (sorted, records, direction string) {
	switch s {
	case setBulk:
		return k.bulk, k.jobs, "up"
	case setLeased:
		return k.leased, k.jobs, "up"
	case setDied:
		return k.died, k.dead, "down"
	default:
		return k.due, k.jobs, "up"
	}
}

// entryPage is a part of a sorted set, with the records. next is empty after the last one.
type entryPage struct {
	now     time.Time
	entries []setEntry
	next    string
}

type setEntry struct {
	name   string
	score  time.Time
	record string
	// found says that there is a record; the audit sees to names without one.
	found bool
}

// letter reads a dead letter. One that cannot be read died when the set says.
func (e setEntry) letter() DeadLetter {
	d := decodeDeadLetter(e.name, e.record)
	if d.DiedAt.IsZero() {
		d.DiedAt = e.score
	}
	return d
}

// afterNow is the cursor of what comes after the present moment.
const afterNow = "now "

// page reads up to limit names, and no more than a script may, that follow the cursor.
func (q *Queue) page(
	ctx context.Context, t tenant.ID, s set, cursor string, limit int,
) (entryPage, error) {
	score, name, err := parseCursor(cursor)
	if err != nil {
		return entryPage{}, err
	}
	limit = min(limit, MaxBatch)
	k := keysOf(t)
	sorted, records, direction := k.ofSet(s)
	reply, err := q.run(ctx, q.scripts.page, "page", []string{k.meta, records, sorted},
		direction, score, name, limit).Slice()
	if err != nil {
		return entryPage{}, err
	}
	return parsePage(reply, limit)
}

func parsePage(reply []any, limit int) (entryPage, error) {
	if len(reply)%3 != 1 {
		return entryPage{}, fmt.Errorf("page: %d values in the answer", len(reply))
	}
	now, err := millis(reply[0])
	if err != nil {
		return entryPage{}, fmt.Errorf("page: %w", err)
	}
	p := entryPage{now: now}
	for row := reply[1:]; len(row) > 0; row = row[3:] {
		score, err := millis(row[1])
		if err != nil {
			return entryPage{}, fmt.Errorf("page: %w", err)
		}
		e := setEntry{score: score}
		e.name, _ = row[0].(string)
		e.record, e.found = row[2].(string)
		p.entries = append(p.entries, e)
		p.next = fmt.Sprintf("%d %s", score.UnixMilli(), e.name)
	}
	if len(p.entries) < limit {
		p.next = ""
	}
	return p, nil
}

// millis reads a time that a script returned.
func millis(v any) (time.Time, error) {
	s, _ := v.(string)
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(ms).UTC(), nil
}

// parseCursor takes "milliseconds name" of the last one seen apart.
func parseCursor(cursor string) (score, name string, err error) {
	if cursor == "" || cursor == afterNow {
		return strings.TrimSuffix(cursor, " "), "", nil
	}
	score, name, ok := strings.Cut(cursor, " ")
	if _, err := strconv.ParseInt(score, 10, 64); err != nil || !ok {
		return "", "", ErrCursor
	}
	return score, name, nil
}
