package main

import (
	"maps"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/config"
)

// settingsOf is the configuration as operators see it. It takes over named fields and what
// config.Settings redacts, so that nothing secret gets out because somebody adds a field.
func settingsOf(cfg *config.Config) api.Settings {
	shown := api.Settings{
		Settings: []api.Setting{}, Tenants: []api.TenantSettings{}, Warnings: []string{},
	}
	for _, s := range cfg.Settings() {
		shown.Settings = append(shown.Settings, api.Setting{Path: s.Path, Value: s.Value})
	}
	for i := range cfg.Tenants {
		t := &cfg.Tenants[i]
		properties := map[string]string{}
		maps.Copy(properties, t.Properties)
		shown.Tenants = append(shown.Tenants, api.TenantSettings{
			Tenant:      t.ID,
			Markets:     append([]string{}, t.Markets...),
			Groups:      append([]string{}, t.Groups...),
			Resources:   append([]string{}, t.Resources...),
			AccessToken: t.AccessToken,
			Properties:  properties,
		})
	}
	for _, w := range cfg.Warnings {
		shown.Warnings = append(shown.Warnings, w.Path+": "+w.Message)
	}
	return shown
}
