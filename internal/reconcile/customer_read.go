package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// CustomerSource reads customers of both types; omnium.Client documents each method.
type CustomerSource interface {
	PrivateCustomer(ctx context.Context, id string, since time.Time) (*omnium.PrivateCustomer, error)
	BusinessCustomer(ctx context.Context, id string, since time.Time) (*omnium.BusinessCustomer, error)
	PrivateCustomers(
		ctx context.Context, ids []string,
	) (map[string]omnium.CustomerResult[omnium.PrivateCustomer], error)
	BusinessCustomers(
		ctx context.Context, ids []string,
	) (map[string]omnium.CustomerResult[omnium.BusinessCustomer], error)
}

// customerDoc is a customer as it was read, of either type.
type customerDoc struct {
	kind     string // private or business
	id       string
	modified omnium.Time
	mapped   func(mapping.CustomerOptions) (*mapping.MappedCustomer, error)
}

// source is what the owner of a uid is called in the ledger.
func (d customerDoc) source() string { return d.kind + " customer " + d.id }

// customerAnswer is what one read said of one customer.
type customerAnswer struct {
	doc customerDoc
	err error
}

// customerType reads the customers of one type.
type customerType struct {
	one  func(ctx context.Context, id string, since time.Time) customerAnswer
	many func(ctx context.Context, ids []string) (map[string]customerAnswer, error)
}

func privateCustomers(source CustomerSource) customerType {
	return typed[omnium.PrivateCustomer]{
		kind: "private", one: source.PrivateCustomer, many: source.PrivateCustomers,
		head:   func(c *omnium.PrivateCustomer) (string, omnium.Time) { return c.CustomerID, c.Modified },
		mapped: mapping.PrivateCustomer,
	}.untyped()
}

func businessCustomers(source CustomerSource) customerType {
	return typed[omnium.BusinessCustomer]{
		kind: "business", one: source.BusinessCustomer, many: source.BusinessCustomers,
		head:   func(c *omnium.BusinessCustomer) (string, omnium.Time) { return c.CustomerID, c.Modified },
		mapped: mapping.BusinessCustomer,
	}.untyped()
}

// typed is what there is to know of a type whose documents are T.
type typed[T any] struct {
	kind   string
	one    func(context.Context, string, time.Time) (*T, error)
	many   func(context.Context, []string) (map[string]omnium.CustomerResult[T], error)
	head   func(*T) (id string, modified omnium.Time)
	mapped func(*T, mapping.CustomerOptions) (*mapping.MappedCustomer, error)
}

// untyped hides what the documents are made of.
func (t typed[T]) untyped() customerType {
	return customerType{
		one: func(ctx context.Context, id string, since time.Time) customerAnswer {
			return t.answer(t.one(ctx, id, since))
		},
		many: func(ctx context.Context, ids []string) (map[string]customerAnswer, error) {
			read, err := t.many(ctx, ids)
			if err != nil {
				return nil, fmt.Errorf("read %s customers: %w", t.kind, err)
			}
			answers := make(map[string]customerAnswer, len(read))
			for id, r := range read {
				answers[id] = t.answer(r.Customer, r.Err)
			}
			return answers, nil
		},
	}
}

func (t typed[T]) answer(c *T, err error) customerAnswer {
	if err != nil {
		return customerAnswer{err: fmt.Errorf("read %s customer: %w", t.kind, err)}
	}
	id, modified := t.head(c)
	return customerAnswer{doc: customerDoc{
		kind: t.kind, id: id, modified: modified,
		mapped: func(o mapping.CustomerOptions) (*mapping.MappedCustomer, error) { return t.mapped(c, o) },
	}}
}

// prefetch reads the customers in bulk when they are many, as for products: not those that changed a
// moment ago. An id that no search finds is read for itself.
func (c *Customer) prefetch(
	ctx context.Context, jobs []job.Job,
) (map[string][]customerAnswer, *job.Outcome) {
	var ids []string
	for _, j := range jobs {
		if !fresh(j) {
			ids = append(ids, j.ID)
		}
	}
	if len(ids) < bulkFrom {
		return nil, nil
	}
	read := map[string][]customerAnswer{}
	for _, t := range c.types {
		answers, err := t.many(ctx, ids)
		if err != nil {
			if o := fromOmnium(err); o.Verdict == job.Snoozed {
				return nil, &o
			}
			// What is wrong with a search says nothing about its customers: each is read for itself.
			return nil, nil
		}
		for id, a := range answers {
			read[id] = append(read[id], a)
		}
	}
	return read, nil
}

// fetch returns the customers that have the id: of one type as a rule, none when it is gone, two when
// both resources have it.
func (r *customerRun) fetch(
	ctx context.Context, read []customerAnswer,
) ([]customerDoc, *job.Outcome) {
	if len(read) == 0 {
		for _, t := range r.of.types {
			r.reads++
			read = append(read, t.one(ctx, r.job.ID, r.job.Claimed))
		}
	}
	var docs []customerDoc
	for _, a := range read {
		if errors.Is(a.err, omnium.ErrNotFound) {
			continue
		}
		if a.err != nil {
			o := fromOmnium(a.err)
			return nil, &o
		}
		docs = append(docs, a.doc)
	}
	return docs, nil
}
