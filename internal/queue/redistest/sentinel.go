package redistest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// MasterName is the name under which the sentinels of a Failover watch its master.
const MasterName = "omniflow"

const sentinels = 3

// Failover is a master with one replica and three sentinels that make the replica the master about
// two seconds after the master has gone.
type Failover struct {
	Master, Replica *Server
	Sentinels       []*Server

	t testing.TB
}

// StartSentinel runs a Failover that ends with the test and waits until a failover would succeed.
func StartSentinel(t testing.TB, o ...Option) *Failover {
	t.Helper()
	// Without it a replica waits five seconds for others to join before it is sent anything.
	extra := func(args ...string) Option {
		return func(o *options) { o.extra = append(o.extra, append(args, "--repl-diskless-sync-delay", "0")...) }
	}
	f := &Failover{t: t}
	f.Master = Start(t, append(o, extra())...)
	f.Replica = Start(t, append(o, extra("--replicaof", "127.0.0.1 "+fmt.Sprint(f.Master.port)))...)
	f.WaitInSync()
	text := fmt.Sprintf("sentinel monitor %[1]s 127.0.0.1 %[2]d 2\n"+
		"sentinel down-after-milliseconds %[1]s 1000\nsentinel failover-timeout %[1]s 10000\n",
		MasterName, f.Master.port)
	for range sentinels {
		f.Sentinels = append(f.Sentinels, Start(t, func(o *options) { o.sentinel = text }))
	}
	f.waitWatched()
	return f
}

// writeSentinel writes the file that a sentinel needs, which it keeps up to date itself.
func (s *Server) writeSentinel(log string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, "sentinel.conf")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	text := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %q\nlogfile %q\n%s", s.port, s.dir, log, s.opts.sentinel)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatalf("redistest: %v", err)
	}
	return path
}

// waitWatched waits until every sentinel knows the replica and the other sentinels.
func (f *Failover) waitWatched() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), joinTimeout)
	defer cancel()
	for _, s := range f.Sentinels {
		s.until(ctx, "the sentinels know each other", func(rdb *redis.Client) error {
			reply, err := rdb.Do(ctx, "SENTINEL", "MASTER", MasterName).Result()
			if err != nil {
				return err
			}
			known := asMap(reply)
			if known["num-slaves"] != "1" || known["num-other-sentinels"] != fmt.Sprint(sentinels-1) {
				return fmt.Errorf("%s knows %v", s.Addr(), known)
			}
			return nil
		})
	}
}

// asMap reads a map as either version of the protocol sends it.
func asMap(reply any) map[string]string {
	m := map[string]string{}
	switch r := reply.(type) {
	case map[any]any:
		for k, v := range r {
			m[fmt.Sprint(k)] = fmt.Sprint(v)
		}
	case []any:
		for i := 0; i+1 < len(r); i += 2 {
			m[fmt.Sprint(r[i])] = fmt.Sprint(r[i+1])
		}
	}
	return m
}

// WaitInSync waits until the replica has all that the master had when it was called: what is written
// later may be lost when the master is killed.
func (f *Failover) WaitInSync() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), joinTimeout)
	defer cancel()
	f.Master.until(ctx, "the replica is in sync", func(rdb *redis.Client) error {
		// WAIT is about the writes of its own connection, so that it needs one.
		conn := rdb.Conn()
		defer func() { _ = conn.Close() }()
		if err := conn.Set(ctx, "redistest:mark", "", time.Minute).Err(); err != nil {
			return err
		}
		n, err := conn.Wait(ctx, 1, time.Second).Result()
		if err == nil && n != 1 {
			return errors.New("the replica does not confirm")
		}
		return err
	})
}

// infoFields reads an answer to INFO.
func infoFields(info string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}

// URL returns the addresses of the sentinels and the master's name as one text.
func (f *Failover) URL() string {
	return "redis-sentinel://" + strings.Join(f.addrs(), ",") + "/" + MasterName + "/0"
}

func (f *Failover) addrs() []string {
	var addrs []string
	for _, s := range f.Sentinels {
		addrs = append(addrs, s.Addr())
	}
	return addrs
}

// Client returns a new client of whoever is the master; it is closed when the test ends.
func (f *Failover) Client() *redis.Client {
	rdb := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: MasterName, SentinelAddrs: f.addrs(), ContextTimeoutEnabled: true, MaxRetries: -1,
		DialerRetries: 1,
	})
	f.t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}
