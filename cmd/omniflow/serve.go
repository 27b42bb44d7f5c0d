package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/omniflow/omniflow/internal/config"
)

func newServe(env *environment) *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: "Runs the service until it is told to stop (Ctrl-C, SIGTERM), and then stops in order. It starts, and " +
			"takes webhooks, also while the vendors are away. The log goes to the standard error.",
		Example: `  omniflow config check -c omniflow.yaml && omniflow serve -c omniflow.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(path, env)
			if err != nil {
				return problemsOf(err)
			}
			tuneMemory(env.getenv)
			return serve(cmd.Context(), cfg, env, func(net.Addr) {})
		},
	}
	configFlag(c, &path)
	return c
}

// serve runs the service until ctx ends or a part of it fails, then stops everything in order and
// returns why. listening is told the address as soon as requests are taken.
func serve(
	ctx context.Context, cfg *config.Config, env *environment, listening func(net.Addr),
) error {
	log, level, err := newLogger(cfg.Log, env.stderr)
	if err != nil {
		return err
	}
	for _, w := range cfg.Warnings {
		log.Warn().Str("path", w.Path).Msg(w.Message)
	}
	rdb, closeRedis, err := openRedis(cfg.Redis)
	if err != nil {
		return err
	}
	defer closeRedis()
	if err := checkRedis(ctx, cfg.Redis, rdb, log); err != nil {
		return err
	}
	s, err := newService(ctx, cfg, env, rdb, log)
	if err != nil {
		return err
	}
	defer s.closeTracing()
	s.level = level
	signals, ignore := onHangUp(cfg)
	defer ignore()
	s.signals = signals
	listener, err := listen(ctx, cfg.Server.Listen)
	if err != nil {
		return err
	}
	log.Info().Str("address", listener.Addr().String()).Str("version", version()).
		Int("tenants", len(cfg.Tenants)).Msg("listening")
	listening(listener.Addr())
	err = s.run(ctx, newServer(closing(s.handler(), s.stopping), cfg.Server.MaxConnections, log), listener)
	log.Info().Err(err).Msg("stopped")
	return err
}

// run starts every part and stops them in order: first no new claims, and no readiness, then no new
// requests; the running jobs get their grace, then what they and the intake still write, then the
// history.
func (s *service) run(ctx context.Context, server *http.Server, listener net.Listener) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	outlive := context.WithoutCancel(ctx)
	commits, stopCommits := context.WithCancel(outlive)
	defer stopCommits()
	history, stopHistory := context.WithCancel(outlive)
	defer stopHistory()

	var front, intake, past sync.WaitGroup
	part := func(group *sync.WaitGroup, name string, run func() error) {
		group.Go(func() {
			if err := run(); err != nil {
				fail(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	part(&past, "history", func() error { return s.history.Run(history) })
	part(&past, "samples", func() error { return s.sampler.Run(history) })
	part(&past, "synchronisations", func() error { return s.syncs.run(history) })
	part(&intake, "intake", func() error { return s.committer.Run(commits) })
	part(&front, "workers", func() error { return s.pool.Run(ctx) })
	part(&front, "wake-ups", func() error { return s.queue.Listen(ctx, s.hear) })
	if s.catchup != nil {
		part(&front, "catch-up", func() error { return s.catchup.Run(ctx) })
		part(&front, "after trouble", func() error { return s.trouble.run(ctx) })
	}
	part(&front, "topology", func() error { return s.route(ctx) })
	part(&front, "reloads", func() error { return s.hangUps(ctx) })
	part(&front, "http", func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	<-ctx.Done()
	s.stop()
	grace, cancel := context.WithTimeout(outlive, s.boot.Server.ShutdownGrace)
	defer cancel()
	s.drain(grace)
	errShutdown := shutdown(grace, server)
	front.Wait()
	stopCommits()
	intake.Wait()
	stopHistory()
	past.Wait()
	return errors.Join(failure(ctx), errShutdown)
}

// drain goes on taking requests until a load balancer has had the time to see that the service is not
// ready any more. It leaves half of the grace to what is under way then.
func (s *service) drain(grace context.Context) {
	delay := time.NewTimer(min(s.boot.Server.DrainDelay, s.boot.Server.ShutdownGrace/2))
	defer delay.Stop()
	select {
	case <-delay.C:
	case <-grace.Done():
	}
}

// closing tells clients that keep their connections to take another one once the service is stopping,
// so that none of them sends a request into a connection that is being closed.
func closing(next http.Handler, stopping <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-stopping:
			w.Header().Set("Connection", "close")
		default:
		}
		next.ServeHTTP(w, r)
	})
}

// shutdown lets requests finish within the grace and then closes what is left: a client that sends
// nothing must not keep the service from stopping.
func shutdown(grace context.Context, server *http.Server) error {
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}

// failure is why the service stopped by itself; nil when it was asked to.
func failure(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}
