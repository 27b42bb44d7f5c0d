package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// DeadLetter returns one dead letter; the error is ErrNotFound when there is none.
func (q *Queue) DeadLetter(ctx context.Context, t tenant.ID, key job.Key) (DeadLetter, error) {
	s, err := q.rdb.HGet(ctx, keysOf(t).dead, encodeKey(key)).Result()
	if errors.Is(err, redis.Nil) {
		return DeadLetter{}, fmt.Errorf("dead letter %s: %w", key, ErrNotFound)
	}
	if err != nil {
		return DeadLetter{}, fmt.Errorf("read dead letter: %w", err)
	}
	return decodeDeadLetter(encodeKey(key), s), nil
}

// DeadLetters returns up to limit dead letters, the youngest first, and the cursor for the next
// page, which is empty after the last one. The first page has the empty cursor. A letter that is
// buried or leaves between two pages is seen or not; no other is missed or seen twice.
func (q *Queue) DeadLetters(
	ctx context.Context, t tenant.ID, cursor string, limit int,
) ([]DeadLetter, string, error) {
	if _, _, err := parseCursor(cursor); err != nil || limit < 1 {
		return nil, "", err
	}
	var letters []DeadLetter
	for {
		found, err := q.page(ctx, t, setDied, cursor, limit-len(letters))
		if err != nil {
			return nil, "", fmt.Errorf("list dead letters: %w", err)
		}
		for _, e := range found.entries {
			if e.found {
				letters = append(letters, e.letter())
			}
		}
		cursor = found.next
		if cursor == "" || len(letters) == limit {
			return letters, cursor, nil
		}
	}
}

// ReasonUnreadable is shown as the reason of a dead letter whose record was edited by hand or written
// by another version; its detail is the record.
const ReasonUnreadable = "unreadable_record"

// decodeDeadLetter reads what make_dead packed: generation, attempts, milliseconds, length of the
// reason, length of the cause, then reason, cause and detail. A record that it cannot read becomes a
// letter that says so: it must not hide those beside it, and can be replayed and discarded.
func decodeDeadLetter(name, s string) DeadLetter {
	unreadable := DeadLetter{Key: decodeKey(name), Reason: ReasonUnreadable, Detail: s}
	var n [5]int64
	rest := s
	for i := range n {
		var field string
		field, rest, _ = strings.Cut(rest, " ")
		v, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return unreadable
		}
		n[i] = v
	}
	reason, cause, length := n[3], n[4], int64(len(rest))
	if reason < 0 || cause < 0 || reason > length || cause > length-reason {
		return unreadable
	}
	return DeadLetter{
		Key:      decodeKey(name),
		Attempts: int(n[1]),
		DiedAt:   time.UnixMilli(n[2]).UTC(),
		Reason:   rest[:reason],
		Cause:    decodeCause(rest[reason : reason+cause]),
		Detail:   rest[reason+cause:],
	}
}

// Replay makes a dead letter a job again, due now and with no attempts counted. The error is
// ErrNotFound when there is no such dead letter.
func (q *Queue) Replay(ctx context.Context, t tenant.ID, key job.Key) error {
	c := q.replay(t, key)
	return q.found(key, q.run(ctx, c.script, "replay", c.keys, c.args...))
}

// Discard forgets a dead letter. The error is ErrNotFound when there is no such dead letter.
func (q *Queue) Discard(ctx context.Context, t tenant.ID, key job.Key) error {
	k := keysOf(t)
	return q.found(key, q.run(ctx, q.scripts.discard, "discard",
		[]string{k.dead, k.died}, encodeKey(key), ""))
}

func (q *Queue) found(key job.Key, cmd *redis.Cmd) error {
	code, err := cmd.Int()
	if err != nil {
		return err
	}
	if code == 0 {
		return fmt.Errorf("dead letter %s: %w", key, ErrNotFound)
	}
	return nil
}
