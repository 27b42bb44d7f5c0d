package config

// notBuilt notes that the file asks for a feature that this version does not have.
func (d *decoder) notBuilt(path, feature string) {
	message := "not built in this version: " + feature
	d.unbuilt = append(d.unbuilt, Problem{Path: path, Line: d.line(path), Message: message})
}

func (d *decoder) warn(path, message string) {
	d.warnings = append(d.warnings, Problem{Path: path, Line: d.line(path), Message: message})
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
