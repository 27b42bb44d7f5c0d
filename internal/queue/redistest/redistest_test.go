package redistest_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/queue/redistest"
)

func TestServerRemembersAfterKillAndStop(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.FsyncAlways())
	rdb := s.Client()
	for _, end := range []struct {
		name string
		end  func()
	}{{"kill", s.Kill}, {"stop", s.Stop}, {"neither", func() {}}} {
		if err := rdb.Set(t.Context(), end.name, "kept", 0).Err(); err != nil {
			t.Fatalf("Set before %s = %v, want nil", end.name, err)
		}
		addr := s.Addr()
		end.end()
		s.Restart()
		if s.Addr() != addr {
			t.Errorf("Addr() after %s and Restart = %s, want %s", end.name, s.Addr(), addr)
		}
		if got, err := s.Client().Get(t.Context(), end.name).Result(); got != "kept" {
			t.Errorf("Get after %s and Restart = %q, %v, want kept", end.name, got, err)
		}
	}
}

func TestServerIsGoneAfterKill(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Kill()
	if err := s.Client().Ping(t.Context()).Err(); err == nil {
		t.Error("Ping after Kill = nil, want an error")
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	o, err := redis.ParseURL(s.URL())
	if err != nil || o.Addr != s.Addr() {
		t.Fatalf("ParseURL(%q) = %v, %v, want address %s", s.URL(), o, err, s.Addr())
	}
	got, err := s.Client().ConfigGet(t.Context(), "*").Result()
	if err != nil {
		t.Fatalf("ConfigGet = %v, want nil", err)
	}
	for name, want := range map[string]string{
		"save": "", "appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction",
	} {
		if got[name] != want {
			t.Errorf("CONFIG GET %s = %q, want %q", name, got[name], want)
		}
	}
}

func TestServerForgetsAfterAPowerLoss(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	rdb, ctx := s.Client(), t.Context()
	for _, key := range []string{"before", "after"} {
		disk := s.Disk()
		if err := rdb.Set(ctx, key, "x", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if key == "after" {
			s.LosePower(disk)
		}
	}
	if keys, err := rdb.Keys(ctx, "*").Result(); len(keys) != 1 || keys[0] != "before" || err != nil {
		t.Errorf("after the loss there is %v, %v, want [before]", keys, err)
	}
}
