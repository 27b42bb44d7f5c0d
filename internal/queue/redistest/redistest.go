// Package redistest starts real redis-server processes for tests: on loopback, in a directory of
// their own, with an append-only file, so that a test can kill one and see what it remembers. A
// server can stand alone, with TLS, in a cluster, or below sentinels.
package redistest

import (
	"context"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	startTimeout = 15 * time.Second // until the server answers, its append-only file read
	stopTimeout  = 15 * time.Second
	pollEvery    = 5 * time.Millisecond
	startTries   = 3    // another process may take the free port before the server does
	databases    = 1024 // for Empty
)

// Option changes how a server is started.
type Option func(*options)

type options struct {
	fsync   string
	extra   []string // arguments of redis-server
	cluster bool     // needs the port for the bus of a cluster too
	// sentinel is the text of a sentinel's configuration; with it the process is no data server.
	sentinel string
	tls      *authority
}

// FsyncAlways makes the server put every write on disk before it answers. The default is everysec.
func FsyncAlways() Option { return func(o *options) { o.fsync = "always" } }

// Server is one redis-server process. Its methods are for the goroutine of the test that started it:
// they end that test when the process does not do as told. Client and Empty are for any goroutine.
type Server struct {
	t    testing.TB
	opts options
	dir  string
	port int
	used atomic.Int64 // databases given out by Empty

	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
}

// Start runs a server that ends with the test and waits until it answers. It fails the test when
// redis-server is not installed.
func Start(t testing.TB, o ...Option) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), opts: options{fsync: "everysec"}}
	for _, set := range o {
		set(&s.opts)
	}
	// Registered after TempDir, and so run before the directory is removed.
	t.Cleanup(s.kill)
	for range startTries {
		s.port = s.freePort()
		if s.launch() {
			return s
		}
		s.kill()
	}
	t.Fatalf("redistest.Start: redis-server does not answer on port %d; its log:\n%s", s.port, s.log())
	return nil
}

// Addr returns host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL returns the address as redis.ParseURL takes it.
func (s *Server) URL() string {
	if s.opts.tls != nil {
		return "rediss://" + s.Addr() + "/0"
	}
	return "redis://" + s.Addr() + "/0"
}

// Client returns a new client that is closed when the test ends. It honours deadlines of contexts
// and does not retry, so that a test sees what the server did.
func (s *Server) Client() *redis.Client { return s.client(s.t, 0) }

// Empty returns a client of a database that nothing else has used, for one of the many tests that
// share the server. It is closed when t ends.
func (s *Server) Empty(t testing.TB) *redis.Client {
	t.Helper()
	db := int(s.used.Add(1))
	if db >= databases {
		t.Fatalf("Server.Empty: all %d databases are used", databases)
	}
	return s.client(t, db)
}

func (s *Server) client(t testing.TB, db int) *redis.Client {
	rdb := redis.NewClient(&redis.Options{
		Addr: s.Addr(), DB: db, ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1,
		TLSConfig: s.opts.tls.client(),
	})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// Kill ends the process with SIGKILL, as a crash would, and waits until it is gone.
func (s *Server) Kill() {
	s.t.Helper()
	s.kill()
}

// Stop ends the process with SIGTERM, as an orderly shutdown would, and waits until it is gone.
func (s *Server) Stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatalf("Server.Stop: signal redis-server: %v", err)
	}
	select {
	case <-s.exited:
	case <-time.After(stopTimeout):
		s.t.Fatalf("Server.Stop: redis-server runs on after %v; its log:\n%s", stopTimeout, s.log())
	}
}

// Restart runs the server again on the same port and directory, after Kill, Stop, or neither, which
// counts as Kill. It returns when the server answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.kill()
	if !s.launch() {
		s.t.Fatalf("Server.Restart: redis-server does not answer on port %d; its log:\n%s", s.port, s.log())
	}
}

// launch starts the process and reports whether it answers in time.
func (s *Server) launch() bool {
	s.t.Helper()
	s.cmd = exec.Command(binary(s.t), s.args()...) //nolint:noctx // kill ends it
	s.cmd.SysProcAttr = endWithParent()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("redistest: start redis-server: %v", err)
	}
	exited := make(chan struct{})
	s.exited = exited
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait() // how it ended is in the log
		close(exited)
	}(s.cmd)
	return s.answers()
}

func (s *Server) args() []string {
	log := filepath.Join(s.dir, "redis.log")
	if s.opts.sentinel != "" {
		return []string{s.writeSentinel(log), "--sentinel"}
	}
	port := "--port"
	if s.opts.tls != nil {
		port = "--tls-port"
	}
	return append([]string{
		"--bind", "127.0.0.1", port, strconv.Itoa(s.port), "--dir", s.dir,
		"--databases", strconv.Itoa(databases), "--daemonize", "no", "--logfile", log,
		"--save", "", "--appendonly", "yes", "--appendfsync", s.opts.fsync,
		"--maxmemory-policy", "noeviction",
	}, s.opts.extra...)
}

// answers polls with PING; while the append-only file is read, the server answers with an error.
func (s *Server) answers() bool {
	rdb := redis.NewClient(&redis.Options{
		Addr: s.Addr(), ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1, PoolSize: 1,
		TLSConfig: s.opts.tls.client(),
	})
	defer func() { _ = rdb.Close() }()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), startTimeout)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if s.listens() && rdb.Ping(ctx).Err() == nil && s.isOurs(ctx, rdb) {
				return true
			}
		case <-s.exited:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// listens spares the client, which would log every refused dial.
func (s *Server) listens() bool {
	conn, err := net.DialTimeout("tcp", s.Addr(), startTimeout) //nolint:noctx // has a timeout
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// isOurs tells this server from one of another test that was quicker to take the port.
func (s *Server) isOurs(ctx context.Context, rdb *redis.Client) bool {
	info, err := rdb.Info(ctx, "server").Result()
	return err == nil && strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", s.cmd.Process.Pid))
}

func (s *Server) kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended before
	<-s.exited
}

func (s *Server) log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "redis.log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func binary(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatalf("redistest: %v: these tests need a real Redis, 6.2 or newer; install it with "+
			"`apt-get install redis-server` or `brew install redis`", err)
	}
	return path
}

// busOffset is how far above a node's port the bus of its cluster listens.
const busOffset = 10_000

func (s *Server) freePort() int {
	s.t.Helper()
	for {
		port := freePort(s.t, 0)
		if !s.opts.cluster {
			return port
		}
		if port+busOffset <= math.MaxUint16 && freePort(s.t, port+busOffset) != 0 {
			return port
		}
	}
}

// freePort returns the port when nobody listens there, else 0; 0 stands for any port.
func freePort(t testing.TB, port int) int {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) //nolint:noctx // returns at once
	if err != nil && port == 0 {
		t.Fatalf("redistest: find a free port: %v", err)
	}
	if err != nil {
		return 0
	}
	defer func() { _ = l.Close() }()
	addr, _ := l.Addr().(*net.TCPAddr)
	return addr.Port
}
