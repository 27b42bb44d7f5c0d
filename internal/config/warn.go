package config

func (d *decoder) warn(path, message string) {
	d.warnings = append(d.warnings, Problem{Path: path, Line: d.line(path), Message: message})
}

// judge notes what is allowed and an operator should know.
func (c *Config) judge(d *decoder, f *file) {
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
