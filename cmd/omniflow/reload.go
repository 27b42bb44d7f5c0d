package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/tenant"
)

// onHangUp returns where SIGHUP arrives from now on, and what ends that. Without a file to read again
// the signal does what it does by default.
func onHangUp(cfg *config.Config) (<-chan os.Signal, func()) {
	signals := make(chan os.Signal, 1)
	if cfg.File != "" {
		signal.Notify(signals, syscall.SIGHUP)
	}
	return signals, func() { signal.Stop(signals) }
}

// hangUps reloads the configuration on every SIGHUP until ctx ends.
func (s *service) hangUps(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.signals:
		}
		_, err := s.reload(ctx)
		invalid, ok := errors.AsType[*api.ConfigError](err)
		switch {
		case ok:
			for _, p := range invalid.Problems {
				s.log.Error().Str("path", p.Path).Int("line", p.Line).Str("problem", p.Message).
					Msg("configuration not reloaded; the one in force stays")
			}
		case err != nil && ctx.Err() == nil:
			s.log.Error().Err(err).Msg("configuration not reloaded; the one in force stays")
		}
	}
}

var errNoFile = errors.New("the service was started without a configuration file")

// reload reads the file again and puts all of it in force, or nothing. The error is an *api.ConfigError
// when the file is to blame.
func (s *service) reload(ctx context.Context) (api.Reload, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	ctx, cancel := until(ctx, s.stopping)
	defer cancel()
	before := s.now()
	next, err := s.nextGeneration(before)
	if err != nil {
		return api.Reload{}, configError(err)
	}
	// From here on two generations of a tenant may have jobs running, as two replicas do: the leases keep
	// them from working on one object at a time.
	if err := s.pool.Replace(ctx, next.tenants); err != nil {
		return api.Reload{}, err
	}
	s.generation.Store(next)
	close(before.ended)
	if err := s.level.set(next.cfg.Log.Level); err != nil {
		return api.Reload{}, err
	}
	report := s.compare(before, next)
	s.log.Info().Strs("added", ids(report.Added)).Strs("removed", ids(report.Removed)).
		Strs("changed", ids(report.Changed)).Strs("needs_restart", report.NeedsRestart).
		Msg("configuration reloaded")
	s.metrics.begin(next.cfg.Tenants)
	s.revive(ctx, next)
	s.wantNew(ctx, before, next)
	return report, nil
}

func (s *service) nextGeneration(before *generation) (*generation, error) {
	if s.boot.File == "" {
		return nil, errNoFile
	}
	cfg, err := loadConfig(s.boot.File, s.env)
	if err != nil {
		return nil, err
	}
	return s.newGeneration(cfg, before)
}

// configError says what is wrong with the file in the words of the API.
func configError(err error) error {
	invalid, ok := errors.AsType[*config.Error](err)
	if !ok {
		return &api.ConfigError{Problems: []api.ConfigProblem{{Message: err.Error()}}}
	}
	e := &api.ConfigError{}
	for _, p := range invalid.Problems {
		e.Problems = append(e.Problems, api.ConfigProblem{Path: p.Path, Line: p.Line, Message: p.Message})
	}
	return e
}

// compare says what has become of the tenants, and what of the file is not in force.
func (s *service) compare(before, next *generation) api.Reload {
	r := api.Reload{
		Added: []tenant.ID{}, Removed: []tenant.ID{}, Changed: []tenant.ID{},
		NeedsRestart: needsRestart(s.boot, next.cfg), Warnings: warningsOf(next.cfg),
	}
	was := tenantsOf(before.cfg)
	for i := range next.cfg.Tenants {
		t := &next.cfg.Tenants[i]
		old, known := was[t.ID]
		switch {
		case !known:
			r.Added = append(r.Added, t.ID)
		case !reflect.DeepEqual(old, t) || !slices.Equal(before.routing.directory().Markets(t.ID), next.routing.directory().Markets(t.ID)):
			r.Changed = append(r.Changed, t.ID)
		}
		delete(was, t.ID)
	}
	for _, t := range before.cfg.Tenants {
		if _, gone := was[t.ID]; gone {
			r.Removed = append(r.Removed, t.ID)
		}
	}
	return r
}

func tenantsOf(cfg *config.Config) map[tenant.ID]*tenant.Tenant {
	byID := make(map[tenant.ID]*tenant.Tenant, len(cfg.Tenants))
	for i := range cfg.Tenants {
		byID[cfg.Tenants[i].ID] = &cfg.Tenants[i]
	}
	return byID
}

func ids(tenants []tenant.ID) []string {
	names := make([]string, len(tenants))
	for i, t := range tenants {
		names[i] = string(t)
	}
	return names
}

// fixed are the beginnings of the settings that cannot change at run time.
func fixed() []string {
	return []string{
		"server.listen", "server.maxConnections", "server.shutdownGrace", "server.drainDelay",
		"redis.", "queue.", "catchup.", "log.format", "tracing.",
	}
}

// needsRestart lists the settings of a file that differ from those the service was started with and
// cannot change at run time.
func needsRestart(boot, file *config.Config) []string {
	paths := []string{}
	started := valuesOf(boot)
	for _, setting := range file.Settings() {
		stays := slices.ContainsFunc(fixed(), func(p string) bool { return strings.HasPrefix(setting.Path, p) })
		if stays && started[setting.Path] != setting.Value {
			paths = append(paths, setting.Path)
		}
	}
	// Of the URL a part is redacted.
	address := file.Redis
	address.Strict = boot.Redis.Strict
	if !slices.Contains(paths, "redis.url") && !reflect.DeepEqual(boot.Redis, address) {
		paths = append(paths, "redis.url")
	}
	return paths
}

func valuesOf(cfg *config.Config) map[string]string {
	values := map[string]string{}
	for _, s := range cfg.Settings() {
		values[s.Path] = s.Value
	}
	return values
}

// revive lifts the suspensions: the file may have the right credentials now. A tenant whose credential
// is still refused is suspended anew.
func (s *service) revive(ctx context.Context, g *generation) {
	for _, t := range g.tenants {
		if err := s.queue.Unsuspend(ctx, t.ID); err != nil {
			s.log.Warn().Err(err).Str("tenant", string(t.ID)).Msg("suspension not lifted; the next probe does")
		}
	}
}

// wantNew asks for the changes of what is exported to more tenants, or from more markets, than before,
// instead of waiting for its turn.
func (s *service) wantNew(ctx context.Context, before, next *generation) {
	if !s.boot.Catchup.Enabled {
		return
	}
	since := s.diverged(time.Now())
	for _, t := range next.routing.directory().Tenants() {
		gained := gainedBy(t, before, next)
		if len(gained) == 0 {
			continue
		}
		s.log.Info().Str("tenant", string(t.ID)).Strs("resources", gained).Time("since", since).
			Msg("the tenant exports more; what has changed lately is listed")
		for _, name := range gained {
			if err := s.wantAfresh(ctx, event.Resource(name), since); err != nil {
				s.log.Warn().Err(err).Str("tenant", string(t.ID)).Msg("changes after a reload are listed later")
				s.trouble.gained(t) // which tries until it has worked
				break
			}
		}
	}
}

// sinceFile is how old a file may be to say since when replicas disagree.
const sinceFile = 24 * time.Hour

// diverged is since when replicas may work by different configurations: since the file was written,
// because another one may have read it at once. What was handled by the old one meanwhile was handled
// as if it did not concern the tenant.
func (s *service) diverged(now time.Time) time.Time {
	info, err := os.Stat(s.boot.File)
	if err != nil || info.ModTime().After(now) || now.Sub(info.ModTime()) > sinceFile {
		return now
	}
	return info.ModTime()
}

// gainedBy are the resources that a tenant exports now and did not before, or not from all its markets.
func gainedBy(t *tenant.Tenant, before, next *generation) []string {
	was, known := before.routing.directory().Tenant(t.ID)
	if !known || !within(next.routing.directory().Markets(t.ID), before.routing.directory().Markets(t.ID)) ||
		!within(t.Groups, was.Groups) {
		return t.Resources
	}
	return slices.DeleteFunc(slices.Clone(t.Resources), func(r string) bool { return slices.Contains(was.Resources, r) })
}

func within(list, all []string) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !slices.Contains(all, s) })
}
