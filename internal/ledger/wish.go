package ledger

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
)

// wishes is the hash of deltas that somebody asked for, by resource: "milliseconds count", with
// " afresh" behind it when that is meant.
const wishes = "omniflow:{catchup}:wanted"

// Wish is a delta that was asked for.
type Wish struct {
	// Since is the earliest moment that anybody named.
	Since time.Time
	// Afresh says that what was listed before was not meant for all who want it now: it has to be looked at
	// again.
	Afresh bool

	kept string
}

// want keeps the earliest moment and counts, so that one who asks again while the delta runs is not
// forgotten with those who asked before.
var want = redis.NewScript(`
local since, count, afresh = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '^(%d+) (%d+)( ?%a*)$')
if not since or tonumber(ARGV[2]) < tonumber(since) then since = ARGV[2] end
redis.call('HSET', KEYS[1], ARGV[1], since .. ' ' .. string.format('%d', (tonumber(count) or 0) + 1)
  .. (ARGV[3] ~= '' and ARGV[3] or afresh or ''))
return 1
`)

// granted forgets a wish unless it was made again.
var granted = redis.NewScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 1
`)

// Want asks whoever leads to look for changes of a resource since a moment, although its turn has not
// come. It returns when Redis has it, and holds until Granted.
func (l *Ledger) Want(ctx context.Context, r event.Resource, since time.Time) error {
	return l.want(ctx, r, since, "")
}

// WantAfresh is Want for changes that have been listed before, and have to be looked at all the same.
func (l *Ledger) WantAfresh(ctx context.Context, r event.Resource, since time.Time) error {
	return l.want(ctx, r, since, " "+afresh)
}

const afresh = "afresh"

func (l *Ledger) want(ctx context.Context, r event.Resource, since time.Time, how string) error {
	err := want.Run(ctx, l.rdb, []string{wishes}, string(r), max(since.UnixMilli(), 0), how).Err()
	if err != nil {
		return fmt.Errorf("ask for a delta: %w", err)
	}
	return nil
}

// Wishes returns the deltas that were asked for.
func (l *Ledger) Wishes(ctx context.Context) (map[event.Resource]Wish, error) {
	fields, err := l.rdb.HGetAll(ctx, wishes).Result()
	if err != nil {
		return nil, fmt.Errorf("read wanted deltas: %w", err)
	}
	found := make(map[event.Resource]Wish, len(fields))
	for r, v := range fields {
		ms, _, _ := strings.Cut(v, " ")
		if since, err := strconv.ParseInt(ms, 10, 64); err == nil {
			found[event.Resource(r)] = Wish{
				Since: time.UnixMilli(since).UTC(), Afresh: strings.HasSuffix(v, afresh), kept: v,
			}
		}
	}
	return found, nil
}

// Granted forgets a wish whose delta has been run. One that was made again since Wishes read it stays.
func (l *Ledger) Granted(ctx context.Context, r event.Resource, w Wish) error {
	if err := granted.Run(ctx, l.rdb, []string{wishes}, string(r), w.kept).Err(); err != nil {
		return fmt.Errorf("forget a wanted delta: %w", err)
	}
	return nil
}
