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
	c.judgeCatchup(d)
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

// judgeCatchup: a file that says nothing about catch-up gets a warning instead of what is promised
// by default; one that asks for it is refused; one that turns it off knows what it does.
func (c *Config) judgeCatchup(d *decoder) {
	written := false
	for path := range d.lines {
		written = written || strings.HasPrefix(path, "catchup.")
	}
	switch {
	case !written:
		d.warn("catchup", "lost webhooks are not repaired by this version")
	case c.Catchup.Enabled:
		d.notBuilt("catchup", "catch-up (write catchup: { enabled: false })")
	}
}

func boolOf(t text) bool { return !t.bad && t.s == "true" }
