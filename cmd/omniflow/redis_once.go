package main

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// sentOnce keeps a cluster client from sending a command again that a node may have executed. Such a
// client repeats after lost connections and timeouts whatever MaxRetries says, because the limit on
// redirections, which are needed, is its limit on repetitions too. Redirections are still followed,
// and what never left the client is still sent.
type sentOnce struct{}

// DialHook implements redis.Hook.
func (sentOnce) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (sentOnce) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { return next(ctx, unrepeated(cmd)) }
}

// ProcessPipelineHook implements redis.Hook.
func (sentOnce) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		wrapped := make([]redis.Cmder, len(cmds))
		for i, cmd := range cmds {
			wrapped[i] = unrepeated(cmd)
		}
		return next(ctx, wrapped)
	}
}

// once is a command that says of itself that it must not be repeated.
type once struct{ redis.Cmder }

// NoRetry implements redis.Cmder.
func (once) NoRetry() bool { return true }

// unrepeated marks the commands that have another effect the second time.
func unrepeated(cmd redis.Cmder) redis.Cmder {
	switch cmd.Name() {
	case "evalsha", "eval", "xadd", "lpush":
		return once{cmd}
	}
	return cmd
}
