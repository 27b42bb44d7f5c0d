package mapping_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

func TestInMarkets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		store, tenant []string
		want          bool
	}{
		"one of them":      {[]string{"SWE", "NOR"}, []string{"NOR"}, true},
		"in another case":  {[]string{"nor "}, []string{"NOR"}, true},
		"another":          {[]string{"SWE"}, []string{"NOR"}, false},
		"none named":       {nil, []string{"NOR"}, true},
		"nothing but void": {[]string{""}, []string{"NOR"}, false},
		"no markets known": {[]string{"NOR"}, nil, false},
	} {
		if got := mapping.InMarkets(&omnium.Store{AvailableOnMarkets: test.store}, test.tenant); got != test.want {
			t.Errorf("%s: InMarkets = %v, want %v", name, got, test.want)
		}
	}
}

func TestStoreWarehouse(t *testing.T) {
	t.Parallel()
	w := mapping.Warehouse{Code: "9-00", UID: "900"}
	for name, want := range map[string]string{" Vestby ": "Vestby", " ": "9-00"} {
		got := mapping.StoreWarehouse(w, &omnium.Store{ID: "9-00", Name: name})
		if got != (flow.Warehouse{WarehouseUID: "900", Name: want, ExternalID: "9-00"}) {
			t.Errorf("StoreWarehouse(%q) = %+v, want the name %q", name, got, want)
		}
	}
}

// TestCoordinatesAreExact: what is sent is the number that was written, or nothing, and always JSON.
func TestCoordinatesAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`[+-]?[0-9]{1,3}([.,][0-9]{0,20})?`),
			rapid.StringMatching(`[-+0-9.,eE°NaIinf ]{0,12}`),
		).Draw(t, "text")
		m, err := mapping.Store(&omnium.Store{ID: "1", Latitude: text}, mapping.StoreOptions{})
		if err != nil {
			t.Fatalf("Store(%q): %v", text, err)
		}
		got := m.Store.Latitude
		if raw, err := json.Marshal(m.Store); err != nil || !json.Valid(raw) {
			t.Fatalf("latitude %q makes %s, %v", text, raw, err)
		}
		want, _, err := apd.NewFromString(strings.Replace(strings.TrimSpace(text), ",", ".", 1))
		if got == "" {
			if err == nil && strings.Trim(text, "0123456789.,-+") == "" && inside(want) {
				t.Fatalf("latitude %q is left out", text)
			}
			return
		}
		sent, _, errSent := apd.NewFromString(string(got))
		if err != nil || errSent != nil || sent.Cmp(want) != 0 || !inside(sent) {
			t.Fatalf("latitude %q is sent as %s", text, got)
		}
	})
}

func inside(d *apd.Decimal) bool {
	return d.Form == apd.Finite && d.Cmp(apd.New(90, 0)) <= 0 && d.Cmp(apd.New(-90, 0)) >= 0
}

func TestClock(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10:00:00": "10:00", "09:30": "09:30", "9:30": "09:30", "23:59:59": "23:59", "24:00:00": "24:00",
		"1.00:00:00": "24:00", "00:00:00": "00:00", " 08:00:00.0000000 ": "08:00", "": "", "25:00:00": "", "10": "", "noon": "",
	} {
		s := omnium.Store{ID: "1", FridayOpeningHours: &omnium.OpeningHours{IsOpen: true, OpenFrom: text}}
		m, err := mapping.Store(&s, mapping.StoreOptions{Hours: mapping.HoursWeek})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Store.OpeningHours[4]; got.OpenFrom != want || got.Day != "FRIDAY" || !got.IsOpen {
			t.Errorf("hours from %q = %s, want %q on FRIDAY", text, fmt.Sprintf("%+v", got), want)
		}
	}
}
