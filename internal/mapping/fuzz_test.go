package mapping_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// legal is what a uid in a path may be made of.
var legal = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// FuzzDocuments maps whatever can be read as a document of Omnium: the result can be sent, its uids can stand
// in a path, and what cannot be mapped is a *mapping.Error with a reason.
func FuzzDocuments(f *testing.F) {
	for kind, name := range []string{"product", "customer", "customer", "store", "purchase_order", "supplier"} {
		files, err := filepath.Glob(filepath.Join("testdata", name, "*", "omnium.json"))
		if err != nil || len(files) == 0 {
			f.Fatalf("no documents of %s: %v", name, err)
		}
		for i := 0; i < len(files); i += max(1, len(files)/3) {
			raw, err := os.ReadFile(files[i])
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(kind), raw)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, raw []byte) {
		all := documents()
		mapped, uids, err := all[int(kind)%len(all)](raw)
		if e, ok := errors.AsType[*mapping.Error](err); err != nil && (!ok || e.Reason == "") {
			t.Fatalf("map %d of %s = %v, want a *mapping.Error with a reason", kind, raw, err)
		}
		if err != nil || mapped == nil {
			return
		}
		if _, err := json.Marshal(mapped); err != nil {
			t.Errorf("map %d of %s = %+v, which cannot be sent: %v", kind, raw, mapped, err)
		}
		for _, uid := range uids {
			if !legal.MatchString(uid) {
				t.Errorf("map %d of %s has the uid %q, which cannot stand in a path", kind, raw, uid)
			}
		}
	})
}

// mapper reads a document, maps it, and tells the uids that stand in paths; nothing when it cannot be read.
type mapper func(raw []byte) (mapped any, uids []string, err error)

// of is the mapper of one kind of documents.
func of[T any](mapOne func(*T) (any, []string, error)) mapper {
	return func(raw []byte) (any, []string, error) {
		one := new(T)
		if json.Unmarshal(raw, one) == nil {
			return mapOne(one)
		}
		return nil, nil, nil
	}
}

func documents() []mapper {
	markets := []omnium.Market{{MarketID: "NOR", Currency: "NOK", DefaultTaxRate: "25"}}
	now := time.Unix(1795435200, 0).UTC()
	return []mapper{
		of(func(p *omnium.Product) (any, []string, error) {
			o := mapping.ProductOptions{Now: now, Markets: markets, DefaultVATCodeUID: "vat25"}
			m, err := mapping.Product(p, o)
			if err != nil {
				return nil, nil, err
			}
			var uids []string
			for _, u := range m.Units {
				uids = append(uids, u.Product.ProductUID)
				for _, media := range u.Media {
					uids = append(uids, media.ProductMediaUID)
				}
			}
			return m, uids, nil
		}),
		of(func(c *omnium.PrivateCustomer) (any, []string, error) {
			return uidsOf(mapping.PrivateCustomer(c, mapping.CustomerOptions{Markets: markets}))
		}),
		of(func(c *omnium.BusinessCustomer) (any, []string, error) {
			return uidsOf(mapping.BusinessCustomer(c, mapping.CustomerOptions{Markets: markets}))
		}),
		of(func(s *omnium.Store) (any, []string, error) {
			m, err := mapping.Store(s, mapping.StoreOptions{Markets: []string{"NOR"}, OrganizationUID: "o"})
			if err != nil || m == nil {
				return nil, nil, err
			}
			return m, []string{m.Store.StoreUID}, nil
		}),
		of(func(po *omnium.PurchaseOrder) (any, []string, error) {
			all, err := mapping.PurchaseOrder(po, mapping.PurchaseOrderOptions{StoreUID: "oslo"})
			var uids []string
			for _, m := range all {
				uids = append(uids, m.Head.PurchaseOrderUID)
				for _, line := range m.Lines {
					uids = append(uids, line.Item.PurchaseOrderItemUID)
				}
			}
			return all, uids, err
		}),
		of(func(s *omnium.Supplier) (any, []string, error) {
			m, err := mapping.Supplier(s)
			return m, []string{m.SupplierUID}, err
		}),
	}
}

func uidsOf(m *mapping.MappedCustomer, err error) (any, []string, error) {
	if err != nil || m == nil {
		return nil, nil, err
	}
	uids := []string{m.Customer.CustomerUID}
	for _, contact := range m.Contacts {
		uids = append(uids, contact.CustomerContactUID)
	}
	return m, uids, nil
}
