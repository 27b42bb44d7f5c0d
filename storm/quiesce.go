package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/demo"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/storm/plan"
)

const (
	// patience is how long nothing may go on before the service is taken to be stuck. A refused credential is
	// tried again after a minute.
	patience = 75 * time.Second
	// limit bounds every wait, whatever goes on.
	limit = 4 * time.Minute
	// soon is how far off a job may be that does not wait for a price or assortment window.
	soon = 10 * time.Minute
)

// drained waits until nobody has anything left to do but what waits for a window.
func (w *world) drained(ctx context.Context) error {
	return w.progressing(ctx, "the queue is empty", func() (string, error) {
		states, err := w.operator.tenants(ctx)
		if err != nil {
			return "", err
		}
		left := fmt.Sprintf("%+v", states)
		for _, s := range states {
			if s.Suspended {
				_ = w.operator.resume(ctx, s.Tenant) // asked again at the next look
			}
			if s.Suspended || s.Queue.Ready+s.Queue.Leased > 0 {
				return left, errors.New(left)
			}
			delayed, err := w.operator.jobs(ctx, s.Tenant, "delayed")
			if err != nil {
				return left, err
			}
			for _, j := range delayed {
				if j.Attempts > 0 || time.Until(j.Due) < soon {
					return left + fmt.Sprint(j.Attempts), fmt.Errorf("%s waits: %+v", s.Tenant, j)
				}
			}
		}
		return left, nil
	})
}

// progressing calls look until it is content. It gives up when what look has seen does not change for a
// while.
func (w *world) progressing(ctx context.Context, what string, look func() (seen string, err error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%s: not after %v", what, limit))
	defer cancel()
	last, moved := "", time.Now()
	return until(ctx, 50*time.Millisecond, limit, what, func() error {
		seen, err := look()
		if err == nil {
			return nil
		}
		if seen != last {
			last, moved = seen, time.Now()
		}
		if time.Since(moved) > patience {
			return permanent{fmt.Errorf("nothing has moved for %v: %w", patience, err)}
		}
		return err
	})
}

// replayed asks for the dead letters once more that faults have caused, as an operator would, and returns
// how many there were, by reason.
func (w *world) replayed(ctx context.Context) (map[string]int, error) {
	reasons := map[string]int{}
	const rounds = 5
	for range rounds {
		if err := w.drained(ctx); err != nil {
			return reasons, err
		}
		n, err := w.replay(ctx, reasons)
		if err != nil || n == 0 {
			return reasons, err
		}
	}
	return reasons, nil // the oracle will say what is left
}

func (w *world) replay(ctx context.Context, reasons map[string]int) (int, error) {
	b, err := w.books(ctx)
	if err != nil {
		return 0, err
	}
	n, stuck := 0, w.audit.Stuck(b)
	for _, t := range tenants() {
		letters, err := w.operator.letters(ctx, t)
		if err != nil {
			return n, err
		}
		byResource := map[string][]string{}
		for _, l := range letters {
			if stuck[t][l.Resource+"/"+l.ID] {
				continue
			}
			n++
			reasons[l.Reason]++
			byResource[l.Resource] = append(byResource[l.Resource], l.ID)
		}
		for resource, ids := range byResource {
			for chunk := range slices.Chunk(ids, 100) {
				if err := w.operator.replay(ctx, t, resource, chunk); err != nil {
					return n, err
				}
			}
		}
	}
	return n, nil
}

// quiesce waits for the service to have done everything, with the help that an operator would give.
func (s *storm) quiesce(ctx context.Context) (map[string]int, error) {
	if err := s.up(ctx); err != nil {
		return nil, err
	}
	if !s.plan.Everysec {
		return s.replayed(ctx)
	}
	if err := s.caughtUp(ctx); err != nil {
		return nil, err
	}
	letters, err := s.replayed(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.wantRepaired(ctx); err != nil {
		return letters, err
	}
	return letters, s.synchronised(ctx)
}

// wantRepaired wants the lists of changes to have repaired all but what they cannot see: hard deletes.
func (s *storm) wantRepaired(ctx context.Context) error {
	report, err := s.compare(ctx)
	if err != nil {
		return err
	}
	report.Differences = slices.DeleteFunc(report.Differences, func(d demo.Difference) bool {
		return slices.ContainsFunc(s.plan.Changes, func(c plan.Change) bool {
			return unlisted(c) && strings.Contains(d.UID, plainly(c.ID))
		})
	})
	if len(report.Differences) > 0 {
		return fmt.Errorf("after the catch-up: %w", &demo.DisagreementError{Report: report})
	}
	return nil
}

// synchronised has everything synchronised, which finds hard deletes whose events Redis has forgotten.
func (s *storm) synchronised(ctx context.Context) error {
	s.say("full synchronisation")
	running := map[string]string{}
	for _, t := range tenants() {
		var sync struct{ ID string }
		q := map[string]any{"mode": "full", "orphanLimitPercent": 100}
		if err := s.operator.do(ctx, http.MethodPost, "/admin/v1/tenants/"+t+"/syncs", q, &sync); err != nil {
			return err
		}
		running[t] = sync.ID
	}
	return s.progressing(ctx, "everything is synchronised", func() (string, error) {
		for t, id := range running {
			var now map[string]any
			if err := s.operator.do(ctx, http.MethodGet, "/admin/v1/tenants/"+t+"/syncs/"+id, nil, &now); err != nil {
				return "", err
			}
			if now["finishedAt"] == nil {
				return fmt.Sprint(now), fmt.Errorf("%s: %v", t, now)
			}
			delete(running, t)
		}
		return "", nil
	})
}

// caughtUp waits until every resource was listed by a list that began after the storm.
func (s *storm) caughtUp(ctx context.Context) error {
	const times = 2 // the first to end may have begun before
	before, err := s.lists(ctx)
	if err != nil {
		return err
	}
	return s.progressing(ctx, "changes are listed", func() (string, error) {
		now, err := s.lists(ctx)
		if err != nil {
			return "", err
		}
		for resource, n := range before {
			if now[resource] < n+times {
				return fmt.Sprint(now), fmt.Errorf("%s was listed %d times, want %d", resource, now[resource]-n, times)
			}
		}
		return "", nil
	})
}

// lists are how often each resource was listed well, by both replicas together.
func (s *storm) lists(ctx context.Context) (map[string]int, error) {
	found := map[string]int{}
	for _, r := range event.Resources() {
		found[string(r)] = 0
	}
	for _, r := range s.replicas {
		text, err := s.operator.text(ctx, r.admin+"/metrics")
		if err != nil {
			return nil, err
		}
		for _, m := range listed.FindAllStringSubmatch(text, -1) {
			n, err := strconv.Atoi(m[2])
			if err != nil {
				return nil, err
			}
			found[m[1]] += n
		}
	}
	return found, nil
}

var listed = regexp.MustCompile(`omniflow_catchup_runs_total\{resource="(\w+)",result="ok"\} (\d+)`)
