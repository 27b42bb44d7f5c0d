package demo

import (
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// The stores and warehouses that scenes play in.
const (
	storeOslo     = "oslo"
	storeBergen   = "bergen"
	storeGoteborg = "goteborg"
	storeMalmo    = "malmo"
	storeWeb      = "nett"
	depotNO       = "lager-oslo"
	depotSE       = "lager-boras"
	depotNew      = "lager-bergen" // opens in the course of the day
)

// chain are the shop's stores and warehouses.
func chain() []omnium.Store {
	return []omnium.Store{
		openedAt("10:00:00", "20:00:00", omnium.Store{
			ID: storeOslo, Name: "Fjellsport Oslo", IsPrimaryStore: true, IsWarehouse: true,
			AvailableOnMarkets: []string{marketNO}, AvailableWarehouses: servedBy(storeOslo, depotNO),
			Address:     omnium.StoreAddress{StreetName: "Torggata", StreetNumber: "12", Zipcode: "0181", City: "Oslo", CountryCode: "NO"},
			PhoneNumber: "+4722000001", Email: "oslo@fjellsport.example", OrganizationalNumber: "912 345 678",
			Latitude: "59.9152", Longitude: "10,7522",
		}),
		openedAt("09:00", "18:00", omnium.Store{
			ID: storeBergen, Name: "Fjellsport Bergen", IsPrimaryStore: true,
			AvailableOnMarkets: []string{"nor"}, AvailableWarehouses: servedBy(depotNO),
			Address:              omnium.StoreAddress{StreetName: "Strandgaten", StreetNumber: "3", Zipcode: "5013", City: "Bergen", CountryCode: "NO"},
			OrganizationalNumber: "912 345 678",
		}),
		openedAt("10:00", "19:00", omnium.Store{
			ID: storeGoteborg, Name: "Fjällsport Göteborg", IsPrimaryStore: true, IsWarehouse: true,
			AvailableOnMarkets: []string{marketSE}, AvailableWarehouses: servedBy(depotSE),
			Address:              omnium.StoreAddress{StreetName: "Kungsgatan", StreetNumber: "40", Zipcode: "411 15", City: "Göteborg", CountryCode: "SE"},
			OrganizationalNumber: "556677-8899",
		}),
		{
			ID: storeMalmo, Name: "Fjällsport Malmö", IsPrimaryStore: true, AvailableOnMarkets: []string{marketSE},
		},
		{
			ID: storeWeb, Name: "Fjellsport på nett", IsPrimaryStore: true,
			AvailableOnMarkets: []string{marketNO, marketSE}, AvailableWarehouses: servedBy(depotSE, depotNO),
		},
		{ID: "kobenhavn", Name: "Fjeldsport København", IsPrimaryStore: true, AvailableOnMarkets: []string{marketNobody}},
		{ID: depotNO, Name: "Sentrallager", IsWarehouse: true},
		{ID: depotSE, Name: "Centrallager", IsWarehouse: true},
	}
}

func servedBy(codes ...string) []omnium.StoreWarehouse {
	var list []omnium.StoreWarehouse
	for i, code := range codes {
		list = append(list, omnium.StoreWarehouse{WarehouseCode: code, Priority: i + 1})
	}
	return list
}

// openedAt gives a store its hours: from Monday to Friday, shorter on Saturday, and none on Sunday.
// Two days of the year are others.
func openedAt(from, to string, s omnium.Store) omnium.Store {
	day := &omnium.OpeningHours{IsOpen: true, OpenFrom: from, OpenTo: to}
	s.MondayOpeningHours, s.TuesdayOpeningHours, s.WednesdayOpeningHours = day, day, day
	s.ThursdayOpeningHours, s.FridayOpeningHours = day, day
	s.SaturdayOpeningHours = &omnium.OpeningHours{IsOpen: true, OpenFrom: from, OpenTo: "16:00"}
	s.AdditionalOpeningHours = []omnium.SpecialOpeningHours{
		{Date: date(time.December, 24), Label: "Julaften", OpeningHours: &omnium.OpeningHours{IsOpen: true, OpenFrom: from, OpenTo: "13:00"}},
		{Date: date(time.December, 25), Label: "1. juledag", Closed: true},
	}
	return s
}

func date(month time.Month, day int) omnium.Time {
	return omnium.Time{Time: time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)}
}
