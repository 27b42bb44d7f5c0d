package reconcile

import (
	"context"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
)

// The tables of design §6, for the tests.
var (
	FromFlow    = fromFlow
	FromOmnium  = fromOmnium
	FromMapping = fromMapping
	FromLedger  = fromLedger
)

// Things reconciles made-up objects, so that what all resources are built on can be tested by itself.
type Things struct {
	base
	read   func(id string) (Thing, bool)
	target ThingTarget
}

// Thing is a made-up object.
type Thing struct {
	Body  ThingBody
	Parts map[string]string
	// KeepsParts says that Flow has no way to delete parts.
	KeepsParts bool
	// Needs is another thing that has to be in Flow before this one.
	Needs string
}

// ThingBody is what a thing is in Flow.
type ThingBody struct {
	Name string `json:"name"`
	Note string `json:"note,omitempty"`
}

// ThingTarget is a Flow for things.
type ThingTarget interface {
	PutThing(ctx context.Context, uid string, b ThingBody, known bool, clear flow.Fields) (bool, error)
	PutPart(ctx context.Context, uid, part, text string, known bool) error
	DropPart(ctx context.Context, uid, part string) error
}

// NewThings returns a handler; read returns what Omnium says.
func NewThings(o Options, read func(id string) (Thing, bool), target ThingTarget) *Things {
	return &Things{base: base{opts: o}, read: read, target: target}
}

// KindThing is the resource, and the kind of the uids, of things.
const KindThing = "thing"

// Handle implements worker.Handler.
func (h *Things) Handle(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
) {
	h.each(ctx, jobs, settle, func(ctx context.Context, r *run) job.Outcome {
		id := r.job.ID
		thing, found := h.read(id)
		if !found {
			return skipped("unknown_to_omnium")
		}
		if thing.Needs != "" {
			by := job.Key{Resource: KindThing, ID: thing.Needs}
			if o := r.require(ctx, needed{kind: KindThing, uid: thing.Needs, by: by}); o != nil {
				return *o
			}
		}
		if o := r.push(ctx, h.record(id, thing)); o != nil {
			return *o
		}
		return job.Outcome{Verdict: job.Done}
	})
}

func (h *Things) record(id string, thing Thing) record {
	rec := record{
		kind: KindThing, uid: id, source: id, body: thing.Body,
		put: func(ctx context.Context, known bool, clear flow.Fields) (bool, error) {
			return h.target.PutThing(ctx, id, thing.Body, known, clear)
		},
	}
	for uid, text := range thing.Parts {
		rec.parts = append(rec.parts, part{
			uid: uid, body: text,
			put: func(ctx context.Context, known bool) error {
				return h.target.PutPart(ctx, id, uid, text, known)
			},
		})
	}
	if !thing.KeepsParts {
		rec.drop = func(ctx context.Context, uid string) error { return h.target.DropPart(ctx, id, uid) }
	}
	return rec
}
