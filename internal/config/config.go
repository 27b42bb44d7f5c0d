// Package config loads the configuration file: YAML → validated, resolved settings and tenants. The
// contract is omniflow.example.yaml; its tested copy is testdata/example.yaml. Every error is
// reported at once, with its path and line, and no error ever shows a value that came from the
// environment or a credential.
package config

import (
	"fmt"
	"maps"
	"os"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Config is a valid configuration. Treat it as read-only; it is safe for concurrent reads.
type Config struct {
	// File is where it was read from; empty when it was parsed from text.
	File string

	Server    Server
	Redis     Redis
	Webhook   Webhook
	Omnium    Omnium
	Flow      Flow
	Queue     Queue
	Catchup   Catchup
	Connector Connector
	Log       Log
	Tracing   Tracing

	// Tenants are the Flow tenants in file order, with the properties merged for them.
	Tenants []tenant.Tenant
	// GroupMarkets are the memberships that the file gives, market group → market ids. They win
	// over what Omnium says; a group that is missing here is read from Omnium.
	GroupMarkets map[string][]string
	// Warnings are things that are allowed and that an operator should know.
	Warnings []Problem

	lines map[string]int
}

// Load reads and parses the file. A file that cannot be read gives the error of the operating
// system, wrong contents an *Error. getenv answers like os.LookupEnv.
func Load(path string, getenv func(string) (string, bool)) (*Config, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // The operator names the file.
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	c, err := Parse(path, raw, getenv)
	if err != nil {
		return nil, err
	}
	c.File = path
	return c, nil
}

// Parse turns the text of a configuration file into a Config. References ${NAME} inside values are
// replaced by what getenv gives, after the YAML was parsed, so that a value may hold any
// characters. The error is an *Error with every problem found; name stands for the file in it.
func Parse(name string, raw []byte, getenv func(string) (string, bool)) (*Config, error) {
	d := newDecoder(getenv)
	f := defaults()
	d.document(raw, &f)
	if d.isBad("") {
		return nil, &Error{File: name, Problems: sorted(d.problems)}
	}
	d.check(&f)
	c := &Config{
		Server: f.Server, Redis: d.redis(f.Redis), Webhook: f.Webhook, Omnium: f.Omnium,
		Flow: f.Flow, Queue: f.Queue, Catchup: f.Catchup, Log: f.Log, Tracing: f.Tracing,
		lines: d.lines,
	}
	c.resolve(d, &f)
	c.judge(d, &f)
	if len(d.problems) > 0 {
		return nil, &Error{File: name, Problems: sorted(d.problems)}
	}
	c.Warnings = sorted(d.warnings)
	return c, nil
}

// At makes a problem at a path of the file, with its line: for rules that other packages know, such
// as the names below flow.routes.
func (c *Config) At(path, message string) Problem {
	return Problem{Path: path, Line: lineOf(c.lines, path), Message: message}
}

// resolve fills in what the connector, the markets and the market groups say.
func (c *Config) resolve(d *decoder, f *file) {
	implementations := d.implementations(f.Connector.Implementations)
	c.Connector = Connector{Name: f.Connector.Name.s, Implementations: implementations}
	r := newResolver(d, f, implementations)
	units := r.units()
	r.require(units)
	c.Tenants = r.tenants(units)
	c.GroupMarkets = maps.Clone(r.memberships)
}
