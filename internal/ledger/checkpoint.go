package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/tenant"
)

// ErrDeposed means that a newer leader has written already: who gets it must stop leading.
var ErrDeposed = errors.New("ledger: a newer leader has taken over")

// saveCheckpoint keeps "token milliseconds" unless a larger token has written.
var saveCheckpoint = redis.NewScript(`
local kept = redis.call('HGET', KEYS[1], ARGV[1])
local token = kept and tonumber(string.match(kept, '^(%d+) ')) or 0
if token > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
`)

// SaveCheckpoint records until when the changes of a resource have been handed over for a tenant. The
// token is the leader's; it returns ErrDeposed when a newer one has written.
func (l *Ledger) SaveCheckpoint(
	ctx context.Context, t tenant.ID, r event.Resource, token int64, at time.Time,
) error {
	args := []any{string(r), token, at.UnixMilli()}
	kept, err := saveCheckpoint.Run(ctx, l.rdb, []string{checkpoints(t)}, args...).Int64()
	if err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	if kept == 0 {
		return ErrDeposed
	}
	return nil
}

// Checkpoints returns the checkpoints of a tenant; resources without one are absent.
func (l *Ledger) Checkpoints(ctx context.Context, t tenant.ID) (map[event.Resource]time.Time, error) {
	fields, err := l.rdb.HGetAll(ctx, checkpoints(t)).Result()
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	found := make(map[event.Resource]time.Time, len(fields))
	for r, v := range fields {
		_, at, _ := strings.Cut(v, " ")
		if ms, err := strconv.ParseInt(at, 10, 64); err == nil {
			found[event.Resource(r)] = time.UnixMilli(ms).UTC()
		}
	}
	return found, nil
}

func checkpoints(t tenant.ID) string { return key(t, "tenant", "checkpoint") }
