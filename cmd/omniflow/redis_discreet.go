package main

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/rest"
)

// discreet keeps the password out of errors: a server that does not know AUTH, because it was renamed or
// is no Redis, quotes the command with its arguments.
type discreet struct{ password string }

// DialHook implements redis.Hook.
func (discreet) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (d discreet) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		d.clean(cmd)
		return d.redacted(err)
	}
}

// ProcessPipelineHook implements redis.Hook.
func (d discreet) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		if err != nil {
			for _, cmd := range cmds {
				d.clean(cmd)
			}
		}
		return d.redacted(err)
	}
}

func (d discreet) clean(cmd redis.Cmder) {
	if err := cmd.Err(); err != nil {
		cmd.SetErr(d.redacted(err))
	}
}

// redacted looks at what servers say about a command only: errors that the client compares stay as they are,
// also when the password is a word of theirs.
func (d discreet) redacted(err error) error {
	if err == nil || !strings.Contains(err.Error(), "ERR ") {
		return err
	}
	return rest.RedactError(err, d.password)
}
