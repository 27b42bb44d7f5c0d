package api

import (
	"net/http"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Settings is what the service was configured with, for people. Whoever makes it redacts secrets:
// of a tenant's token only a tenant.Secret can be given.
type Settings struct {
	// Version is filled in by the API.
	Version string `json:"version"`
	// Settings are the values outside the tenants, in the order of the file, defaults included.
	Settings []Setting        `json:"settings"`
	Tenants  []TenantSettings `json:"tenants"`
	// Warnings are things that are allowed and that an operator should know.
	Warnings []string `json:"warnings"`
}

// Setting is one value and where it is in the file.
type Setting struct {
	Path  string `json:"path"`
	Value string `json:"value"`
}

// TenantSettings is what was resolved for one tenant.
type TenantSettings struct {
	Tenant      tenant.ID         `json:"tenant"`
	Markets     []string          `json:"markets"`
	Groups      []string          `json:"groups"`
	Resources   []string          `json:"resources"`
	AccessToken tenant.Secret     `json:"accessToken"`
	Properties  map[string]string `json:"properties"`
}

// showSettings answers GET /admin/v1/config.
func (s *server) showSettings(w http.ResponseWriter, _ *http.Request) error {
	settings := s.Settings()
	settings.Version = s.Version
	return writeJSON(w, http.StatusOK, settings)
}
