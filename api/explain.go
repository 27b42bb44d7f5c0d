package api

import (
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Placement says what the intake would make of an event, before anything is kept.
type Placement struct {
	Notice omnium.Notice
	// Result is queued, ignored, unrouted, or listed: what has changed is looked for.
	Result string
	// Reason is a word for why: one of package tenant when the routing decided, one of package omnium
	// when the kind of event did, else no_object_ids.
	Reason string
	Jobs   []PlacedJob
}

// PlacedJob is a job that the event would ask for.
type PlacedJob struct {
	Tenant tenant.ID
	job.Key
}

// Rules are what the webhook knows beside the tenants.
type Rules struct {
	// EchoUsers are as in Options.
	EchoUsers []string
	// CatchUp says whether Options has Wishes.
	CatchUp bool
}

// Results of events that ask for jobs, and for a list of what has changed.
const (
	resultQueued = "queued"
	resultListed = "listed"
)

// Explain decides about events exactly as the webhook does. It does no I/O. It marks the echoes among the
// notices.
func Explain(directory *tenant.Directory, notices []omnium.Notice, rules Rules) []Placement {
	omnium.IgnoreEchoes(notices, rules.EchoUsers)
	p := place(directory, notices, rules.CatchUp)
	explained := make([]Placement, 0, len(p.events))
	parked := p.parked
	for _, e := range p.events {
		x := Placement{Notice: e.notice, Result: e.result, Reason: e.notice.Ignored}
		route, _ := directory.Targets(concerned(e.notice.Event))
		switch e.result {
		case resultIgnored:
		case resultUnrouted:
			x.Reason = string(route.Reason)
			if parked[0].Reason == queue.ParkedNoObjectIDs {
				x.Reason = queue.ParkedNoObjectIDs
			}
			parked = parked[1:]
		case string(queue.Accepted): // nothing is in the queue yet, so it is one that wants a list
			x.Result, x.Reason = resultListed, queue.ParkedNoObjectIDs
		default:
			x.Result, x.Reason = resultQueued, string(route.Reason)
			for _, entry := range p.entries[e.first:e.end] {
				x.Jobs = append(x.Jobs, PlacedJob{entry.Tenant, entry.Key})
			}
		}
		explained = append(explained, x)
	}
	return explained
}
