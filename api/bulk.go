package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

const (
	// bulkBodyLimit fits 100 ids of 512 bytes, with every byte escaped.
	bulkBodyLimit = 512 << 10
	// bulkBudget is how long one request goes on; the cursor in its answer is for the rest. It is well
	// below what servers and proxies allow.
	bulkBudget = 5 * time.Second
)

// bulkRequest asks for many dead letters to be replayed or discarded.
type bulkRequest struct {
	Filter bulkFilter `json:"filter"`
	DryRun bool       `json:"dryRun"`
	// Cursor is the nextCursor of the request before.
	Cursor string `json:"cursor"`
}

// bulkFilter says which ones.
type bulkFilter struct {
	Resource event.Resource `json:"resource" validate:"required_with=IDs,omitempty,resource"`
	Reason   string         `json:"reason" validate:"max=100"`
	IDs      []string       `json:"ids" validate:"max=100,dive,required,max=512"`
	Before   time.Time      `json:"before"`
}

// isEmpty reports whether the filter says nothing, which must never mean everything.
func (f bulkFilter) isEmpty() bool {
	return f.Resource == "" && f.Reason == "" && len(f.IDs) == 0 && f.Before.IsZero()
}

// bulkVerb is what is done with the letters.
type bulkVerb struct {
	done  string // for the log
	apply func(ctx context.Context, t tenant.ID, letters []queue.DeadLetter) (int, error)
	// answer tells the client.
	answer func(p bulkProgress) any
}

// bulkProgress counts what one request did. next is where the next one goes on; empty at the end.
type bulkProgress struct {
	matched, settled int
	next             string
}

type replayAnswer struct {
	Matched    int    `json:"matched"`
	Replayed   int    `json:"replayed"`
	NextCursor string `json:"nextCursor"`
}

type discardAnswer struct {
	Matched    int    `json:"matched"`
	Discarded  int    `json:"discarded"`
	NextCursor string `json:"nextCursor"`
}

// replay answers POST /admin/v1/tenants/{tenant}/dead-letters/replay.
func (s *server) replay(w http.ResponseWriter, r *http.Request) error {
	return s.bulk(w, r, bulkVerb{"dead letters replayed", s.Jobs.ReplayAll, func(p bulkProgress) any {
		return replayAnswer{p.matched, p.settled, sealed(p.next)}
	}})
}

// discard answers POST /admin/v1/tenants/{tenant}/dead-letters/discard.
func (s *server) discard(w http.ResponseWriter, r *http.Request) error {
	return s.bulk(w, r, bulkVerb{"dead letters discarded", s.Jobs.DiscardAll, func(p bulkProgress) any {
		return discardAnswer{p.matched, p.settled, sealed(p.next)}
	}})
}

func (s *server) bulk(w http.ResponseWriter, r *http.Request, verb bulkVerb) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r, bulkBodyLimit)
	if err != nil {
		return err
	}
	request, err := s.parseBulk(body)
	if err != nil {
		return err
	}
	progress, err := s.settleLetters(r.Context(), t, request, verb)
	// Also when Redis failed half-way: what was done was done by somebody.
	logBulk(r.Context(), t, request, verb, progress)
	if err != nil {
		return storeFault(err)
	}
	return writeJSON(w, http.StatusOK, verb.answer(progress))
}

func logBulk(
	ctx context.Context, t tenant.ID, request bulkRequest, verb bulkVerb, progress bulkProgress,
) {
	f := request.Filter
	line := zerolog.Ctx(ctx).Info().Str("tenant", string(t)).Str("resource", string(f.Resource)).
		Str("reason", f.Reason).Strs("object_ids", f.IDs)
	if !f.Before.IsZero() {
		line.Time("before", f.Before)
	}
	line.Bool("dry_run", request.DryRun).Int("matched", progress.matched).Int("done", progress.settled).
		Msg(verb.done)
}

// parseBulk refuses unknown fields: a filter that is overlooked would settle more than was meant.
func (s *server) parseBulk(body []byte) (bulkRequest, error) {
	var request bulkRequest
	if err := decodeStrict(body, &request); err != nil {
		return request, refuse(errInvalid, "The body is not a JSON object of the documented form.", err)
	}
	if request.Filter.isEmpty() {
		return request, &fault{
			kind: errInvalid, detail: "Some fields are not valid.",
			fields: []fieldError{{"filter", "must say something; before takes in all that died until then"}},
		}
	}
	if err := s.validate.Struct(request); err != nil {
		return request, invalidFields(err)
	}
	cursor, err := base64.RawURLEncoding.DecodeString(request.Cursor)
	if err != nil {
		return request, refuse(errInvalid, badCursor, err)
	}
	request.Cursor = string(cursor)
	return request, nil
}

// settleLetters goes through the letters from the youngest to the oldest until all were seen or the
// budget is used up. What dies meanwhile is younger than the cursor: nothing is settled twice. On
// error the progress says what was done before.
func (s *server) settleLetters(
	ctx context.Context, t tenant.ID, request bulkRequest, verb bulkVerb,
) (bulkProgress, error) {
	f := request.Filter
	filter := letterFilter{resource: f.Resource, reason: f.Reason, before: f.Before}
	progress := bulkProgress{next: request.Cursor}
	for began := time.Now(); ; {
		letters, next, err := s.letters(ctx, t, f, progress.next)
		if err != nil {
			return progress, err
		}
		letters = slices.DeleteFunc(letters, func(d queue.DeadLetter) bool { return !filter.matches(d) })
		progress.matched += len(letters)
		if !request.DryRun {
			n, err := verb.apply(ctx, t, letters)
			progress.settled += n
			if err != nil {
				return progress, fmt.Errorf("settle dead letters of %s: %w", t, err)
			}
		}
		progress.next = next
		if next == "" || time.Since(began) >= bulkBudget {
			return progress, nil
		}
	}
}

// letters returns the named letters, or the page that follows the cursor when none are named.
func (s *server) letters(
	ctx context.Context, t tenant.ID, f bulkFilter, cursor string,
) ([]queue.DeadLetter, string, error) {
	if len(f.IDs) == 0 {
		letters, next, err := s.Jobs.DeadLetters(ctx, t, cursor, maxLimit)
		if err != nil {
			return nil, "", fmt.Errorf("list dead letters of %s: %w", t, err)
		}
		return letters, next, nil
	}
	var letters []queue.DeadLetter
	for _, id := range slices.Compact(slices.Sorted(slices.Values(f.IDs))) {
		d, err := s.Jobs.DeadLetter(ctx, t, job.Key{Resource: f.Resource, ID: id})
		switch {
		case err == nil:
			letters = append(letters, d)
		case !errors.Is(err, queue.ErrNotFound):
			return nil, "", fmt.Errorf("read dead letter %s of %s: %w", id, t, err)
		}
	}
	return letters, "", nil
}
