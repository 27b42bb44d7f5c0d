package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/omniflow/omniflow/internal/tenant"
)

// tenantStatus is a tenant as the admin API shows it (design §11).
type tenantStatus struct {
	Tenant          tenant.ID   `json:"tenant"`
	Markets         []string    `json:"markets"`
	Queue           queueStatus `json:"queue"`
	Breaker         string      `json:"breaker"`
	Paused          bool        `json:"paused"`
	Suspended       bool        `json:"suspended"`
	SuspendedReason string      `json:"suspendedReason,omitempty"`
	LastSuccess     *time.Time  `json:"lastSuccess"`
}

// queueStatus counts a tenant's jobs.
type queueStatus struct {
	Ready         int     `json:"ready"`
	Delayed       int     `json:"delayed"`
	Leased        int     `json:"leased"`
	Dead          int     `json:"dead"`
	OldestSeconds float64 `json:"oldestSeconds"`
}

// listTenants answers GET /admin/v1/tenants.
func (s *server) listTenants(w http.ResponseWriter, r *http.Request) error {
	list, err := s.tenantStates(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, list)
}

// tenantStates lists all tenants in one page.
func (s *server) tenantStates(ctx context.Context) (page[tenantStatus], error) {
	list := page[tenantStatus]{Items: []tenantStatus{}}
	directory := s.Directory()
	for _, t := range directory.Tenants() {
		status, err := s.tenantStatus(ctx, directory, t.ID)
		if err != nil {
			return list, err
		}
		list.Items = append(list.Items, status)
	}
	return list, nil
}

// showTenant answers GET /admin/v1/tenants/{tenant}.
func (s *server) showTenant(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	status, err := s.tenantStatus(r.Context(), s.Directory(), t)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, status)
}

// tenantStatus asks the queue and the worker how a tenant is doing.
func (s *server) tenantStatus(
	ctx context.Context, directory *tenant.Directory, t tenant.ID,
) (tenantStatus, error) {
	stats, err := s.Jobs.Stats(ctx, t)
	if err != nil {
		return tenantStatus{}, storeFault(fmt.Errorf("count jobs of %s: %w", t, err))
	}
	last, err := s.Health.LastSuccess(ctx, t)
	if err != nil {
		return tenantStatus{}, storeFault(fmt.Errorf("read last success of %s: %w", t, err))
	}
	return tenantStatus{
		Tenant:  t,
		Markets: append([]string{}, directory.Markets(t)...), // never null
		Queue: queueStatus{
			Ready: stats.Ready, Delayed: stats.Delayed, Leased: stats.Leased, Dead: stats.Dead,
			OldestSeconds: stats.Oldest.Seconds(),
		},
		Breaker:         s.Health.Breaker(t),
		Paused:          stats.Paused,
		Suspended:       stats.Suspended != "",
		SuspendedReason: stats.Suspended,
		LastSuccess:     moment(last),
	}, nil
}

// noTenant refuses a tenant that is not one, and names those there are.
func (s *server) noTenant() error {
	var names []tenant.ID
	for _, t := range s.Directory().Tenants() {
		names = append(names, t.ID)
	}
	return refuse(errNotFound, "There is no such tenant; there are "+listOf(names)+".", nil)
}

// tenantOf is the tenant that the path names.
func (s *server) tenantOf(r *http.Request) (tenant.ID, error) {
	id, err := pathParam(r, "tenant")
	if err != nil {
		return "", err
	}
	if _, ok := s.Directory().Tenant(tenant.ID(id)); !ok {
		return "", s.noTenant()
	}
	return tenant.ID(id), nil
}
