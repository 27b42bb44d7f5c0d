package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// notForUs posts what is acknowledged and leads to nothing, what is kept for an operator, and what
// is refused.
func (d *Day) notForUs(ctx context.Context) (string, error) {
	before := d.service.answers
	events := [][]byte{
		d.world.Omnium.Event(omniumtest.Event{ObjectID: "O-100245", ClassName: "Order", OperationID: opOrder}),
		d.world.Omnium.Event(omniumtest.Event{ObjectID: "FF-1002", Market: marketNobody}),
	}
	if err := d.service.post(ctx, events...); err != nil {
		return "", err
	}
	if err := d.service.postRubbish(ctx, `{"hello": "world"}`); err != nil {
		return "", err
	}
	if err := counted("ignored", d.service.answers.Ignored-before.Ignored, 1); err != nil {
		return "", err
	}
	err := counted("unrouted", d.service.answers.Unrouted-before.Unrouted, 1)
	return "1 ignored, 1 unrouted, 1 refused", err
}

// badPrice makes a product that cannot be mapped for Norway, and then mends it.
func (d *Day) badPrice(ctx context.Context) (string, error) {
	const id = "TE-2402"
	set := func(price omnium.Number) error {
		return d.change(ctx, id, func(p *omnium.Product) { p.Prices[0].UnitPrice = price })
	}
	if err := set("gratis"); err != nil {
		return "", err
	}
	if _, err := d.rest(ctx); err != nil {
		return "", err
	}
	letters, err := d.service.letters(ctx, TenantNO)
	if err != nil {
		return "", err
	}
	if len(letters) != 2 { // the product, for its VAT code, and the price
		return "", fmt.Errorf("%s has the dead letters %v, want 2", TenantNO, letters)
	}
	return "2 dead letters, then revived", set("259")
}

// campaign adds a price that holds from a moment on, and one event. Nobody says anything when the
// moment has come.
func (d *Day) campaign(ctx context.Context) (string, error) {
	const id = "PU-2503"
	opens := time.Now().Add(1500 * time.Millisecond)
	err := d.change(ctx, id, func(p *omnium.Product) {
		p.Prices = append(p.Prices, omnium.Price{
			UnitPrice: "749", MarketID: marketNO, CurrencyCode: "NOK", ValidFrom: omnium.Time{Time: opens},
		})
	})
	if err != nil {
		return "", err
	}
	if err := d.Settled(ctx); err != nil {
		return "", err
	}
	d.progress.Note("until it opens")
	before := d.world.Flow.Calls(TenantNO, flow.PriceBatch)
	if !time.Now().Before(opens) { // a busy machine: it may have been pushed already, and no other push comes
		return "before the service was at rest", nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, settleTimeout, errBusy)
	defer cancel()
	err = poll(ctx, time.Millisecond, func() (bool, error) {
		return d.world.Flow.Calls(TenantNO, flow.PriceBatch) > before, nil
	})
	if err != nil {
		return "", fmt.Errorf("wait for the campaign: %w", err)
	}
	return fmt.Sprintf("%s after the moment", milliseconds(time.Since(opens))), nil
}

// closing announces everything once more. Flow has it all and must not be bothered.
func (d *Day) closing(ctx context.Context) (string, error) {
	before := d.world.Flow.Requests()
	events := everything(d.world.Omnium)
	for chunk := range slices.Chunk(events, 25) {
		if err := d.service.post(ctx, chunk...); err != nil {
			return "", err
		}
	}
	if err := d.Settled(ctx); err != nil {
		return "", err
	}
	if n := d.world.Flow.Requests() - before; n != 0 {
		return "", fmt.Errorf("%d requests to Flow although nothing has changed, the last: %s", n, d.lastRequests(min(n, 5)))
	}
	if n := len(d.world.Flow.Overlaps()); n != 0 {
		return "", fmt.Errorf("%d times two writes of one product were under way at once", n)
	}
	return fmt.Sprintf("%d events, 0 requests to Flow", len(events)), nil
}

// lastRequests are what Flow was asked last.
func (d *Day) lastRequests(n int64) string {
	log := d.world.Flow.Log()
	var asked []string
	for _, e := range log[max(0, len(log)-int(n)):] {
		asked = append(asked, e.Method+" "+e.Path)
	}
	return strings.Join(asked, ", ")
}
