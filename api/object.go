package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// object is what is known about an object, as the admin API shows it (design §11).
type object struct {
	Resource event.Resource `json:"resource"`
	// ID is the object's, also when it was asked for by another name.
	ID              string     `json:"id"`
	FlowUIDs        []string   `json:"flowUids"`
	Fingerprint     string     `json:"fingerprint"`
	LastPush        *time.Time `json:"lastPush"`
	LastOutcome     *outcome   `json:"lastOutcome"`
	Job             *jobView   `json:"job"`
	History         []record   `json:"history"`
	HistoryComplete bool       `json:"historyComplete"`
	HistoryFrom     *time.Time `json:"historyFrom"`
}

// outcome is how a run ended.
type outcome struct {
	At     time.Time `json:"at"`
	Result string    `json:"result"`
	Reason string    `json:"reason"`
	Error  string    `json:"error"`
}

// showObject answers GET /admin/v1/tenants/{tenant}/objects/{resource}/{id}. An object that nothing
// is known about is shown as such.
func (s *server) showObject(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	asked, err := keyOf(r)
	if err != nil {
		return err
	}
	shown, err := s.object(r.Context(), t, asked)
	if err != nil {
		return storeFault(fmt.Errorf("show %s of %s: %w", asked, t, err))
	}
	return writeJSON(w, http.StatusOK, shown)
}

// object gathers what the ledger and the queue know.
func (s *server) object(ctx context.Context, t tenant.ID, asked job.Key) (object, error) {
	key, err := s.canonical(ctx, t, asked)
	if err != nil {
		return object{}, err
	}
	o := object{Resource: key.Resource, ID: key.ID, FlowUIDs: []string{}, History: []record{}}
	last, err := s.addPushes(ctx, t, &o)
	if err != nil {
		return object{}, err
	}
	switch view, err := s.Jobs.Job(ctx, t, key); {
	case err == nil:
		shown := shownJob(view, last)
		o.Job = &shown
	case !errors.Is(err, queue.ErrNotFound):
		return object{}, err
	}
	return o, s.addHistory(ctx, t, &o, []string{key.ID, asked.ID})
}

// canonical is the key under which the object's jobs are.
func (s *server) canonical(ctx context.Context, t tenant.ID, asked job.Key) (job.Key, error) {
	aliases, err := s.Archive.Aliases(ctx, t, asked.Resource, []string{asked.ID})
	if id, known := aliases[asked.ID]; known {
		asked.ID = id
	}
	return asked, err
}

// addPushes adds what was pushed and how the last run ended, which it returns, too.
func (s *server) addPushes(ctx context.Context, t tenant.ID, o *object) (ledger.LastOutcome, error) {
	var last ledger.LastOutcome
	uids, err := s.Archive.ObjectUIDs(ctx, t, o.Resource, o.ID)
	if err != nil {
		return last, err
	}
	o.FlowUIDs = append(o.FlowUIDs, uids...)
	if o.Fingerprint, err = s.fingerprint(ctx, t, o.Resource, uids); err != nil {
		return last, err
	}
	at, err := s.Archive.LastPush(ctx, t, o.Resource, o.ID)
	if err != nil {
		return last, err
	}
	o.LastPush = moment(at)
	outcomes, err := s.Archive.LastOutcomes(ctx, t, o.Resource, []string{o.ID})
	if err != nil {
		return last, err
	}
	last, known := outcomes[o.ID]
	if known {
		o.LastOutcome = &outcome{last.At.UTC(), last.Result, last.Reason, last.Error}
	}
	return last, nil
}

// fingerprint joins what is remembered of the uids. One that is a row of a list has the name of the
// list, under which its fingerprint is, before a slash.
func (s *server) fingerprint(
	ctx context.Context, t tenant.ID, r event.Resource, uids []string,
) (string, error) {
	byKind := map[string][]string{}
	place := func(uid string) (kind, of string) {
		if at := strings.LastIndexByte(uid, '/'); at >= 0 {
			return uid[:at], uid[at+1:]
		}
		return string(r), uid
	}
	for _, uid := range uids {
		kind, of := place(uid)
		byKind[kind] = append(byKind[kind], of)
	}
	prints := map[string]map[string]ledger.Print{}
	for kind, of := range byKind {
		var err error
		if prints[kind], err = s.Archive.Prints(ctx, t, kind, of); err != nil {
			return "", err
		}
	}
	marks := make([]string, 0, len(uids))
	for _, uid := range uids {
		kind, of := place(uid)
		marks = append(marks, prints[kind][of].Body)
	}
	return strings.Join(marks, ","), nil
}

const (
	// historyPage and historyPages bound how much of the history one request looks through.
	historyPage  = 1000
	historyPages = 10
	// historyLimit is how many entries about an object are shown.
	historyLimit = 50
)

// addHistory adds the events and runs that name the object by one of the ids, the newest first.
func (s *server) addHistory(ctx context.Context, t tenant.ID, o *object, ids []string) error {
	cursor := ""
	for range historyPages {
		records, err := s.Archive.Records(ctx, cursor, historyPage)
		if err != nil {
			return err
		}
		for _, rec := range records {
			if len(o.History) == historyLimit {
				return nil
			}
			cursor, o.HistoryFrom = rec.ID, moment(rec.At)
			if rec.Resource == o.Resource && slices.Contains(rec.Tenants, t) &&
				slices.ContainsFunc(rec.Objects, func(id string) bool { return slices.Contains(ids, id) }) {
				o.History = append(o.History, shownRecord(rec))
			}
		}
		if len(records) < historyPage {
			o.HistoryComplete = true
			return nil
		}
	}
	return nil
}

// syncAnswer says what became of the wish: a new job, or one that was there already.
type syncAnswer struct {
	Result queue.Result `json:"result"`
}

// maxID is how long the id of an object can be that an operator asks for.
const maxID = 512

// syncObject answers POST /admin/v1/tenants/{tenant}/objects/{resource}/{id}/sync. The job is due at
// once, whatever it may have been waiting for.
func (s *server) syncObject(w http.ResponseWriter, r *http.Request) error {
	t, key, err := s.exportedKey(r)
	if err != nil {
		return err
	}
	result, err := s.enqueueNow(r.Context(), t, key, "admin-"+requestID(w))
	if err != nil {
		return refuse(errUnavailable, "The object could not be queued; try again.", err)
	}
	zerolog.Ctx(r.Context()).Info().Str("tenant", string(t)).Str("resource", string(key.Resource)).
		Str("object_id", key.ID).Msg("object synchronised")
	return writeJSON(w, http.StatusAccepted, syncAnswer{result})
}

// enqueueNow makes the object due. The cause has no time: nothing has changed that the read would
// have to be younger than.
func (s *server) enqueueNow(
	ctx context.Context, t tenant.ID, key job.Key, eventID string,
) (queue.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, intakeTimeout)
	defer cancel()
	results, err := s.Intake.Enqueue(ctx, []queue.Entry{{
		Tenant: t, Key: key, Cause: job.Cause{EventID: eventID, Change: event.Changed},
	}})
	if err != nil {
		return "", fmt.Errorf("enqueue %s of %s: %w", key, t, err)
	}
	if len(results) != 1 {
		return "", fmt.Errorf("enqueue %s of %s: %d results", key, t, len(results))
	}
	// Not found means that it runs at this moment, and will once more.
	if err := s.Jobs.Hasten(ctx, t, key); err != nil && !errors.Is(err, queue.ErrNotFound) {
		return "", fmt.Errorf("hasten %s of %s: %w", key, t, err)
	}
	return results[0], nil
}
