package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"github.com/omniflow/omniflow/internal/queue"
)

// asynqIntake enqueues with asynq as well as it can: unique for the dedupe window, the event's
// identity as the task's, a small payload, a connection for every request that waits.
type asynqIntake struct{ client *asynq.Client }

func newAsynqIntake(addr string) asynqIntake {
	return asynqIntake{asynq.NewClient(asynqOptions(addr))}
}

func asynqOptions(addr string) asynq.RedisClientOpt {
	return asynq.RedisClientOpt{
		Addr: addr, PoolSize: asynqPool,
		ReadTimeout: 3 * time.Second, WriteTimeout: 3 * time.Second,
	}
}

const (
	asynqType = "reconcile"
	// asynqPool connections did better than 10, 20 and 128, and like 32.
	asynqPool = 64
)

// asynqTask has the object in its payload: what a handler needs to know.
func asynqTask(e queue.Entry) *asynq.Task {
	payload := fmt.Appendf(nil, `{"Resource":%q,"ID":%q}`, e.Resource, e.ID)
	return asynq.NewTask(asynqType, payload, asynq.TaskID(e.Cause.EventID),
		asynq.Unique(time.Hour), asynq.Queue(string(e.Tenant)), asynq.MaxRetry(12))
}

// Enqueue implements api.Intake.
func (a asynqIntake) Enqueue(ctx context.Context, entries []queue.Entry) ([]queue.Result, error) {
	results := make([]queue.Result, len(entries))
	for i, e := range entries {
		_, err := a.client.EnqueueContext(ctx, asynqTask(e))
		switch {
		case errors.Is(err, asynq.ErrDuplicateTask), errors.Is(err, asynq.ErrTaskIDConflict):
			results[i] = queue.Duplicate
		case err != nil:
			return nil, err
		default:
			results[i] = queue.Accepted
		}
	}
	return results, nil
}

// Park implements api.Intake.
func (asynqIntake) Park(context.Context, []queue.Parked) error {
	return errors.New("asynq has no place for events that nobody takes")
}
