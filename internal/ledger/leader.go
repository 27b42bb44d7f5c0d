package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Keys of a deployment, not of a tenant; the braces keep them on one node.
const (
	leaderLock  = "omniflow:{catchup}:leader"
	leaderToken = "omniflow:{catchup}:token" //nolint:gosec // a counter, not a credential
)

// lead takes the lock when it is free, or prolongs it for who holds it, and answers the fencing token;
// 0 when somebody else leads. The counter outlives the lock, so that tokens only grow; when Redis has
// lost it, it goes on from the clock, so that nobody who still leads has a larger one.
var lead = redis.NewScript(`
local holder = redis.call('HGET', KEYS[1], 'holder')
if holder and holder ~= ARGV[1] then return 0 end
if not holder then
  local now = redis.call('TIME')
  local token = math.max((tonumber(redis.call('GET', KEYS[2]) or 0)) + 1,
    tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000))
  token = string.format('%d', token)
  redis.call('SET', KEYS[2], token)
  redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'token', token)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return tonumber(redis.call('HGET', KEYS[1], 'token'))
`)

var resign = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)

// Lead makes holder the leader of the deployment for ttl, or prolongs its term. It returns the fencing
// token of the term, which is larger than that of every term before, or 0 while somebody else leads.
// holder names a process, not a machine: a restarted one is somebody else.
func (l *Ledger) Lead(ctx context.Context, holder string, ttl time.Duration) (int64, error) {
	keys := []string{leaderLock, leaderToken}
	token, err := lead.Run(ctx, l.rdb, keys, holder, ttl.Milliseconds()).Int64()
	if err != nil {
		return 0, fmt.Errorf("take the lead: %w", err)
	}
	return token, nil
}

// Resign ends the term of holder at once, so that another process need not wait for its end. Without a
// term it does nothing.
func (l *Ledger) Resign(ctx context.Context, holder string) error {
	if err := resign.Run(ctx, l.rdb, []string{leaderLock}, holder).Err(); err != nil {
		return fmt.Errorf("resign: %w", err)
	}
	return nil
}

// Leader returns who leads, "" when nobody does.
func (l *Ledger) Leader(ctx context.Context) (string, error) {
	fields, err := l.rdb.HGetAll(ctx, leaderLock).Result()
	if err != nil {
		return "", fmt.Errorf("read leader: %w", err)
	}
	return fields["holder"], nil
}
