package reconcile

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
)

// customerPlace is where a customer stands in Flow.
type customerPlace struct {
	uid string
	// there says that Flow had the customer before omniflow has pushed it.
	there bool
}

// recorded returns the uid under which the customer was pushed, "" when it never was.
func (r *customerRun) recorded(ctx context.Context) (string, *job.Outcome) {
	uids, err := r.opts.Ledger.ObjectUIDs(ctx, r.opts.Tenant.ID, event.Customer, r.job.ID)
	if err != nil {
		o := fromLedger(err)
		return "", &o
	}
	if len(uids) == 0 {
		return "", nil
	}
	return uids[0], nil
}

// place finds out where the customer belongs in Flow, or that it does not. One that has left the
// tenant's markets is left as it is (design §9.13). One that was anonymised is not: the erasure reaches
// every customer that Flow has, and creates none.
func (r *customerRun) place(
	ctx context.Context, doc customerDoc, m *mapping.MappedCustomer,
) (customerPlace, *job.Outcome) {
	uid, o := r.recorded(ctx)
	switch {
	case o != nil:
		return customerPlace{}, o
	case uid != "" && !m.InMarkets && !m.Anonymous:
		return customerPlace{}, skip(reasonLeftMarkets)
	case uid != "" && m.Anonymous:
		return r.eraseAt(ctx, uid, doc, m)
	case uid != "":
		return customerPlace{uid: uid}, nil
	case !m.InMarkets && !m.Anonymous:
		return customerPlace{}, skip(reasonNotInMarkets)
	}
	return r.firstPlace(ctx, doc, m)
}

// eraseAt makes sure that the erasure of a customer of which no push is known to have arrived does not
// create it.
func (r *customerRun) eraseAt(
	ctx context.Context, uid string, doc customerDoc, m *mapping.MappedCustomer,
) (customerPlace, *job.Outcome) {
	prints, o := r.prints(ctx, kindCustomer, []string{uid})
	if o != nil || prints[uid].There {
		return customerPlace{uid: uid}, o
	}
	return r.firstPlace(ctx, doc, m)
}

// firstPlace looks for a customer that Flow has got by itself, and decides on the uid for good: it is
// claimed and recorded before anything is sent under it.
func (r *customerRun) firstPlace(
	ctx context.Context, doc customerDoc, m *mapping.MappedCustomer,
) (customerPlace, *job.Outcome) {
	at := customerPlace{uid: m.Customer.CustomerUID}
	found, err := r.of.flow.FindCustomer(ctx, r.job.ID, at.uid)
	switch {
	case err != nil:
		o := fromFlow(err)
		return at, &o
	case found == "" && m.Anonymous:
		return at, skip(reasonAnonymousBefore)
	case found != "" && !usableUID(found):
		o := job.Bury(reasonUIDUnusable, fmt.Errorf("customer %s has the uid %q in Flow", r.job.ID, found))
		return at, &o
	case found != "":
		at = customerPlace{uid: found, there: true}
	}
	if o := r.own(ctx, kindCustomer, at.uid, doc.source()); o != nil {
		return at, o
	}
	err = r.opts.Ledger.SaveObjectUIDs(ctx, r.opts.Tenant.ID, event.Customer, r.job.ID, []string{at.uid})
	if err != nil {
		o := fromLedger(err)
		return at, &o
	}
	return at, nil
}

func skip(reason string) *job.Outcome {
	o := skipped(reason)
	return &o
}

var flowUID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// usableUID reports whether a uid that Flow has made up can be recorded and stand in a path.
func usableUID(uid string) bool { return flowUID.MatchString(uid) }

// pushTo sends the customer and its contacts.
func (r *customerRun) pushTo(
	ctx context.Context, at customerPlace, doc customerDoc, m *mapping.MappedCustomer,
) job.Outcome {
	left, o := r.contactsLeft(ctx, at.uid, m)
	if o != nil {
		return *o
	}
	if o := r.push(ctx, r.record(at, doc, m)); o != nil {
		return *o
	}
	done := job.Outcome{Verdict: job.Done}
	if left {
		done.Reason = reasonContactsLeft
	}
	return done
}

func (r *customerRun) record(
	at customerPlace, doc customerDoc, m *mapping.MappedCustomer,
) record {
	body := flow.Without(m.Customer, r.of.leftOut)
	body.CustomerUID = at.uid
	rec := record{kind: kindCustomer, uid: at.uid, source: doc.source(), body: body}
	mirrored := flow.MirroredCustomerFields()
	if at.there {
		rec.holds = func(ctx context.Context) (bool, error) {
			return r.of.flow.HoldsCustomer(ctx, body, mirrored&^r.of.leftOut)
		}
	}
	rec.put = func(ctx context.Context, known bool, clear flow.Fields) (bool, error) {
		return r.of.flow.PutCustomer(ctx, body, known || at.there, (clear|mirrored)&^r.of.leftOut)
	}
	for _, c := range m.Contacts {
		rec.parts = append(rec.parts, part{
			uid: c.CustomerContactUID, body: c,
			put: func(ctx context.Context, known bool) error {
				return r.of.flow.PutCustomerContact(ctx, at.uid, c, known)
			},
		})
	}
	return rec
}

// contactsLeft reports whether Flow was given contacts that the company no longer has. No route that
// deletes one is documented: they stay, and the outcome says so.
func (r *customerRun) contactsLeft(
	ctx context.Context, uid string, m *mapping.MappedCustomer,
) (bool, *job.Outcome) {
	if m.Customer.CustomerType != flow.Company {
		return false, nil
	}
	prints, o := r.prints(ctx, kindCustomer, []string{uid})
	if o != nil {
		return false, o
	}
	pushed := slices.Collect(maps.Keys(prints[uid].Parts))
	for _, c := range m.Contacts {
		pushed = without(pushed, []string{c.CustomerContactUID})
	}
	return len(pushed) > 0, nil
}
