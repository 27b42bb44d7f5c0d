package reconcile

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
)

// The implementations that export customers (reference mapping.md §10.1).
const (
	privateExporter  = "IPrivateCustomerExporter"
	businessExporter = "IBusinessCustomerExporter"
)

// CustomerFieldsLeftOut is the property that names fields of Flow's customers which are neither sent nor
// emptied, separated by commas: those that Flow turns out not to take, or that shall be its own.
const CustomerFieldsLeftOut = "CustomerFieldsLeftOut"

// customerLoyaltyProvider is the property that names the external id which is the loyalty id, as
// OMNIUM_CUSTOMER_LOYALTY_ID_PROPERTY_KEY does in Flow (reference mapping.md §10.3).
const customerLoyaltyProvider = "CustomerLoyaltyIdProvider"

// CustomerTarget writes customers to one Flow tenant; flow.Client documents each method.
type CustomerTarget interface {
	FindCustomer(ctx context.Context, externalID, preferred string) (uid string, err error)
	HoldsCustomer(ctx context.Context, customer flow.Customer, clear flow.Fields) (bool, error)
	PutCustomer(
		ctx context.Context, c flow.Customer, known bool, clear flow.Fields,
	) (created bool, err error)
	PutCustomerContact(ctx context.Context, customer string, c flow.CustomerContact, known bool) error
}

// Customer reconciles customers. Private and business customers are two resources of Omnium with ids of
// their own and one of Flow: a job says the id only, and is looked up in both, as far as their
// implementations are configured. It is safe for concurrent use.
type Customer struct {
	base

	flow    CustomerTarget
	types   []customerType
	loyalty string
	leftOut flow.Fields
}

// NewCustomer returns the handler of the customer jobs of one tenant.
func NewCustomer(o Options, source CustomerSource, target CustomerTarget) (*Customer, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if source == nil || target == nil {
		return nil, errors.New("reconcile: a source and a target of customers are required")
	}
	leftOut, err := flow.CustomerFields(o.Tenant.Properties.List(CustomerFieldsLeftOut)...)
	if err != nil {
		return nil, err
	}
	c := &Customer{
		base: base{opts: o}, flow: target, leftOut: leftOut,
		loyalty: strings.TrimSpace(o.Tenant.Properties[customerLoyaltyProvider]),
	}
	// In this order: of an id that is both, the private customer comes first when neither was pushed.
	if slices.Contains(o.Tenant.Implementations, privateExporter) {
		c.types = append(c.types, privateCustomers(source))
	}
	if slices.Contains(o.Tenant.Implementations, businessExporter) {
		c.types = append(c.types, businessCustomers(source))
	}
	return c, nil
}

// Handle implements worker.Handler.
func (c *Customer) Handle(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
) {
	scope, o := c.opts.scope(ctx)
	if o != nil {
		settleAll(jobs, settle, *o)
		return
	}
	read, o := c.prefetch(ctx, jobs)
	if o != nil {
		settleAll(jobs, settle, *o)
		return
	}
	options := mapping.CustomerOptions{
		Markets: scope.markets, Groups: scope.groups, LoyaltyProvider: c.loyalty,
	}
	c.each(ctx, jobs, settle, func(ctx context.Context, r *run) job.Outcome {
		return (&customerRun{run: r, of: c, options: options}).reconcile(ctx, read[r.job.ID])
	})
}
