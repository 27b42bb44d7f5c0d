package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/queue/redistest"
)

// TestErrorsOfRedisAreWaitedOut makes Redis answer everything with one error: events are refused so
// that Omnium repeats them, jobs wait, and both go on when the error ends.
func TestErrorsOfRedisAreWaitedOut(t *testing.T) {
	t.Parallel()
	replies := []string{
		"LOADING Redis is loading the dataset in memory",
		"READONLY You can't write against a read only replica.",
		"OOM command not allowed when used memory > 'maxmemory'.",
		"CLUSTERDOWN Hash slot not served",
		"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
		"TRYAGAIN Multiple keys request during rehashing of slot",
	}
	for _, mode := range []config.RedisMode{config.RedisSingle, config.RedisCluster} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			m := miniredis.RunT(t)
			url := "redis://" + m.Addr()
			if mode == config.RedisCluster {
				url += ",localhost:" + m.Port()
			}
			rdb := redis.NewClient(&redis.Options{Addr: m.Addr()})
			t.Cleanup(func() { _ = rdb.Close() })
			h.useRedis(url, rdb)
			r := h.start()
			for i, reply := range replies {
				r.wantWaitedOut(m, fmt.Sprint("cup", i), reply)
			}
			r.wantOrderly()
		})
	}
}

// wantWaitedOut lets an error begin while a job runs.
func (r *replica) wantWaitedOut(m *miniredis.Miniredis, id, reply string) {
	r.Helper()
	r.omnium.PutProduct(simple(id, "Kopp"))
	arrived, goOn := make(chan struct{}, 2), make(chan struct{})
	r.flow.SetFault(func(flowtest.Request) flowtest.Fault {
		select {
		case arrived <- struct{}{}:
			<-goOn
		default:
		}
		return flowtest.Fault{}
	})
	r.deliver(r.changed(id))
	receive(r.harness, "Flow gets the push", arrived)
	m.SetError(reply)
	r.omnium.PutProduct(simple(id+"late", "Kopp"))
	a := r.post(r.changed(id + "late"))
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		r.Errorf("POST while Redis says %s = %d %s %v, want 503 with Retry-After", reply, a.status, a.body, a.err)
	}
	close(goOn)
	r.eventually("a claim fails", func() error {
		name, _, _ := strings.Cut(reply, " ")
		failed := r.log.find(func(e entry) bool {
			return e.Message == "cannot claim jobs" && strings.Contains(e.Error, name)
		})
		if len(failed) == 0 {
			return errors.New("no claim has failed with " + name)
		}
		return nil
	})
	m.SetError("")
	r.deliver(r.changed(id + "late"))
	r.settled()
}

// node is a fake node of a cluster that serves all slots, as far as it knows.
func node(t *testing.T, commands map[string]server.Cmd) *server.Server {
	t.Helper()
	s, err := server.NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	host, text, _ := net.SplitHostPort(s.Addr().String())
	port, _ := strconv.Atoi(text)
	slots := func(c *server.Peer, _ string, _ []string) {
		c.WriteLen(1)
		c.WriteLen(3)
		c.WriteInt(0)
		c.WriteInt(16383)
		c.WriteLen(2)
		c.WriteBulk(host)
		c.WriteInt(port)
	}
	commands["CLUSTER"] = slots
	for name, f := range commands {
		if err := s.Register(name, f); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// openCluster opens what serve would use for a cluster.
func openCluster(t *testing.T, s *server.Server) redis.UniversalClient {
	t.Helper()
	rdb, closeRedis, err := openRedis(config.Redis{Mode: config.RedisCluster, Addrs: []string{s.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeRedis)
	return rdb
}

// TestClusterClientSendsOnce loses the answers to commands: none is sent again that has another
// effect the second time.
func TestClusterClientSendsOnce(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	lose := func(c *server.Peer, _ string, _ []string) {
		sent.Add(1)
		c.Close()
	}
	rdb := openCluster(t, node(t, map[string]server.Cmd{"EVALSHA": lose, "EVAL": lose, "XADD": lose, "LPUSH": lose}))
	script := redis.NewScript("return 1")
	for name, call := range map[string]func(redis.Cmdable) redis.Cmder{
		"EVALSHA": func(c redis.Cmdable) redis.Cmder { return script.EvalSha(t.Context(), c, []string{"k"}) },
		"EVAL":    func(c redis.Cmdable) redis.Cmder { return script.Eval(t.Context(), c, []string{"k"}) },
		"XADD": func(c redis.Cmdable) redis.Cmder {
			return c.XAdd(t.Context(), &redis.XAddArgs{Stream: "k", Values: []any{"a", "b"}})
		},
		"LPUSH": func(c redis.Cmdable) redis.Cmder { return c.LPush(t.Context(), "k", "v") },
	} {
		sent.Store(0)
		if cmd := call(rdb); cmd.Err() == nil || sent.Load() != 1 {
			t.Errorf("%s whose answer is lost = %v, sent %d times, want an error and one", name, cmd.Err(), sent.Load())
		}
		sent.Store(0)
		pipe := rdb.Pipeline()
		cmd := call(pipe)
		_, err := pipe.Exec(t.Context())
		if err == nil || cmd.Err() == nil || sent.Load() != 1 {
			t.Errorf("pipeline of %s whose answer is lost = %v, %v, sent %d times, want errors and one",
				name, cmd.Err(), err, sent.Load())
		}
	}
}

// TestClusterClientFollowsRedirections: a node that refers to another has not executed anything.
func TestClusterClientFollowsRedirections(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	to := node(t, map[string]server.Cmd{"EVALSHA": func(c *server.Peer, _ string, _ []string) {
		sent.Add(1)
		c.WriteInt(7)
	}, "ASKING": func(c *server.Peer, _ string, _ []string) { c.WriteOK() }})
	for _, redirection := range []string{"MOVED", "ASK"} {
		from := node(t, map[string]server.Cmd{"EVALSHA": func(c *server.Peer, _ string, _ []string) {
			c.WriteError(redirection + " 1 " + to.Addr().String())
		}})
		rdb, script := openCluster(t, from), redis.NewScript("return 1")
		sent.Store(0)
		if got, err := script.EvalSha(t.Context(), rdb, []string{"k"}).Int(); got != 7 || err != nil {
			t.Errorf("EVALSHA answered by %s = %d, %v, want 7", redirection, got, err)
		}
		pipe := rdb.Pipeline()
		cmd := script.EvalSha(t.Context(), pipe, []string{"k"})
		if _, err := pipe.Exec(t.Context()); err != nil {
			t.Errorf("pipeline answered by %s = %v, want nil", redirection, err)
		}
		if got, err := cmd.Int(); got != 7 || err != nil || sent.Load() != 2 {
			t.Errorf("EVALSHA in a pipeline answered by %s = %d, %v, executed %d times with the one before, want 7 and 2",
				redirection, got, err, sent.Load())
		}
	}
}

// TestServeOverTLS: the certificate must be one that the system trusts.
func TestServeOverTLS(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	s := redistest.Start(t, redistest.TLS(t))
	h.useRedis(s.URL(), s.Client())
	h.omnium.PutProduct(simple("cup", "Kopp"))

	distrustful := h.start()
	if a := distrustful.post(h.changed("cup")); a.status != http.StatusServiceUnavailable {
		t.Errorf("POST with a certificate that nobody trusts = %d %s %v, want 503", a.status, a.body, a.err)
	}
	why := distrustful.log.find(func(e entry) bool { return strings.Contains(e.Error, "x509") })
	if len(why) == 0 {
		t.Error("log without a line about the certificate, want one")
	}
	distrustful.stop()

	h.env["SSL_CERT_FILE"] = s.CertFile()
	r := h.spawn() // the trusted certificates are read once per process
	r.deliver(h.changed("cup"))
	h.settled()
	r.stop()
}

// TestRedisOptions keeps the settings that matter when Redis is in trouble.
func TestRedisOptions(t *testing.T) {
	t.Parallel()
	for _, mode := range []config.RedisMode{config.RedisSingle, config.RedisSentinel, config.RedisCluster} {
		rdb, closeRedis, err := openRedis(config.Redis{
			Mode: mode, Addrs: []string{"127.0.0.1:1"}, Master: "main", Username: "u", Password: "p", TLS: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(closeRedis)
		if c, ok := rdb.(*redis.ClusterClient); ok {
			o := c.Options()
			if o.ClusterStateReloadInterval != time.Second || !o.ContextTimeoutEnabled || o.MaxRedirects < 1 ||
				o.DialTimeout != time.Second || o.TLSConfig == nil || o.Username != "u" || o.Password != "p" {
				t.Errorf("options of a cluster = %+v", o)
			}
			continue
		}
		c, ok := rdb.(*redis.Client)
		if !ok {
			t.Fatalf("openRedis(%s) = %T, want a client", mode, rdb)
		}
		o := c.Options()
		if o.MaxRetries != 0 || !o.ContextTimeoutEnabled || o.DialTimeout != time.Second ||
			o.DialerRetries != 1 || o.TLSConfig == nil || o.Username != "u" || o.Password != "p" {
			t.Errorf("options of %s = %+v", mode, o)
		}
	}
}
