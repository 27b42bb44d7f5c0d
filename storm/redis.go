package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a redis-server with an append-only file.
type redisServer struct {
	*process

	dir, fsync string
	port       int
	client     *redis.Client
}

func startRedis(ctx context.Context, dir, fsync string) (*redisServer, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	s := &redisServer{dir: dir, fsync: fsync, port: port}
	s.client = redis.NewClient(&redis.Options{Addr: s.addr(), MaxRetries: -1, ContextTimeoutEnabled: true})
	return s, s.launch(ctx)
}

func (s *redisServer) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// launch returns when the server answers.
func (s *redisServer) launch(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "redis-server", //nolint:gosec // all of it is ours
		"--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--dir", s.dir, "--daemonize", "no",
		"--logfile", filepath.Join(s.dir, "redis.log"), "--save", "",
		"--appendonly", "yes", "--appendfsync", s.fsync, "--maxmemory-policy", "noeviction",
		// A rewrite would change the file that a power loss takes something off.
		"--auto-aof-rewrite-percentage", "0")
	var err error
	if s.process, err = start(cmd); err != nil {
		return err
	}
	return until(ctx, 20*time.Millisecond, 30*time.Second, "redis-server answers", func() error {
		if !s.running() {
			log, _ := os.ReadFile(filepath.Join(s.dir, "redis.log"))
			return permanent{fmt.Errorf("redis-server has ended: %s", log)}
		}
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", s.addr())
		if err != nil {
			return err // the client would log it
		}
		_ = conn.Close()
		return s.client.Ping(ctx).Err()
	})
}

func (s *redisServer) close() {
	_ = s.client.Close()
	s.kill()
}

// written is how long each file of the append-only directory is.
func (s *redisServer) written() map[string]int64 {
	sizes := map[string]int64{}
	_ = filepath.WalkDir(filepath.Join(s.dir, "appendonlydir"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".aof") {
			return nil //nolint:nilerr // what cannot be seen was not there
		}
		if info, err := d.Info(); err == nil {
			sizes[path] = info.Size()
		}
		return nil
	})
	return sizes
}

// cutBack shortens the files to what they were, as after a power loss, and returns by how much.
func (s *redisServer) cutBack(to map[string]int64) (bytes int64, err error) {
	for path, now := range s.written() {
		was, known := to[path]
		if !known || was >= now {
			continue
		}
		if failed := os.Truncate(path, was); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		bytes += now - was
	}
	return bytes, err
}

// fill makes every write be refused for want of memory, or not any more.
func (s *redisServer) fill(ctx context.Context, full bool) error {
	limit := "0"
	if full {
		limit = "1"
	}
	return s.client.ConfigSet(ctx, "maxmemory", limit).Err()
}

// freePort finds a port below those that connections get: nobody else takes it before it is used.
func freePort(ctx context.Context) (int, error) {
	const first, ports, tries = 20_000, 12_000, 100
	var config net.ListenConfig
	var err error
	for range tries {
		port := first + rand.IntN(ports) //nolint:gosec // no secret
		var l net.Listener
		if l, err = config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}

// permanent is an error that waiting does not help.
type permanent struct{ error }

// until calls check until it is content.
func until(ctx context.Context, every, patience time.Duration, what string, check func() error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		err := check()
		if err == nil {
			return nil
		}
		if stop, is := errors.AsType[permanent](err); is {
			return fmt.Errorf("%s: %w", what, stop.error)
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return fmt.Errorf("%s: not after %v: %w", what, patience, err)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
