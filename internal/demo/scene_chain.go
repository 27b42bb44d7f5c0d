package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// storeHours changes the hours of one store, and another one is given up.
func (d *Day) storeHours(ctx context.Context) (string, error) {
	err := amend(d.world, omniumtest.Stores, storeOslo, func(s *omnium.Store) {
		s.MondayOpeningHours = &omnium.OpeningHours{IsOpen: true, OpenFrom: "08:00", OpenTo: "21:00"}
		s.SundayOpeningHours = nil
		s.AdditionalOpeningHours = s.AdditionalOpeningHours[1:]
		s.Email = ""
	})
	if err != nil || !d.world.Omnium.Remove(omniumtest.Stores, storeMalmo) {
		return "", errors.Join(err, errors.New("the chain misses a store"))
	}
	gone := storeNews(storeMalmo)
	gone.OperationID, gone.Category = opStoreGone, "Deleted"
	return "one store updated, one closed", errors.Join(d.announce(ctx, storeNews(storeOslo)), d.announce(ctx, gone))
}

// newWarehouse gives a store another warehouse before Omnium shows what it is called, puts something into
// it, and has everything counted there.
func (d *Day) newWarehouse(ctx context.Context) (string, error) {
	err := amend(d.world, omniumtest.Stores, storeOslo, func(s *omnium.Store) {
		s.AvailableWarehouses = append(servedBy(depotNew), s.AvailableWarehouses...)
		s.AvailableWarehouses[0].Priority = 0
	})
	if err == nil {
		err = d.announce(ctx, storeNews(storeOslo))
	}
	if err == nil {
		_, err = d.rest(ctx)
	}
	if err != nil {
		return "", err
	}
	put(d.world, omniumtest.Stores, omnium.Store{ID: depotNew, Name: "Lager nord", IsWarehouse: true})
	if err := d.announce(ctx, storeNews(depotNew)); err != nil {
		return "", err
	}
	if _, err := d.rest(ctx); err != nil {
		return "", err
	}
	put(d.world, omniumtest.InventoryItems,
		omnium.InventoryItem{SKU: "FF-1001-S", WarehouseCode: depotNew, Inventory: "12"},
		omnium.InventoryItem{SKU: "FF-1001-M", WarehouseCode: depotNew, Inventory: "7.5"})
	var skus []string
	for _, item := range d.world.books().Stock {
		skus = append(skus, item.SKU)
	}
	slices.Sort(skus)
	skus = slices.Compact(skus)
	// It does not say when: of most skus nothing has changed.
	event, err := without(d.world.Omnium.Event(stockNews(strings.Join(skus, ","))), "timestamp")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d skus counted, one event", len(skus)), d.service.post(ctx, event)
}

// suppliersMove has one supplier move, and another go out of business.
func (d *Day) suppliersMove(ctx context.Context) (string, error) {
	err := amend(d.world, omniumtest.Suppliers, supplierWool, func(s *omnium.Supplier) {
		s.Address.Line1, s.Address.StreetNumber, s.Address.City = "Kaien 1", "", "Bergen"
		s.Phone, s.Contacts = "", s.Contacts[:1]
	})
	if err != nil || !d.world.Omnium.Remove(omniumtest.Suppliers, supplierGone) {
		return "", errors.Join(err, errors.New("the shop misses a supplier"))
	}
	gone := supplierNews(supplierGone)
	gone.OperationID, gone.Category = opSupplierGone, "Deleted"
	return "one updated, one inactive", errors.Join(d.announce(ctx, supplierNews(supplierWool)), d.announce(ctx, gone))
}

// categoriesMove renames a category, moves one to another branch and one out of the assortment, adds one
// that a product has been waiting for, and deletes one.
func (d *Day) categoriesMove(ctx context.Context) (string, error) {
	edit := func(document string, change func(*omnium.Category)) error {
		return amend(d.world, omniumtest.Categories, document, change)
	}
	err := errors.Join(
		edit("tur-sekker_no", func(c *omnium.Category) { c.Name = "Sekker og bager" }),
		edit("ball_no", func(c *omnium.Category) { c.ParentID = "tur" }),
		edit("ski-staver_no", func(c *omnium.Category) { c.ParentID = "kampanjer" }),
	)
	put(d.world, omniumtest.Categories, category{no: "Instrumenter", parent: "annen"}.document("instrument", "no"))
	for _, document := range []string{categorySale + "_no", categorySale + "_sv"} {
		d.world.Omnium.Remove(omniumtest.Categories, document)
	}
	gone := categoryNews(categorySale)
	gone.OperationID, gone.Category = opCategoryGone, "Deleted"
	return "and their products follow", errors.Join(err,
		d.announce(ctx, categoryNews("tur-sekker_no")),
		d.announce(ctx, categoryNews("ball")),
		d.announce(ctx, categoryNews("ski-staver")),
		d.announce(ctx, categoryNews("instrument")),
		d.announce(ctx, gone),
	)
}
