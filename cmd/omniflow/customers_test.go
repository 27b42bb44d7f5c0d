package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// TestCustomersReachFlow plays both types, an echo and an erasure through the whole service.
func TestCustomersReachFlow(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.config = h.edited("[IProductExporter]", "[IPrivateCustomerExporter, IBusinessCustomerExporter]")
	h.config = h.edited("productLanguage:", "ignoreUserIds: [flow-pos]\n  productLanguage:")
	scope := omnium.CustomerScope{MarketID: "NOR", AdditionalMarketIDs: []string{"SWE"}}
	kari := omnium.PrivateCustomer{CustomerScope: scope, CustomerID: "kari+1@kunde.example", FirstName: "Kari"}
	turlag := omnium.BusinessCustomer{CustomerScope: scope, CustomerID: "BC-7", Name: "Turlaget"}
	h.putCustomers(kari, turlag)
	r := h.start()
	private := omniumtest.Event{ClassName: "PrivateCustomer", OperationID: 330100, Market: "NOR", ObjectID: kari.CustomerID}
	business := omniumtest.Event{ClassName: "BusinessCustomer", OperationID: 330200, Market: "NOR", ObjectID: "BC-7"}
	echo := private
	echo.UserID = "flow-pos"
	got := r.deliver(h.list(h.omnium.Event(private), h.omnium.Event(business), h.omnium.Event(echo)))
	if want := (tally{Accepted: 2, Ignored: 1}); got != want {
		t.Errorf("POST = %+v, want %+v", got, want)
	}
	h.eventually("customers", h.customersAre("Kari", "Turlaget"))

	kari.FirstName = ""
	h.putCustomers(kari, turlag)
	private.OperationID = 330114
	r.deliver(h.omnium.Event(private))
	h.eventually("erasure", h.customersAre("", "Turlaget"))
}

func (h *harness) putCustomers(p omnium.PrivateCustomer, b omnium.BusinessCustomer) {
	h.Helper()
	if err := h.omnium.Put(omniumtest.PrivateCustomers, p); err != nil {
		h.Fatal(err)
	}
	if err := h.omnium.Put(omniumtest.BusinessCustomers, b); err != nil {
		h.Fatal(err)
	}
}

// customersAre checks the names of the two customers in both tenants.
func (h *harness) customersAre(person, company string) func() error {
	return func() error {
		for _, id := range []string{string(norway), string(sweden)} {
			state, err := h.flow.Snapshot(id)
			if err != nil {
				return err
			}
			p, b := state.Customers["kari1kundeexample"], state.Customers["BC7"]
			if p.CustomerType != "PERSON" || p.FirstName != person || b.CompanyName != company {
				return fmt.Errorf("%s has %+v and %+v", id, p, b)
			}
		}
		return nil
	}
}

func TestConfigCheckKnowsTheFieldsOfCustomers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for names, want := range map[string]string{"credit, displayName": "", "credits": "\"credits\" is no optional field"} {
		path := h.edited("    OrganizationUid:", "    CustomerFieldsLeftOut: \""+names+"\"\n    OrganizationUid:")
		_, _, err := h.command("config", "check", "-c", path)
		if (err != nil) != (want != "") || want != "" && !strings.Contains(err.Error(), want) {
			t.Errorf("config check with %s left out = %v, want %q", names, err, want)
		}
	}
}
