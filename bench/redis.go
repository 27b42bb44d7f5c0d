package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a redis-server of one measurement: AOF everysec, noeviction, loopback.
type redisServer struct {
	addr string
	dir  string
	cmd  *exec.Cmd
	rdb  *redis.Client // the harness's own
}

// startRedis returns when the server answers.
func startRedis(ctx context.Context) (*redisServer, error) {
	dir, err := os.MkdirTemp("", "omniflow-bench-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &redisServer{addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), dir: dir}
	s.cmd = exec.CommandContext(ctx, "redis-server",
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--daemonize", "no",
		"--logfile", filepath.Join(dir, "redis.log"), "--save", "",
		"--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
		// A rewrite in the middle would fall on whoever is measured at that moment.
		"--auto-aof-rewrite-percentage", "0")
	endWithParent(s.cmd)
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start redis-server: %w", err)
	}
	s.rdb = redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1, ReadTimeout: 30 * time.Second})
	for range 500 {
		if conn, err := net.DialTimeout("tcp", s.addr, time.Second); err == nil {
			_ = conn.Close()
			if s.rdb.Ping(ctx).Err() == nil {
				return s, nil
			}
		}
		pause(ctx, 10*time.Millisecond)
	}
	s.stop()
	return nil, errors.New("redis-server does not answer")
}

func (s *redisServer) pid() int { return s.cmd.Process.Pid }

func (s *redisServer) stop() {
	_ = s.rdb.Close()
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}

// info returns one number of INFO.
func (s *redisServer) info(ctx context.Context, section, name string) (int64, error) {
	text, err := s.rdb.InfoMap(ctx, section).Result()
	if err != nil {
		return 0, err
	}
	for _, fields := range text {
		if v, ok := fields[name]; ok {
			return strconv.ParseInt(v, 10, 64)
		}
	}
	return 0, fmt.Errorf("INFO %s has no %s", section, name)
}

// redisOptions are those of the service: nothing is repeated behind the caller's back.
func redisOptions(addr string) *redis.Options {
	return &redis.Options{
		Addr: addr, ContextTimeoutEnabled: true, DialTimeout: time.Second, DialerRetries: 1,
		ReadTimeout: 3 * time.Second, WriteTimeout: 3 * time.Second, PoolTimeout: 2 * time.Second,
		PoolSize: 32, MaxRetries: -1,
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	addr, _ := l.Addr().(*net.TCPAddr)
	return addr.Port, nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
