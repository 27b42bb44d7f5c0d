package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// SupplierSource reads suppliers; omnium.Client documents the method.
type SupplierSource interface {
	Supplier(ctx context.Context, id string, since time.Time) (*omnium.Supplier, error)
}

// SupplierTarget writes suppliers to one Flow tenant; flow.Client documents each method.
type SupplierTarget interface {
	HoldsSupplier(ctx context.Context, s flow.Supplier) (bool, error)
	PutSupplier(ctx context.Context, s flow.Supplier, known bool, clear flow.Fields) (created bool, err error)
	DeactivateSupplier(ctx context.Context, uid string) error
}

// Supplier reconciles suppliers. A supplier belongs to no market: every tenant that exports suppliers
// has all of them. It is safe for concurrent use.
type Supplier struct {
	base
	source SupplierSource
	flow   SupplierTarget
}

// NewSupplier returns the handler of the supplier jobs of one tenant.
func NewSupplier(o Options, source SupplierSource, target SupplierTarget) (*Supplier, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if source == nil || target == nil {
		return nil, errors.New("reconcile: a source and a target are required")
	}
	return &Supplier{base: base{opts: o}, source: source, flow: target}, nil
}

// Handle implements worker.Handler.
func (s *Supplier) Handle(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
) {
	s.each(ctx, jobs, settle, s.one)
}

func (s *Supplier) one(ctx context.Context, r *run) job.Outcome {
	r.reads++
	doc, err := s.source.Supplier(ctx, r.job.ID, r.job.Claimed)
	if errors.Is(err, omnium.ErrNotFound) {
		return s.gone(ctx, r)
	}
	if err != nil {
		return fromOmnium(fmt.Errorf("read supplier: %w", err))
	}
	if doc.ID != r.job.ID {
		return r.rekey(ctx, doc.ID)
	}
	if o := r.readTooEarly(doc.Modified); o != nil {
		return *o
	}
	wanted, err := mapping.Supplier(doc)
	if err != nil {
		return fromMapping(err)
	}
	if o := r.push(ctx, s.record(wanted)); o != nil {
		return *o
	}
	return job.Outcome{Verdict: job.Done}
}

func (s *Supplier) record(wanted flow.Supplier) record {
	return record{
		kind: kindSupplier, uid: wanted.SupplierUID, source: wanted.ExternalID, body: wanted,
		holds: func(ctx context.Context) (bool, error) { return s.flow.HoldsSupplier(ctx, wanted) },
		put: func(ctx context.Context, known bool, clear flow.Fields) (bool, error) {
			return s.flow.PutSupplier(ctx, wanted, known, clear)
		},
	}
}

// gone makes a supplier inactive that Omnium does not have (any more).
func (s *Supplier) gone(ctx context.Context, r *run) job.Outcome {
	if o := r.notFoundTooEarly(); o != nil {
		return *o
	}
	uid, err := mapping.UID(r.job.ID)
	if err != nil {
		return skipped(reasonUnknown) // it was never pushed
	}
	if o := r.opts.absent(ctx, r.job, kindSupplier); o != nil {
		return *o
	}
	return r.retire(ctx, kindSupplier, uid, s.flow.DeactivateSupplier)
}
