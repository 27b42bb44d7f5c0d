package omnium_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// oslo is a primary store that is its own warehouse and is served by the central one; vestby is that.
func oslo() omnium.Store {
	return omnium.Store{
		ID: "101", Name: "Oslo", IsPrimaryStore: true, IsWarehouse: true, AvailableOnMarkets: []string{"NOR"},
		AvailableWarehouses: []omnium.StoreWarehouse{{WarehouseCode: "101", Priority: 1}, {WarehouseCode: "900", Priority: 2}},
	}
}

func vestby() omnium.Store {
	return omnium.Store{ID: "900", Name: "Vestby", IsWarehouse: true, IsInactive: true}
}

// readStores calls every operation on stores once.
func readStores(t *testing.T, c *omnium.Client, s *omniumtest.Server) {
	t.Helper()
	s.SetStores([]omnium.Store{oslo(), vestby()})
	if got, err := c.Store(t.Context(), "101", time.Now()); err != nil || got.Name != "Oslo" {
		t.Errorf("Store(101) = %v, %v, want Oslo", got, err)
	}
	if got, err := c.StoresByID(t.Context(), []string{"900", "1"}); err != nil || len(got) != 1 {
		t.Errorf("StoresByID(900, 1) = %v, %v, want one", got, err)
	}
	if got, err := c.StoreDirectory(t.Context(), time.Time{}); err != nil || len(got.All()) != 2 {
		t.Errorf("StoreDirectory = %v, %v, want two", got, err)
	}
}

func TestStoreSamples(t *testing.T) {
	t.Parallel()
	s := newServer()
	for _, name := range []string{"store_primary", "store_warehouse_only"} {
		if err := s.Put(omniumtest.Stores, json.RawMessage(sample(t, name))); err != nil {
			t.Fatal(err)
		}
	}
	c := newClient(t, s)
	got, err := c.Store(t.Context(), "101", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	want := omnium.OpeningHours{IsOpen: true, OpenFrom: "10:00:00", OpenTo: "20:00:00"}
	if got.Address.StreetNumber != "27B" || *got.ThursdayOpeningHours != want || !got.AdditionalOpeningHours[1].Closed {
		t.Errorf("Store(101) = %+v, want the sample", got)
	}
	if warehouse, err := c.Store(t.Context(), "900", time.Now()); err != nil || !warehouse.IsWarehouse || warehouse.Latitude != "" {
		t.Errorf("Store(900) = %+v, %v, want the sample", warehouse, err)
	}
}

func TestStoreRead(t *testing.T) {
	t.Parallel()
	s := newServer()
	for id, fields := range map[string]string{
		"nothing": ``, "nulls": `,"name":null,"address":null,"availableWarehouses":null,"isInactive":null,"mondayOpeningHours":null`,
		"odd": `,"name":{}`,
	} {
		if err := s.Put(omniumtest.Stores, json.RawMessage(fmt.Sprintf(`{"id":%q%s}`, id, fields))); err != nil {
			t.Fatal(err)
		}
	}
	transport := checked(t, s.Transport())
	c := newClient(t, s, func(o *omnium.Options) { o.Transport = transport })
	for id, want := range map[string]error{
		"nothing": nil, "nulls": nil, "odd": omnium.ErrMalformed, "": omnium.ErrNotFound, "..": omnium.ErrNotFound,
		"a/b": omnium.ErrNotFound,
	} {
		if _, err := c.Store(t.Context(), id, time.Now()); !errors.Is(err, want) {
			t.Errorf("Store(%q) = %v, want %v", id, err, want)
		}
	}
	transport.take() // the malformed one breaks the contract on purpose
	s.Fail = func(r *http.Request) (int, http.Header, bool) { return 500, nil, r.URL.Path != "/api/Token" }
	_, err := c.Store(t.Context(), "101", time.Now())
	wantStatus(t, err, 500)
}

// TestMalformedStoreLeavesTheOthers: one store that cannot be read must not keep the others from
// being read, in lists as in searches.
func TestMalformedStoreLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.SetStores([]omnium.Store{oslo(), vestby()})
	if err := s.Put(omniumtest.Stores, json.RawMessage(`{"id":"102","availableOnMarkets":"NOR"}`)); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s, func(o *omnium.Options) { o.Transport = s.Transport() })
	list, err := c.Stores(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ignore := cmpopts.IgnoreFields(omnium.Store{}, "Modified")
	if diff := cmp.Diff([]omnium.Store{oslo(), vestby()}, list, ignore); diff != "" {
		t.Errorf("Stores (-want +got):\n%s", diff)
	}
	found, err := c.StoresByID(t.Context(), []string{"101", "102", "101", "7"})
	if err != nil || len(found) != 2 || found["101"].Store == nil || !errors.Is(found["102"].Err, omnium.ErrMalformed) {
		t.Errorf("StoresByID = %v, %v, want 101 and an error for 102", found, err)
	}
	s.SetStores(nil)
	if list, err := c.Stores(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("Stores without any = %v, %v, want none", list, err)
	}
	if err := s.Put(omniumtest.Stores, json.RawMessage(`{"id":"102","name":7}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Stores(t.Context()); !errors.Is(err, omnium.ErrMalformed) {
		t.Errorf("Stores of nothing but a malformed one = %v, want ErrMalformed", err)
	}
}

func TestStoresByIDInChunks(t *testing.T) {
	t.Parallel()
	s := newServer()
	var ids []string
	for i := range 201 {
		ids = append(ids, fmt.Sprint(i))
		if err := s.Put(omniumtest.Stores, omnium.Store{ID: ids[i]}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := newClient(t, s).StoresByID(t.Context(), ids)
	if err != nil || len(got) != len(ids) {
		t.Errorf("StoresByID of %d = %d, %v", len(ids), len(got), err)
	}
	wantCalls(t, s, omniumtest.OpStoreSearch, 3)
}

func TestStoreDirectory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.SetStores([]omnium.Store{oslo(), vestby(), {ID: "102", AvailableWarehouses: []omnium.StoreWarehouse{{WarehouseCode: " 900 "}, {WarehouseCode: "900"}}}})
		c := newClient(t, s)
		directory := func(since time.Time, wantReads int) *omnium.StoreDirectory {
			t.Helper()
			d, err := c.StoreDirectory(t.Context(), since)
			if err != nil {
				t.Fatal(err)
			}
			wantCalls(t, s, omniumtest.OpStores, wantReads)
			return d
		}
		d := directory(time.Time{}, 1)
		if d.Store("900").Name != "Vestby" || d.Store("7") != nil {
			t.Errorf("Store(900), Store(7) = %v, %v", d.Store("900"), d.Store("7"))
		}
		var served []string
		for _, store := range d.ListedBy("900") {
			served = append(served, store.ID)
		}
		if diff := cmp.Diff([]string{"101", "102"}, served); diff != "" {
			t.Errorf("ListedBy(900) (-want +got):\n%s", diff)
		}
		time.Sleep(4 * time.Minute)
		directory(time.Time{}, 1)
		directory(time.Now(), 2)
		directory(time.Now(), 2) // the clock has not moved: that read began now
		c.ForgetStores()
		directory(time.Time{}, 3)
		time.Sleep(5 * time.Minute)
		directory(time.Time{}, 4)
		s.Fail = func(*http.Request) (int, http.Header, bool) { return http.StatusForbidden, nil, true }
		c.ForgetStores()
		last, err := c.StoreDirectory(t.Context(), time.Time{})
		wantStatus(t, err, http.StatusForbidden)
		if last == nil || len(last.All()) != 3 {
			t.Errorf("StoreDirectory after a failed read = %v, want the last known one", last)
		}
	})
}
