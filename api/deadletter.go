package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// maxScans bounds how many pages of the queue one request looks through for letters that pass the
// filter. A page of the answer may therefore be short and still have a cursor.
const maxScans = 10

// deadLetter is a dead letter as the admin API shows it (design §11).
type deadLetter struct {
	Resource event.Resource `json:"resource"`
	ID       string         `json:"id"`
	Reason   string         `json:"reason"`
	Detail   string         `json:"detail"`
	Attempts int            `json:"attempts"`
	DiedAt   time.Time      `json:"diedAt"`
	Event    cause          `json:"event"`
}

// cause is the newest event that asked for the job.
type cause struct {
	ID     string       `json:"id"`
	Change event.Change `json:"change"`
	Time   *time.Time   `json:"time"`
}

func shown(d queue.DeadLetter) deadLetter {
	return deadLetter{
		Resource: d.Resource, ID: d.ID, Reason: d.Reason, Detail: d.Detail,
		Attempts: d.Attempts, DiedAt: d.DiedAt.UTC(),
		Event: shownCause(d.Cause),
	}
}

// letterFilter selects dead letters; what is zero does not narrow down.
type letterFilter struct {
	resource event.Resource
	reason   string
	before   time.Time
}

func (f letterFilter) matches(d queue.DeadLetter) bool {
	return (f.resource == "" || f.resource == d.Resource) &&
		(f.reason == "" || f.reason == d.Reason) &&
		(f.before.IsZero() || d.DiedAt.Before(f.before))
}

// listDeadLetters answers GET /admin/v1/tenants/{tenant}/dead-letters.
func (s *server) listDeadLetters(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	search, err := scanOf(r)
	if err != nil {
		return err
	}
	list, err := s.scanDeadLetters(r.Context(), t, search)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, list)
}

// scan is a search for dead letters.
type scan struct {
	filter letterFilter
	window
}

// scanOf reads a search from the query.
func scanOf(r *http.Request) (scan, error) {
	resource, err := resourceParam(r)
	if err != nil {
		return scan{}, err
	}
	window, err := windowOf(r)
	if err != nil {
		return scan{}, err
	}
	return scan{letterFilter{resource: resource, reason: r.URL.Query().Get("reason")}, window}, nil
}

// scanDeadLetters goes through the letters until the page is full, all were seen, or maxScans.
func (s *server) scanDeadLetters(
	ctx context.Context, t tenant.ID, c scan,
) (page[deadLetter], error) {
	list := page[deadLetter]{Items: []deadLetter{}}
	for range maxScans {
		letters, next, err := s.Jobs.DeadLetters(ctx, t, c.cursor, c.limit-len(list.Items))
		if err != nil {
			return list, storeFault(fmt.Errorf("list dead letters of %s: %w", t, err))
		}
		for _, d := range letters {
			if c.filter.matches(d) {
				list.Items = append(list.Items, shown(d))
			}
		}
		c.cursor = next
		if next == "" || len(list.Items) == c.limit {
			break
		}
	}
	list.NextCursor = sealed(c.cursor)
	return list, nil
}

// showDeadLetter answers GET /admin/v1/tenants/{tenant}/dead-letters/{resource}/{id}.
func (s *server) showDeadLetter(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	key, err := keyOf(r)
	if err != nil {
		return err
	}
	letter, err := s.Jobs.DeadLetter(r.Context(), t, key)
	if err != nil {
		return storeFault(fmt.Errorf("read dead letter of %s: %w", t, err))
	}
	return writeJSON(w, http.StatusOK, shown(letter))
}

// discardDeadLetter answers DELETE /admin/v1/tenants/{tenant}/dead-letters/{resource}/{id}.
func (s *server) discardDeadLetter(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	key, err := keyOf(r)
	if err != nil {
		return err
	}
	if err := s.Jobs.Discard(r.Context(), t, key); err != nil {
		return storeFault(fmt.Errorf("discard dead letter of %s: %w", t, err))
	}
	zerolog.Ctx(r.Context()).Info().Str("tenant", string(t)).Str("resource", string(key.Resource)).
		Str("object_id", key.ID).Msg("dead letter discarded")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// keyOf is the object that the path names.
func keyOf(r *http.Request) (job.Key, error) {
	resource, err := pathParam(r, "resource")
	if err != nil {
		return job.Key{}, err
	}
	id, err := pathParam(r, "id")
	if err != nil {
		return job.Key{}, err
	}
	key := job.Key{Resource: event.Resource(resource), ID: id}
	if !key.Resource.Valid() {
		return job.Key{}, refuse(errNotFound, "There is no such resource; there are "+resourceNames()+".", nil)
	}
	return key, nil
}
