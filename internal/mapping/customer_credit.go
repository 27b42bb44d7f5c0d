package mapping

import (
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// credit is the credit of a company: that of the first of the tenant's markets that has one, else the
// single values from before credit was per market (reference omnium-api.md §7.4). A company that is
// denied credit has the limit zero. It is nil when Omnium says nothing.
func credit(c *omnium.BusinessCustomer, markets []omnium.Market) (*flow.CustomerCredit, error) {
	of, name := creditIn(c, markets)
	limit, err := Hundredths(name+"creditLimit", of.CreditLimit)
	if err != nil {
		return nil, err
	}
	balance, err := Hundredths(name+"creditBalance", of.CreditBalance)
	if err != nil {
		return nil, err
	}
	if of.IsCreditDenied {
		limit = new(int64)
	}
	if limit == nil && balance == nil {
		return nil, nil
	}
	return &flow.CustomerCredit{Limit: limit, Balance: balance}, nil
}

// creditIn also returns how the fields of what it found are called in errors.
func creditIn(c *omnium.BusinessCustomer, markets []omnium.Market) (omnium.CustomerCredit, string) {
	for _, m := range markets {
		for _, of := range c.Credit {
			if strings.EqualFold(of.MarketID, m.MarketID) {
				return of, "businessCustomerCredit." + of.MarketID + "."
			}
		}
	}
	return omnium.CustomerCredit{
		CreditLimit: c.CreditLimit, CreditBalance: c.CreditBalance, IsCreditDenied: c.IsCreditDenied,
	}, ""
}
