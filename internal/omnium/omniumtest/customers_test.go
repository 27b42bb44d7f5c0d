package omniumtest_test

import (
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// TestCustomerRefusals: the two types are separate resources, and searches are strict.
func TestCustomerRefusals(t *testing.T) {
	t.Parallel()
	s := newServer()
	if err := s.Put(omniumtest.PrivateCustomers, omnium.PrivateCustomer{CustomerID: "kari+1@x.no"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(omniumtest.BusinessCustomers, omnium.BusinessCustomer{Name: "no id"}); err == nil {
		t.Error("Put of a customer without an id = nil, want an error")
	}
	c := newCaller(t, s)
	c.wantStatus(t, "GET", "/api/PrivateCustomers/kari%2B1%40x.no", "", 200)
	c.wantStatus(t, "GET", "/api/BusinessCustomers/kari%2B1%40x.no", "", 404)
	c.wantStatus(t, "GET", "/api/PrivateCustomers/none", "", 404)
	for _, path := range []string{"/api/PrivateCustomers/Search", "/api/BusinessCustomers/Search"} {
		c.wantStatus(t, "POST", path, `{"customerIds":["kari+1@x.no"],"take":100}`, 200)
		c.wantStatus(t, "POST", path, `{"take":101}`, 400)
		c.wantStatus(t, "POST", path, `{"page":101,"take":100}`, 400)
		c.wantStatus(t, "POST", path, `{"ids":["kari+1@x.no"]}`, 400)
		c.wantStatus(t, "POST", path, `[]`, 400)
	}
	_, body := c.send(t, "POST", "/api/PrivateCustomers/Search", `{"customerIds":["kari+1@x.no","none"]}`)
	if !strings.Contains(body, `"totalHits":1`) {
		t.Errorf("search = %s, want one hit", body)
	}
}
