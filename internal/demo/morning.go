package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// steps is the script of the day.
func (d *Day) steps() []step {
	return []step{
		{"06:00", "First load of everything", d.firstLoad},
		{"06:45", "A store changes its hours", d.storeHours},
		{"07:00", "A warehouse opens", d.newWarehouse},
		{"07:15", "A supplier moves, another goes", d.suppliersMove},
		{"07:30", "Costs change, one at a time", d.oneByOne},
		{"08:15", "Texts, images and brands are edited", d.editors},
		{"08:30", "Categories are renamed and moved", d.categoriesMove},
		{"08:45", "Stock falls, a row vanishes", d.stockFalls},
		{"09:00", "A burst of changes of one product", d.burst},
		{"09:20", "A store gets its own price", d.filedAway},
		{"09:40", "Omnium sends one event four times", d.repeated},
		{"10:00", "A customer is changed at the till", d.echo},
		{"10:05", "Customers come and go", d.peopleChange},
		{"10:10", "Events without market or without id", d.anonymous},
		{"10:30", "Events that name a sku, a document", d.otherNames},
		{"11:00", "A new product", d.newProduct},
		{"11:20", "A variant is discontinued", d.variantRemoved},
		{"11:30", "A sku moves to another product", d.skuMoves},
		{"11:45", "Two products leave a market", d.leavesMarket},
		{"12:00", "Products are deleted", d.deletions},
		{"12:10", "Purchase orders are placed", d.placed},
		{"12:15", "Goods are received", d.arrivals},
		{"12:20", "Deliveries are rearranged", d.deliveriesMove},
		{"12:25", "Customers wait for what is ordered", d.reservation},
		{"12:30", "What had left comes back", d.returns},
		{"12:45", "An order comes before its supplier", d.outOfOrder},
		{"13:00", "Flow fails for Sweden", d.outage},
		{"14:00", "Flow's answers get lost", d.lostAnswers},
		{"14:30", "Omnium throttles", d.throttled},
		{"15:00", "Events that are not for us", d.notForUs},
		{"15:30", "A price that is no number", d.badPrice},
		{"16:00", "A campaign opens by itself", d.campaign},
		{"17:00", "Closing: all is announced once more", d.closing},
	}
}

// firstLoad announces the shop: at first object by object, then in arrays.
func (d *Day) firstLoad(ctx context.Context) (string, error) {
	events := everything(d.world.Omnium)
	single := len(events) / 3
	for _, event := range events[:single] {
		if err := d.service.post(ctx, event); err != nil {
			return "", err
		}
	}
	for chunk := range slices.Chunk(events[single:], 25) {
		if err := d.service.post(ctx, chunk...); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d objects, in an unlucky order", len(events)), nil
}

// oneByOne measures how long a change takes when nothing else is going on.
func (d *Day) oneByOne(ctx context.Context) (string, error) {
	const changes = 40
	for n, a := range catalogue()[:changes] {
		if err := d.measure(ctx, a, share(a.kroner, 46+n%3)); err != nil {
			return "", err
		}
		d.progress.Note(fmt.Sprintf("%d of %d", n+1, changes))
	}
	t := d.Totals()
	return fmt.Sprintf("p50 %s, p99 %s", milliseconds(t.Median), milliseconds(t.P99)), nil
}

// measure takes the time from the post of an event to the last Flow product being written.
func (d *Day) measure(ctx context.Context, a article, cost omnium.Number) error {
	uid := lastUID(a)
	before := len(d.world.Flow.History(TenantSE, uid))
	if err := d.edit(a.id, func(p *omnium.Product) { p.Cost = cost }); err != nil {
		return err
	}
	event, posted := d.world.Omnium.Event(omniumtest.Event{ObjectID: a.id}), time.Now()
	if err := d.service.post(ctx, event); err != nil {
		return err
	}
	at, err := d.written(ctx, TenantSE, uid, before)
	d.latencies = append(d.latencies, at.Sub(posted))
	return err
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// editors change what hangs on products: a text goes, another is new; a new main image; another
// brand; a new group.
func (d *Day) editors(ctx context.Context) (string, error) {
	edits := []struct {
		id     string
		change func(*omnium.Product)
	}{
		{"FF-1003", func(p *omnium.Product) { p.Description = "<p>Tåler mer &amp; veier mindre.</p>" }},
		{"GL-2201", func(p *omnium.Product) {
			p.Properties = append(p.Properties[1:], omnium.Property{Key: "Brennstoff", Value: "Gass, rødsprit"})
		}},
		{"LY-1801", func(p *omnium.Product) { p.Assets = append(newCover("LY-1801"), plainImages(p.Assets)...) }},
		{"TE-2403", func(p *omnium.Product) { p.Brand = "Bumerang" }},
		{"PU-2503", func(p *omnium.Product) { p.MainCategoryID, p.MainCategoryName = "instrument", "Instrument" }},
		{"AL-1501", func(p *omnium.Product) { p.Variants[0].IsActive = false }},
		// What is gone in Omnium is gone in Flow.
		{"LY-1901", func(p *omnium.Product) { p.Weight, p.Colli, p.Cost = "", nil, "" }},
		{"LY-1902", func(p *omnium.Product) { p.Brand = "" }},
		{"TE-2401", func(p *omnium.Product) { p.Prices = nil }},
		// A product that leaves a market with a brand that Flow has never seen.
		{"TE-1401", func(p *omnium.Product) { p.Brand, p.MarketIDs = "Annet", []string{marketNO} }},
	}
	for _, e := range edits {
		if err := d.change(ctx, e.id, e.change); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d products", len(edits)), nil
}

func newCover(id string) []omnium.Asset {
	return []omnium.Asset{{
		AssetID: id + "-cover", ContentType: "image/webp", IsMainImage: true,
		URL: "https://images.fjellsport.example/" + id + "/cover.webp",
	}}
}

// plainImages are images of which none is the main one.
func plainImages(assets []omnium.Asset) []omnium.Asset {
	for i := range assets {
		assets[i].IsMainImage = false
	}
	return assets
}

// burst changes one product faster than it can be pushed.
func (d *Day) burst(ctx context.Context) (string, error) {
	const changes = 60
	const id, uid = "LY-1802", "LY1802"
	before := d.world.Flow.Writes(TenantNO, uid)
	for n := range changes {
		err := d.change(ctx, id, func(p *omnium.Product) { p.Cost = share(1000+n, 100) })
		if err != nil {
			return "", err
		}
	}
	if err := d.Settled(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d events, %d writes", changes, d.world.Flow.Writes(TenantNO, uid)-before), nil
}

// repeated posts one event four times, as Omnium does when an answer gets lost.
func (d *Day) repeated(ctx context.Context) (string, error) {
	const id = "NA-2101"
	if err := d.edit(id, func(p *omnium.Product) { p.Cost = "512.25" }); err != nil {
		return "", err
	}
	event, before := d.world.Omnium.Event(omniumtest.Event{ObjectID: id}), d.service.answers.Duplicates
	for _, events := range [][][]byte{{event}, {event}, {event, event}} {
		if err := d.service.post(ctx, events...); err != nil {
			return "", err
		}
	}
	return "3 of 4 recognised", counted("duplicates", d.service.answers.Duplicates-before, 3)
}

// anonymous posts events that say less than they could, one of them twice.
func (d *Day) anonymous(ctx context.Context) (string, error) {
	if err := d.edit("NA-2102", func(p *omnium.Product) { p.Cost = "401.10" }); err != nil {
		return "", err
	}
	event, err := without(d.world.Omnium.Event(omniumtest.Event{ObjectID: "NA-2102"}), "id")
	if err != nil {
		return "", err
	}
	before := d.service.answers.Duplicates
	for range 2 {
		if err := d.service.post(ctx, event); err != nil {
			return "", err
		}
	}
	if err := counted("duplicates", d.service.answers.Duplicates-before, 1); err != nil {
		return "", err
	}
	if err := d.change(ctx, "GL-2203", func(p *omnium.Product) { p.Cost = "199.99" }); err != nil {
		return "", err
	}
	return "repetition recognised", d.oneMarket(ctx)
}

// oneMarket announces a change to the one market that it concerns, and another by a store.
func (d *Day) oneMarket(ctx context.Context) error {
	price := omnium.Price{UnitPrice: "89.90", MarketID: marketNO, CurrencyCode: "NOK"}
	if err := d.edit("LY-1804", func(p *omnium.Product) { p.Prices = append(p.Prices, price) }); err != nil {
		return err
	}
	err := d.announce(ctx, omniumtest.Event{ObjectID: "LY-1804", Market: "nor"})
	if err != nil {
		return err
	}
	if err := d.edit("LY-1903_sv", func(p *omnium.Product) { p.Name = "Liggunderlag, isolerat" }); err != nil {
		return err
	}
	return d.announce(ctx, omniumtest.Event{ObjectID: "LY-1903", StoreID: "goteborg"})
}

// otherNames announces a product by a variant's sku, and one by the id of its Swedish document.
func (d *Day) otherNames(ctx context.Context) (string, error) {
	if err := d.edit("ST-1302", func(p *omnium.Product) { p.Cost = "777" }); err != nil {
		return "", err
	}
	event := omniumtest.Event{ObjectID: "ST-1302-42", OperationID: opVariantPatch}
	if err := d.announce(ctx, event); err != nil {
		return "", err
	}
	touch := func(p *omnium.Product) { p.Unit = "par" }
	rename := func(p *omnium.Product) { p.Name = "Tempo Asfalt" }
	if err := errors.Join(d.edit("TE-1402", touch), d.edit("TE-1402_sv", rename)); err != nil {
		return "", err
	}
	return "led to their products", d.announce(ctx, omniumtest.Event{ObjectID: "TE-1402_sv"})
}
