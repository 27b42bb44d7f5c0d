package api

import (
	"context"
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

// replayBodyLimit fits 100 ids of 512 bytes, with every byte escaped.
const replayBodyLimit = 512 << 10

// replayRequest asks for dead letters to be worked on again.
type replayRequest struct {
	Filter replayFilter `json:"filter"`
	DryRun bool         `json:"dryRun"`
}

// replayFilter says which ones.
type replayFilter struct {
	Resource event.Resource `json:"resource" validate:"required,resource"`
	Reason   string         `json:"reason" validate:"max=100"`
	IDs      []string       `json:"ids" validate:"max=100,dive,required,max=512"`
	Before   time.Time      `json:"before"`
}

// replayAnswer counts. Replayed is zero for a dry run.
type replayAnswer struct {
	Matched  int `json:"matched"`
	Replayed int `json:"replayed"`
}

// replay answers POST /admin/v1/tenants/{tenant}/dead-letters/replay.
func (s *server) replay(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r, replayBodyLimit)
	if err != nil {
		return err
	}
	request, err := s.parseReplay(body)
	if err != nil {
		return err
	}
	answer, err := s.replayLetters(r.Context(), t, request)
	// Also when Redis failed half-way: what was done was done by somebody.
	zerolog.Ctx(r.Context()).Info().Str("tenant", string(t)).
		Str("resource", string(request.Filter.Resource)).Strs("object_ids", request.Filter.IDs).
		Bool("dry_run", request.DryRun).Int("matched", answer.Matched).Int("replayed", answer.Replayed).
		Msg("dead letters replayed")
	if err != nil {
		return storeFault(err)
	}
	return writeJSON(w, http.StatusOK, answer)
}

// parseReplay refuses unknown fields: a filter that is overlooked would replay more than was meant.
func (s *server) parseReplay(body []byte) (replayRequest, error) {
	var request replayRequest
	if err := decodeStrict(body, &request); err != nil {
		return request, refuse(errInvalid, "The body is not a JSON object of the documented form.", err)
	}
	if len(request.Filter.IDs) == 0 {
		return request, refuse(errBulkReplay, "Name 1 to 100 ids in filter.ids.", nil)
	}
	if err := s.validate.Struct(request); err != nil {
		return request, invalidFields(err)
	}
	return request, nil
}

// replayLetters replays the named letters that match. On error the answer says what was done before.
func (s *server) replayLetters(
	ctx context.Context, t tenant.ID, request replayRequest,
) (replayAnswer, error) {
	f := request.Filter
	filter := letterFilter{resource: f.Resource, reason: f.Reason, before: f.Before}
	var answer replayAnswer
	for _, id := range slices.Compact(slices.Sorted(slices.Values(f.IDs))) {
		key := job.Key{Resource: f.Resource, ID: id}
		letter, err := s.Jobs.DeadLetter(ctx, t, key)
		if errors.Is(err, queue.ErrNotFound) || (err == nil && !filter.matches(letter)) {
			continue
		}
		if err != nil {
			return answer, fmt.Errorf("read dead letter %s of %s: %w", key, t, err)
		}
		answer.Matched++
		if request.DryRun {
			continue
		}
		switch err := s.Jobs.Replay(ctx, t, key); {
		case err == nil:
			answer.Replayed++
		case !errors.Is(err, queue.ErrNotFound): // otherwise a newer event was faster
			return answer, fmt.Errorf("replay dead letter %s of %s: %w", key, t, err)
		}
	}
	return answer, nil
}
