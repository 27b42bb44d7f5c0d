package queue

import (
	"context"
	"embed"
	"fmt"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/*.lua
var sources embed.FS

// scripts are the transitions of a job, one script each; their contracts are the headers of the
// files in lua/.
type scripts struct {
	enqueue, claim, ack, done, retry, release, bury, extend, reap *redis.Script
	replay, discard, expire, stats, unpark, page, look, hasten    *redis.Script
}

func loadScripts() scripts {
	return scripts{
		enqueue: load("enqueue"), claim: load("claim"), ack: load("ack"), retry: load("retry"),
		release: load("release"), bury: load("bury"), extend: load("extend"), reap: load("reap"),
		replay: load("replay"), discard: load("discard"), expire: load("expire"), stats: load("stats"),
		unpark: load("unpark"), done: load("done"), page: load("page"), look: load("look"),
		hasten: load("hasten"),
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

// call is one script invocation.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
}

// pipeline runs calls in one round trip per server. A failing call fails alone; a connection failure
// fails all calls on that server. Calls that a server refused for not knowing the script (after a
// restart or a failover), and only those, are sent again with its source: loading the script would
// have to reach every node of a cluster, those that are down included.
func pipeline(ctx context.Context, rdb redis.UniversalClient, calls []call) []*redis.Cmd {
	cmds := make([]*redis.Cmd, len(calls))
	named := rdb.Pipeline()
	for i, c := range calls {
		cmds[i] = c.script.EvalSha(ctx, named, c.keys, c.args...)
	}
	// Every command carries its own error; the first of them is of no interest.
	_, _ = named.Exec(ctx)
	whole := rdb.Pipeline()
	for i, c := range calls {
		if redis.HasErrorPrefix(cmds[i].Err(), "NOSCRIPT") {
			cmds[i] = c.script.Eval(ctx, whole, c.keys, c.args...)
		}
	}
	if whole.Len() > 0 {
		_, _ = whole.Exec(ctx)
	}
	return cmds
}

// run executes one script.
func (q *Queue) run(
	ctx context.Context, s *redis.Script, name string, keys []string, args ...any,
) *redis.Cmd {
	cmd := s.Run(ctx, q.rdb, keys, args...)
	if err := cmd.Err(); err != nil {
		cmd.SetErr(fmt.Errorf("%s: %w", name, err))
	}
	return cmd
}
