package queue

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/*.lua
var sources embed.FS

// scripts are the transitions of a job, one script each; their contracts are the headers of the
// files in lua/.
type scripts struct {
	enqueue, claim, ack, done, retry, release, bury, extend, reap *redis.Script
	replay, discard, expire, stats, unpark                        *redis.Script
}

func loadScripts() scripts {
	return scripts{
		enqueue: load("enqueue"), claim: load("claim"), ack: load("ack"), retry: load("retry"),
		release: load("release"), bury: load("bury"), extend: load("extend"), reap: load("reap"),
		replay: load("replay"), discard: load("discard"), expire: load("expire"), stats: load("stats"),
		unpark: load("unpark"), done: load("done"),
	}
}

// load panics on a missing file: the sources are part of the binary.
func load(name string) *redis.Script {
	prelude, err := sources.ReadFile("lua/prelude.lua")
	if err != nil {
		panic(err)
	}
	source, err := sources.ReadFile("lua/" + name + ".lua")
	if err != nil {
		panic(err)
	}
	return redis.NewScript(string(prelude) + string(source))
}

// call is one script invocation inside a pipeline.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
}

// pipeline runs calls in one round trip. A failing call fails alone; a connection failure fails all.
// A server that does not know a script (after a restart or a failover) gets it loaded, and only the
// refused calls are sent again.
func pipeline(ctx context.Context, rdb redis.UniversalClient, calls []call) []*redis.Cmd {
	cmds := make([]*redis.Cmd, len(calls))
	send(ctx, rdb, calls, cmds, func(int) bool { return true })
	unknown := map[*redis.Script]bool{}
	for i, cmd := range cmds {
		if isNoScript(cmd.Err()) {
			unknown[calls[i].script] = true
		}
	}
	if len(unknown) == 0 {
		return cmds
	}
	for script := range unknown {
		if err := script.Load(ctx, rdb).Err(); err != nil {
			return cmds
		}
	}
	send(ctx, rdb, calls, cmds, func(i int) bool { return isNoScript(cmds[i].Err()) })
	return cmds
}

func send(
	ctx context.Context, rdb redis.UniversalClient, calls []call, cmds []*redis.Cmd,
	wanted func(int) bool,
) {
	pipe := rdb.Pipeline()
	for i, c := range calls {
		if wanted(i) {
			cmds[i] = pipe.EvalSha(ctx, c.script.Hash(), c.keys, c.args...)
		}
	}
	// Every command carries its own error; the first of them is of no interest.
	_, _ = pipe.Exec(ctx)
}

func isNoScript(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "NOSCRIPT")
}

// run executes one script outside a pipeline.
func (q *Queue) run(
	ctx context.Context, s *redis.Script, name string, keys []string, args ...any,
) *redis.Cmd {
	cmd := s.Run(ctx, q.rdb, keys, args...)
	if err := cmd.Err(); err != nil {
		cmd.SetErr(fmt.Errorf("%s: %w", name, err))
	}
	return cmd
}
