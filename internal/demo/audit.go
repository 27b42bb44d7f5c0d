package demo

import (
	"context"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// FlowUser is whom Flow writes to Omnium as: events of its are echoes.
const FlowUser = flowUser

// Language is the language of products that have no document in that of their market.
const Language = defaultLanguage

// NewOmnium is a fake Omnium with the shop in it, for whoever serves it elsewhere than in a World.
func NewOmnium(clientSecret string, now time.Time) *omniumtest.Server {
	w := &World{Omnium: omniumtest.New()}
	w.Omnium.ClientSecret, w.Omnium.Language = clientSecret, defaultLanguage
	w.openShop(now)
	return w.Omnium
}

// Furnish puts into a fake Flow that is served at url, version included, what the shop's people have put
// there by hand. Tokens are by tenant.
func Furnish(ctx context.Context, server *flowtest.Server, url string, tokens map[string]string) error {
	w := &World{Flow: server, flowURL: url, flowTokens: tokens}
	return w.furnish(ctx)
}

// Everything is one event per object, in an order in which most has to wait for what comes later.
func Everything(o *omniumtest.Server) [][]byte { return everything(o) }

// Found is what a tenant has.
type Found struct {
	State flowtest.State
	// Letters are the dead letters, as resource, slash and id.
	Letters []string
}

// Audit compares the tenants of a Flow with what they shall hold, when the vendors are elsewhere than in
// a World. What Flow shall hold hangs on the past: an Audit remembers it. It is not safe for
// concurrent use.
type Audit struct{ oracles []*oracle }

// NewAudit begins with empty tenants.
func NewAudit() *Audit {
	a := &Audit{}
	for _, t := range tenants() {
		a.oracles = append(a.oracles, newOracle(t))
	}
	return a
}

// Compare compares what was found, by tenant, with what the books ask for.
func (a *Audit) Compare(b Books, found map[string]Found) (Report, error) {
	var report Report
	for _, o := range a.oracles {
		f := found[o.tenant.uid]
		t, err := o.expect(b, time.Now()).compare(o.tenant.uid, f.State, f.Letters)
		if err != nil {
			return Report{}, err
		}
		report.Tenants = append(report.Tenants, t)
		report.Differences = append(report.Differences, t.differences...)
	}
	return report, nil
}

// Stuck are the objects of a tenant that no mapping can help, as resource, slash and id: each has a
// dead letter.
func (a *Audit) Stuck(b Books) map[string]map[string]bool {
	stuck := map[string]map[string]bool{}
	for _, o := range a.oracles {
		stuck[o.tenant.uid] = o.expect(b, time.Now()).stuck
	}
	return stuck
}

// Remember makes what the books ask for the past. Flow agrees with it.
func (a *Audit) Remember(b Books) {
	for _, o := range a.oracles {
		o.past = o.expect(b, time.Now())
	}
}
