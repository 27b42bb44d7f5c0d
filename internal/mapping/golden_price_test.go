package mapping_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// goldenPrices is MappedPrices as the golden files show it.
type goldenPrices struct {
	Units []goldenPrice `json:"units"`
	Next  time.Time     `json:"next,omitzero"`
}

type goldenPrice struct {
	SourceID   string     `json:"sourceId"`
	ProductUID string     `json:"productUid"`
	Price      *int64     `json:"price"`
	RRP        *int64     `json:"recommendedRetailPrice,omitempty"`
	Currency   string     `json:"currency,omitempty"`
	ValidFrom  *time.Time `json:"validFrom,omitempty"`
	ValidUntil *time.Time `json:"validUntil,omitempty"`
}

func TestPricesGolden(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/price/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("Glob(testdata/price/*) = %d situations, %v; want some", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			var p omnium.Product
			readJSON(t, filepath.Join(dir, "omnium.json"), &p)
			got, err := mapping.Prices(&p, optionsOf(t, dir))
			if e, ok := errors.AsType[*mapping.Error](err); ok {
				golden(t, dir, "error.json", map[string]string{"reason": e.Reason, "detail": e.Detail})
				return
			}
			golden(t, dir, "flow.json", viewPrices(got))
		})
	}
}

func viewPrices(m *mapping.MappedPrices) goldenPrices {
	g := goldenPrices{Next: m.Next}
	for _, u := range m.Units {
		p := goldenPrice{SourceID: u.SourceID, ProductUID: u.ProductUID}
		if b := u.Best; b != nil {
			p.Price, p.RRP, p.Currency = &b.UnitPrice, b.RecommendedRetailPrice, b.Currency
			p.ValidFrom, p.ValidUntil = moment(b.ValidFrom), moment(b.ValidUntil)
		}
		g.Units = append(g.Units, p)
	}
	return g
}

func moment(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
