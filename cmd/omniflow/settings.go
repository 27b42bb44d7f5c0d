package main

import (
	"fmt"
	"maps"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/config"
)

// settingsOf is the configuration as operators see it, with a warning where boot, which the service was
// started with, is still in force. It takes over named fields and what
// config.Settings redacts, so that nothing secret gets out because somebody adds a field.
func settingsOf(cfg, boot *config.Config) api.Settings {
	shown := api.Settings{
		Settings: []api.Setting{}, Tenants: []api.TenantSettings{}, Warnings: warningsOf(cfg),
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
	started := valuesOf(boot)
	for _, path := range needsRestart(boot, cfg) {
		shown.Warnings = append(shown.Warnings,
			fmt.Sprintf("%s: needs a restart; until then it is %s", path, started[path]))
	}
	return shown
}

func warningsOf(cfg *config.Config) []string {
	warnings := []string{}
	for _, w := range cfg.Warnings {
		warnings = append(warnings, w.Path+": "+w.Message)
	}
	return warnings
}
