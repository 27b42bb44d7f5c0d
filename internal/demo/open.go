package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// changeEvery is the pace of the shop after the day.
const changeEvery = 3 * time.Second

// StayOpen goes on making small changes, one every few seconds, and says each time what was changed
// and how Flow followed, until ctx ends; then it returns nil. It returns an error as Play does.
func (d *Day) StayOpen(ctx context.Context, say func(line string)) error {
	for n := 0; ctx.Err() == nil; n++ {
		line, err := d.smallChange(ctx, n)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil {
			say(line)
		}
		pause(ctx, changeEvery)
	}
	return nil
}

// smallChange makes the n-th change and waits for Flow to follow.
func (d *Day) smallChange(ctx context.Context, n int) (string, error) {
	all := catalogue()
	a := all[n*7%len(all)] // 7 goes through all of them
	what, change := smallChanges(a, n)
	if !d.world.Omnium.PatchProduct(a.id, change) {
		return fmt.Sprintf("%s %s is gone", a.id, a.no), nil
	}
	if err := d.announce(ctx, omniumtest.Event{ObjectID: a.id}); err != nil {
		return "", err
	}
	if _, err := d.rest(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %s: %s; Flow agrees", a.id, a.no, what), nil
}

// smallChanges is what happens in a shop all day.
func smallChanges(a article, n int) (string, func(*omnium.Product)) {
	switch n % 4 {
	case 0:
		price := share(a.kroner, 90+n%20)
		return "price in Norway " + string(price), func(p *omnium.Product) { p.Prices[0].UnitPrice = price }
	case 1:
		cost := share(a.kroner, 40+n%20)
		return "cost " + string(cost), func(p *omnium.Product) { p.Cost = cost }
	case 2:
		text := fmt.Sprintf("Round %d", n)
		return "a text", func(p *omnium.Product) { p.Properties[0].Value = text }
	default:
		return "a description", func(p *omnium.Product) { p.ShortDescription = fmt.Sprintf("Edited, %d", n) }
	}
}

// pause waits for a time or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
