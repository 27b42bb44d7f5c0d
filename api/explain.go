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
	// Result is queued, ignored or unrouted.
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

// resultQueued is the result of an event that asks for jobs.
const resultQueued = "queued"

// Explain decides about events exactly as the webhook does. It does no I/O.
func Explain(directory *tenant.Directory, notices []omnium.Notice) []Placement {
	p := place(directory, notices)
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
