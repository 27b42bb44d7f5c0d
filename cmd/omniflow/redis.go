package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/queue"
)

// openRedis returns a client and what closes it. It does not wait for a server to answer: the
// service takes a Redis that comes later.
func openRedis(cfg config.Redis) (redis.UniversalClient, func(), error) {
	redis.SetLogger(quiet{})
	if cfg.Mode == config.RedisEmbedded {
		return openEmbedded()
	}
	options := redisOptions(cfg.Addrs...)
	options.DB, options.Username, options.Password = cfg.DB, cfg.Username, cfg.Password.Reveal()
	if cfg.TLS {
		options.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	client := dialRedis(cfg, options)
	if options.Password != "" {
		client.AddHook(discreet{options.Password})
	}
	return client, func() { _ = client.Close() }, nil
}

func dialRedis(cfg config.Redis, options *redis.UniversalOptions) redis.UniversalClient {
	switch cfg.Mode {
	case config.RedisCluster:
		cluster := options.Cluster()
		// The client learns of a failover from redirections, which a dead master does not send.
		cluster.ClusterStateReloadInterval = time.Second
		client := redis.NewClusterClient(cluster)
		client.AddHook(sentOnce{})
		return client
	case config.RedisSentinel:
		options.MasterName = cfg.Master
		return redis.NewFailoverClient(options.Failover())
	default:
		return redis.NewClient(options.Simple())
	}
}

// redisOptions suits both sides of the service: the intake wants to hear quickly that Redis is away
// (its own deadline is shorter than the read timeout), and nothing is sent twice behind our back: a
// claim whose answer was lost and that is repeated leases jobs to nobody. The pool is one of each
// server's.
func redisOptions(addrs ...string) *redis.UniversalOptions {
	return &redis.UniversalOptions{
		Addrs:                 addrs,
		ContextTimeoutEnabled: true,
		DialTimeout:           time.Second,
		DialerRetries:         1,
		ReadTimeout:           3 * time.Second,
		WriteTimeout:          3 * time.Second,
		PoolTimeout:           2 * time.Second,
		PoolSize:              32,
		MaxRetries:            -1,
	}
}

// openEmbedded starts a Redis inside the process. Its contents are lost at exit, and it expires keys
// only when told that time passes.
func openEmbedded() (redis.UniversalClient, func(), error) {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		return nil, nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	client := redis.NewClient(redisOptions(server.Addr()).Simple())
	stop := make(chan struct{})
	go func() {
		const step = time.Second
		ticker := time.NewTicker(step)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				server.FastForward(step)
			case <-stop:
				return
			}
		}
	}()
	return client, func() {
		close(stop)
		_ = client.Close()
		server.Close()
	}, nil
}

// quiet drops what the Redis client writes by itself: its errors come back from the calls.
type quiet struct{}

// Printf implements the client's logger.
func (quiet) Printf(context.Context, string, ...any) {}

// checkRedis warns about a Redis that may lose jobs; with redis.strict it refuses.
func checkRedis(
	ctx context.Context, cfg config.Redis, rdb redis.UniversalClient, log zerolog.Logger,
) error {
	if cfg.Mode == config.RedisEmbedded {
		log.Warn().Msg("embedded Redis: jobs are lost when the process ends")
		if cfg.Strict {
			return fmt.Errorf("redis.strict: an embedded Redis does not keep anything")
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	against, err := queue.CheckServer(ctx, rdb)
	if errors.Is(err, queue.ErrClusterNode) {
		return fmt.Errorf("redis.url: %w: give the addresses of several of its nodes", err)
	}
	if err != nil && cfg.Strict {
		return fmt.Errorf("redis.strict: check server: %w", err)
	}
	if err != nil {
		log.Error().Err(err).Msg("Redis does not answer; webhooks get 503 until it does")
	}
	for _, sentence := range against {
		log.Warn().Str("check", sentence).Msg("Redis may lose jobs")
	}
	if cfg.Strict && len(against) > 0 {
		return fmt.Errorf("redis.strict: %s", against[0])
	}
	return nil
}
