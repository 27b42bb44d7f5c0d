package queue

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/tenant"
)

// wakeChannel carries the ids of tenants that had nothing due and have something due now. One
// channel serves all tenants: who is idle has one subscription, not one for each.
const wakeChannel = "omniflow:wake"

// AllTenants is what Listen hands to wake when hints may have been lost.
const AllTenants tenant.ID = ""

const (
	// silence is how long a subscription may be quiet before it is asked whether it still is one. A
	// server that does not answer for as long again counts as gone.
	silence = 5 * time.Second
	// listenRetry is how long to wait before subscribing again.
	listenRetry = 500 * time.Millisecond
)

// Listen calls wake with the id of every tenant that gets something due from an Enqueue, Replay,
// Resume or Unsuspend of any process, this one included, and with AllTenants whenever the
// subscription begins or breaks. These are hints: one may be lost with its connection, and what
// they announce may be taken already. Listen blocks until ctx ends and then returns nil; it
// subscribes again by itself. wake must not block. Call it at most once at a time.
func (q *Queue) Listen(ctx context.Context, wake func(tenant.ID)) error {
	for {
		q.hear(ctx, wake)
		timer := time.NewTimer(listenRetry)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// Listening reports whether Listen hears what other processes announce.
func (q *Queue) Listening() bool { return q.listening.Load() }

// hear passes on what one subscription brings, until it breaks or ctx ends.
func (q *Queue) hear(ctx context.Context, wake func(tenant.ID)) {
	sub := q.rdb.Subscribe(ctx, wakeChannel)
	// A read that waits for a message does not look at ctx.
	stop := context.AfterFunc(ctx, func() { _ = sub.Close() })
	defer func() {
		stop()
		_ = sub.Close() // it may be closed
		if q.listening.Swap(false) {
			wake(AllTenants)
		}
	}()
	for asked := false; ; {
		message, err := sub.ReceiveTimeout(ctx, silence)
		switch {
		case err == nil:
			asked = false
			q.heard(message, wake)
		case !isTimeout(err) || asked || sub.Ping(ctx) != nil:
			return
		default:
			asked = true
		}
	}
}

func (q *Queue) heard(message any, wake func(tenant.ID)) {
	switch m := message.(type) {
	case *redis.Subscription:
		q.listening.Store(true)
		wake(AllTenants)
	case *redis.Message:
		wake(tenant.ID(m.Payload))
	}
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}
