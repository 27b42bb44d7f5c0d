package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/tenant"
)

// pause answers POST /admin/v1/tenants/{tenant}/pause.
func (s *server) pause(w http.ResponseWriter, r *http.Request) error {
	return s.control(w, r, "tenant paused", s.Jobs.Pause)
}

// resume answers POST /admin/v1/tenants/{tenant}/resume. It lifts a suspension too: whoever has
// mended the credential need not wait for the next probe, and a refusal suspends the tenant anew.
func (s *server) resume(w http.ResponseWriter, r *http.Request) error {
	return s.control(w, r, "tenant resumed", func(ctx context.Context, t tenant.ID) error {
		if err := s.Jobs.Unsuspend(ctx, t); err != nil {
			return err
		}
		return s.Jobs.Resume(ctx, t)
	})
}

// control changes a tenant and answers with what it is like then.
func (s *server) control(
	w http.ResponseWriter, r *http.Request, done string, change func(context.Context, tenant.ID) error,
) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	if err := change(r.Context(), t); err != nil {
		return storeFault(fmt.Errorf("control %s: %w", t, err))
	}
	zerolog.Ctx(r.Context()).Info().Str("tenant", string(t)).Msg(done)
	status, err := s.tenantStatus(r.Context(), s.Directory(), t)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, status)
}
