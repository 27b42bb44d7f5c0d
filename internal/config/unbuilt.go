package config

import (
	"strings"
)

// notBuilt notes that the file asks for a feature that this version does not have.
func (d *decoder) notBuilt(path, feature string) {
	if feature == "" {
		return
	}
	message := "not built in this version: " + feature
	d.unbuilt = append(d.unbuilt, Problem{Path: path, Line: d.line(path), Message: message})
}

func (d *decoder) warn(path, message string) {
	d.warnings = append(d.warnings, Problem{Path: path, Line: d.line(path), Message: message})
}

// unbuiltProperties notes the properties that hold for some market and need an unbuilt feature.
func (d *decoder) unbuiltProperties(units []unit) {
	switches := map[string]string{
		propCategories: "category synchronisation",
	}
	for _, u := range units {
		for property, feature := range switches {
			if t := u.props[property]; t.s == "true" {
				d.notBuilt(t.path, feature)
			}
		}
		if t := u.props[propGroupRoot]; strings.TrimSpace(t.s) != "" {
			d.notBuilt(t.path, "product groups from categories")
		}
	}
}

// judge notes the unbuilt features outside the connector, and what an operator should know.
func (c *Config) judge(d *decoder, f *file) {
	if c.Tracing.OTLPEndpoint != "" {
		d.notBuilt("tracing.otlpEndpoint", "tracing")
	}
	if c.Webhook.AllowAnonymous {
		d.warn("webhook.allowAnonymous", "anyone who reaches the service can post events")
	}
	if c.Omnium.MaxConcurrent > 20 || c.Omnium.RequestsPerSecond > 100 {
		d.warn("omnium", "the budget of one API user is 20 requests at once and 100 per second")
	}
	if boolOf(f.Connector.Properties[propByGroup]) && len(f.MarketGroups) == 0 {
		d.warn("connector.properties."+propByGroup, "no market group is configured")
	}
}

func boolOf(t text) bool { return !t.bad && t.s == "true" }
