package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Syncs are the synchronisations that operators ask for. Errors other than ledger.ErrNoSync mean that
// Redis cannot answer now.
type Syncs interface {
	// CreateSync keeps a synchronisation; it returns when it is durable.
	CreateSync(ctx context.Context, s ledger.Sync) error
	// Sync returns one; the error is ledger.ErrNoSync when there is none.
	Sync(ctx context.Context, t tenant.ID, id string) (ledger.Sync, error)
	// Syncs returns those of a tenant that are remembered, the youngest first.
	Syncs(ctx context.Context, t tenant.ID) ([]ledger.Sync, error)
	// CancelSync asks for the end of one; the error is ledger.ErrNoSync when there is none.
	CancelSync(ctx context.Context, t tenant.ID, id string) error
}

// The modes of a synchronisation.
const (
	modeFull  = "full"
	modeDelta = "delta"
)

const (
	// syncBodyLimit is far above what a request can say.
	syncBodyLimit = 16 << 10
	// defaultOrphanLimit is the percentage of the known objects that may be gone from Omnium without
	// anybody having to confirm it.
	defaultOrphanLimit = 5
)

// syncRequest asks for a synchronisation.
type syncRequest struct {
	Resources []event.Resource `json:"resources" validate:"max=100,dive,resource"`
	// Mode may be left out: a request with a moment means what has changed since.
	Mode  string    `json:"mode" validate:"omitempty,oneof=full delta"`
	Since time.Time `json:"since"`
	// OrphanLimitPercent is nil when the client leaves it to us.
	OrphanLimitPercent *int `json:"orphanLimitPercent" validate:"omitempty,percent"`
}

// syncView is a synchronisation as the admin API shows it (design §11).
type syncView struct {
	ID                 string           `json:"id"`
	State              ledger.SyncState `json:"state"`
	Mode               string           `json:"mode"`
	Resources          []event.Resource `json:"resources"`
	Listed             []event.Resource `json:"listed"`
	Since              *time.Time       `json:"since"`
	OrphanLimitPercent int              `json:"orphanLimitPercent"`
	CancelRequested    bool             `json:"cancelRequested"`
	Error              string           `json:"error"`

	Seen    int64 `json:"seen"`
	Queued  int64 `json:"queued"`
	Done    int64 `json:"done"`
	Failed  int64 `json:"failed"`
	Orphans int64 `json:"orphans"`
	Refused int64 `json:"refused"`
	// Total is null while it is not known how many there are.
	Total *int64 `json:"total"`
	// Rate is objects per second, Estimate seconds.
	Rate     float64  `json:"rate"`
	Estimate *float64 `json:"estimate"`

	CreatedAt  time.Time  `json:"createdAt"`
	StartedAt  *time.Time `json:"startedAt"`
	FinishedAt *time.Time `json:"finishedAt"`
}

func shownSync(s ledger.Sync, now time.Time) syncView {
	v := syncView{
		ID: s.ID, State: s.State, Mode: modeFull, Since: moment(s.Since),
		Resources: append([]event.Resource{}, s.Resources...), Listed: append([]event.Resource{}, s.Listed...),
		OrphanLimitPercent: s.OrphanLimit, CancelRequested: s.Cancel, Error: s.Error,
		Seen: s.Seen, Queued: s.Seen + s.Orphans - s.Refused, Done: s.Done, Failed: s.Failed,
		Orphans: s.Orphans, Refused: s.Refused,
		CreatedAt: s.Created.UTC(), StartedAt: moment(s.Started), FinishedAt: moment(s.Finished),
	}
	if !s.Since.IsZero() {
		v.Mode = modeDelta
	}
	if s.State == ledger.SyncDraining || s.State == ledger.SyncDone {
		v.Total = &v.Queued
	}
	v.pace(s, now)
	return v
}

// pace fills in how fast it goes, and how long it will take when that can be told.
func (v *syncView) pace(s ledger.Sync, now time.Time) {
	if !s.Finished.IsZero() {
		now = s.Finished
	}
	settled := s.Done + s.Failed
	if took := now.Sub(s.Started).Seconds(); !s.Started.IsZero() && took > 0 {
		v.Rate = float64(settled) / took
	}
	if s.State == ledger.SyncDraining && v.Rate > 0 {
		left := float64(max(v.Queued-settled, 0)) / v.Rate
		v.Estimate = &left
	}
}

// createSync answers POST /admin/v1/tenants/{tenant}/syncs.
func (s *server) createSync(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r, syncBodyLimit)
	if err != nil {
		return err
	}
	request, err := s.parseSync(body)
	if err != nil {
		return err
	}
	if s.CatchupOff {
		return refuse(errCatchupOff, "Synchronisations are run by the catch-up: set catchup.enabled.", nil)
	}
	resources, err := s.exported(t, request.Resources)
	if err != nil {
		return err
	}
	sync := ledger.Sync{
		ID: rand.Text(), Tenant: t, Resources: resources, Since: request.Since,
		OrphanLimit: defaultOrphanLimit, State: ledger.SyncWaiting, Created: time.Now(),
	}
	if request.OrphanLimitPercent != nil {
		sync.OrphanLimit = *request.OrphanLimitPercent
	}
	if err := s.Syncs.CreateSync(r.Context(), sync); err != nil {
		return storeFault(fmt.Errorf("create synchronisation of %s: %w", t, err))
	}
	zerolog.Ctx(r.Context()).Info().Str("tenant", string(t)).Str("sync", sync.ID).
		Str("resources", listOf(resources)).Int("orphan_limit", sync.OrphanLimit).Msg("synchronisation requested")
	w.Header().Set("Location", r.URL.EscapedPath()+"/"+sync.ID)
	return writeJSON(w, http.StatusAccepted, shownSync(sync, time.Now()))
}

// parseSync takes no body at all for a wish without details.
func (s *server) parseSync(body []byte) (syncRequest, error) {
	var request syncRequest
	if len(bytes.TrimSpace(body)) > 0 {
		if err := decodeStrict(body, &request); err != nil {
			return request, refuse(errInvalid, "The body is not a JSON object of the documented form.", err)
		}
	}
	if err := s.validate.Struct(request); err != nil {
		return request, invalidFields(err)
	}
	if wrong := request.since(time.Now()); wrong != "" {
		return request, &fault{
			kind: errInvalid, detail: "Some fields are not valid.", fields: []fieldError{{"since", wrong}},
		}
	}
	return request, nil
}

// since says what is wrong about the moment; empty when nothing is.
func (q syncRequest) since(now time.Time) string {
	switch {
	case q.Mode == modeDelta && q.Since.IsZero():
		return "must be given when mode is delta"
	case q.Mode == modeFull && !q.Since.IsZero():
		return "must not be given when mode is full"
	case q.Since.After(now):
		return "must not lie in the future"
	default:
		return ""
	}
}

// exported are the resources that are wanted, each once and in the order that people see, which lets
// tenants that want the same share a list; all that the tenant exports when none are named.
func (s *server) exported(t tenant.ID, wanted []event.Resource) ([]event.Resource, error) {
	known, ok := s.Directory().Tenant(t)
	if !ok {
		return nil, s.noTenant()
	}
	var resources []event.Resource
	for _, r := range event.Resources() {
		exports := slices.Contains(known.Resources, string(r))
		if slices.Contains(wanted, r) && !exports {
			return nil, refuse(errNotExported, fmt.Sprintf("%s does not export %s.", t, r), nil)
		}
		if exports && (len(wanted) == 0 || slices.Contains(wanted, r)) {
			resources = append(resources, r)
		}
	}
	if len(resources) == 0 {
		return nil, refuse(errNotExported, fmt.Sprintf("%s exports nothing.", t), nil)
	}
	return resources, nil
}

// listSyncs answers GET /admin/v1/tenants/{tenant}/syncs.
func (s *server) listSyncs(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	all, err := s.Syncs.Syncs(r.Context(), t)
	if err != nil {
		return storeFault(fmt.Errorf("list synchronisations of %s: %w", t, err))
	}
	list := page[syncView]{Items: []syncView{}}
	for _, sync := range all {
		list.Items = append(list.Items, shownSync(sync, time.Now()))
	}
	return writeJSON(w, http.StatusOK, list)
}

// showSync answers GET /admin/v1/tenants/{tenant}/syncs/{id}.
func (s *server) showSync(w http.ResponseWriter, r *http.Request) error {
	t, id, err := s.syncOf(r)
	if err != nil {
		return err
	}
	sync, err := s.Syncs.Sync(r.Context(), t, id)
	if err != nil {
		return syncFault(t, err)
	}
	return writeJSON(w, http.StatusOK, shownSync(sync, time.Now()))
}

// cancelSync answers DELETE /admin/v1/tenants/{tenant}/syncs/{id}. The leader ends it at its next look.
func (s *server) cancelSync(w http.ResponseWriter, r *http.Request) error {
	t, id, err := s.syncOf(r)
	if err != nil {
		return err
	}
	if err := s.Syncs.CancelSync(r.Context(), t, id); err != nil {
		return syncFault(t, err)
	}
	zerolog.Ctx(r.Context()).Info().Str("tenant", string(t)).Str("sync", id).
		Msg("end of a synchronisation requested")
	sync, err := s.Syncs.Sync(r.Context(), t, id)
	if err != nil {
		return syncFault(t, err)
	}
	return writeJSON(w, http.StatusAccepted, shownSync(sync, time.Now()))
}

// syncOf is the synchronisation that the path names.
func (s *server) syncOf(r *http.Request) (tenant.ID, string, error) {
	t, err := s.tenantOf(r)
	if err != nil {
		return "", "", err
	}
	id, err := pathParam(r, "id")
	return t, id, err
}

func syncFault(t tenant.ID, err error) error {
	if errors.Is(err, ledger.ErrNoSync) {
		return refuse(errNotFound, "There is no such synchronisation.", err)
	}
	return storeFault(fmt.Errorf("read synchronisation of %s: %w", t, err))
}
