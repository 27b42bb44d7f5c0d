package ledger

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Await remembers that a waiter cannot be finished before Flow has a uid; see Awaited. It is kept
// until Arrived.
func (l *Ledger) Await(ctx context.Context, t tenant.ID, kind, uid, waiter string) error {
	if err := l.rdb.SAdd(ctx, awaitKey(t, kind, uid), waiter).Err(); err != nil {
		return fmt.Errorf("await %s: %w", kind, err)
	}
	return nil
}

// AwaitAll is Await for several uids in one round trip.
func (l *Ledger) AwaitAll(
	ctx context.Context, t tenant.ID, kind string, uids []string, waiter string,
) error {
	pipe := l.rdb.Pipeline()
	for _, uid := range uids {
		pipe.SAdd(ctx, awaitKey(t, kind, uid), waiter)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("await %s: %w", kind, err)
	}
	return nil
}

// Awaited returns who waits for uids; a uid that nobody waits for is absent. Whoever makes Flow have a
// uid looks here afterwards, and whoever waits looks for the uid once more after Await: one of the two
// sees the other.
func (l *Ledger) Awaited(
	ctx context.Context, t tenant.ID, kind string, uids []string,
) (map[string][]string, error) {
	waiting := map[string][]string{}
	if len(uids) == 0 {
		return waiting, nil
	}
	pipe := l.rdb.Pipeline()
	members := make([]*redis.StringSliceCmd, len(uids))
	for i, uid := range uids {
		members[i] = pipe.SMembers(ctx, awaitKey(t, kind, uid))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read who awaits %s: %w", kind, err)
	}
	for i, uid := range uids {
		if list := members[i].Val(); len(list) > 0 {
			waiting[uid] = list
		}
	}
	return waiting, nil
}

// Arrived forgets waiters that were told.
func (l *Ledger) Arrived(
	ctx context.Context, t tenant.ID, kind, uid string, waiters []string,
) error {
	if len(waiters) == 0 {
		return nil
	}
	members := make([]any, len(waiters))
	for i, w := range waiters {
		members[i] = w
	}
	if err := l.rdb.SRem(ctx, awaitKey(t, kind, uid), members...).Err(); err != nil {
		return fmt.Errorf("forget who awaits %s: %w", kind, err)
	}
	return nil
}

// awaitKey is one set per uid: kinds and uids hold no colon.
func awaitKey(t tenant.ID, kind, uid string) string { return key(t, "await", kind+":"+uid) }
