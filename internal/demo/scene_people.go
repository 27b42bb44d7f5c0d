package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// echo lets somebody at a till in Norway change a customer. Flow writes that to Omnium, whose event must
// lead to nothing.
func (d *Day) echo(ctx context.Context) (string, error) {
	norway := d.oracles[0].tenant
	err := amend(d.world, omniumtest.BusinessCustomers, customerClub, func(c *omnium.BusinessCustomer) {
		c.Phone = "+4790000099"
	})
	if err == nil {
		err = d.world.serve(ctx, norway, customerClub)
	}
	if err != nil {
		return "", err
	}
	requests, ignored := d.world.Flow.Requests(), d.service.answers.Ignored
	event := companyNews(customerClub)
	event.UserID = flowUser
	if err := d.announce(ctx, event); err != nil {
		return "", err
	}
	if err := d.Settled(ctx); err != nil {
		return "", err
	}
	if n := d.world.Flow.Requests() - requests; n != 0 {
		return "", fmt.Errorf("%d requests to Flow because of its own write", n)
	}
	return "ignored", counted("ignored", d.service.answers.Ignored-ignored, 1)
}

// serve makes Flow hold a company as somebody has changed it at a till.
func (w *World) serve(ctx context.Context, t tenant, id string) error {
	client, err := w.till(t)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, c := range w.books().Companies {
		if c.CustomerID != id {
			continue
		}
		options := t.options(w.Omnium.Now())
		mapped, err := mapping.BusinessCustomer(&c, mapping.CustomerOptions{Markets: options.Markets})
		if err != nil {
			return err
		}
		if _, err := client.PutCustomer(ctx, mapped.Customer, true, 0); err != nil {
			return fmt.Errorf("serve %s: %w", id, err)
		}
	}
	return nil
}

// peopleChange registers a customer, erases another, takes one out of the tenants' markets, and gives a
// company other contacts.
func (d *Day) peopleChange(ctx context.Context) (string, error) {
	put(d.world, omniumtest.PrivateCustomers, omnium.PrivateCustomer{
		CustomerScope: omnium.CustomerScope{MarketID: "nor"}, CustomerID: "K-2010", CustomerNumber: "40010",
		FirstName: "Nora", LastName: "Ny", Email: "nora@example.com",
	})
	err := errors.Join(
		amend(d.world, omniumtest.PrivateCustomers, customerKari, func(c *omnium.PrivateCustomer) {
			c.FirstName, c.LastName, c.FullName, c.Email, c.Phone = "", "", "", "", ""
			c.Address, c.CustomerNumber = omnium.CustomerAddress{}, ""
		}),
		amend(d.world, omniumtest.PrivateCustomers, customerErik, func(c *omnium.PrivateCustomer) {
			c.MarketID, c.LastName = marketNobody, "Jensen"
		}),
		amend(d.world, omniumtest.BusinessCustomers, customerClub, func(c *omnium.BusinessCustomer) {
			c.Contacts = append(c.Contacts[1:], omnium.ContactPerson{ID: "c-9", FirstName: "Eva", LastName: "Moe"})
			c.PaymentTerms = ""
		}),
	)
	erased := personNews(customerKari)
	erased.OperationID = opPersonErased
	return "one registered, one erased, one left", errors.Join(err,
		d.announce(ctx, personNews("K-2010")),
		d.announce(ctx, erased),
		d.announce(ctx, personNews(customerErik)),
		d.announce(ctx, companyNews(customerClub)),
	)
}
