package mapping_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// goldenCustomer is MappedCustomer as the golden files show it.
type goldenCustomer struct {
	Customer  flow.Customer          `json:"customer"`
	Contacts  []flow.CustomerContact `json:"contacts,omitempty"`
	InMarkets bool                   `json:"inMarkets"`
	Anonymous bool                   `json:"anonymous"`
}

// TestCustomerGolden maps the situations as seen by a tenant with the market NOR of the group norden.
func TestCustomerGolden(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/customer/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("Glob(testdata/customer/*) = %d situations, %v; want some", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			got, err := mapCustomer(t, dir)
			if err != nil {
				e, ok := errors.AsType[*mapping.Error](err)
				if !ok {
					t.Fatalf("error = %T, want *mapping.Error", err)
				}
				golden(t, dir, "error.json", map[string]string{"reason": e.Reason, "detail": e.Detail})
				return
			}
			golden(t, dir, "flow.json", goldenCustomer(*got))
		})
	}
}

func mapCustomer(t *testing.T, dir string) (*mapping.MappedCustomer, error) {
	t.Helper()
	o := customerOptions()
	if path := filepath.Join(dir, "options.json"); exists(path) {
		var given struct{ LoyaltyProvider string }
		readJSON(t, path, &given)
		o.LoyaltyProvider = given.LoyaltyProvider
	}
	path := filepath.Join(dir, "omnium.json")
	if strings.HasPrefix(filepath.Base(dir), "business_") {
		var c omnium.BusinessCustomer
		readJSON(t, path, &c)
		return mapping.BusinessCustomer(&c, o)
	}
	var c omnium.PrivateCustomer
	readJSON(t, path, &c)
	return mapping.PrivateCustomer(&c, o)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func customerOptions() mapping.CustomerOptions {
	o := norway()
	return mapping.CustomerOptions{Markets: o.Markets, Groups: o.Groups}
}

// TestAddressSettles plays what Flow does with an address: it writes it to the first line. Whatever the
// address was, it stays as it is from then on.
func TestAddressSettles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ a-zA-Z0-9]{0,8}`)
		p := omnium.PrivateCustomer{CustomerID: "k"}
		p.Address.Line1, p.Address.StreetNumber = text.Draw(t, "line1"), text.Draw(t, "number")
		first, err := mapping.PrivateCustomer(&p, customerOptions())
		if err != nil {
			t.Fatal(err)
		}
		p.Address.Line1 = first.Customer.Address
		second, err := mapping.PrivateCustomer(&p, customerOptions())
		if err != nil || second.Customer.Address != first.Customer.Address {
			t.Fatalf("address %q becomes %q, %v when it is written back", first.Customer.Address, second.Customer.Address, err)
		}
	})
}

// TestCreditIsExact compares credit with the decimal text that it was made from.
func TestCreditIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(-1e15, 1e15).Draw(t, "cents")
		c := omnium.BusinessCustomer{CustomerID: "b", CreditLimit: decimalText(cents), CreditBalance: decimalText(-cents)}
		m, err := mapping.BusinessCustomer(&c, customerOptions())
		if err != nil || *m.Customer.Credit.Limit != cents || *m.Customer.Credit.Balance != -cents {
			t.Fatalf("credit of %s = %+v, %v, want %d", c.CreditLimit, m, err, cents)
		}
	})
}

// decimalText writes hundredths as a decimal number.
func decimalText(cents int64) omnium.Number {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return omnium.Number(fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100))
}
