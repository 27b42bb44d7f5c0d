package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// edit changes every document of a product, or the one with that document id.
func (d *Day) edit(id string, change func(*omnium.Product)) error {
	if !d.world.Omnium.PatchProduct(id, change) {
		return fmt.Errorf("the shop has no product %s", id)
	}
	return nil
}

// announce posts the event of a change that was just made.
func (d *Day) announce(ctx context.Context, e omniumtest.Event) error {
	return d.service.post(ctx, d.world.Omnium.Event(e))
}

// change edits a product and announces it.
func (d *Day) change(ctx context.Context, id string, change func(*omnium.Product)) error {
	if err := d.edit(id, change); err != nil {
		return err
	}
	return d.announce(ctx, omniumtest.Event{ObjectID: id})
}

// without is an event that lacks a field.
func without(event []byte, field string) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(event, &fields); err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	delete(fields, field)
	return json.Marshal(fields)
}

// lastUID is the uid of the last unit of an article: units are pushed in their order.
func lastUID(a article) string {
	codes := a.form.codes()
	id := a.id
	if len(codes) > 0 {
		id += "-" + codes[len(codes)-1]
	}
	return strings.ReplaceAll(id, "-", "")
}

// written waits until the body of a product was written again, and returns when that was.
func (d *Day) written(ctx context.Context, tenant, uid string, before int) (time.Time, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, settleTimeout, errBusy)
	defer cancel()
	var at time.Time
	err := poll(ctx, time.Millisecond, func() (bool, error) {
		history := d.world.Flow.History(tenant, uid)
		if len(history) <= before {
			return false, nil
		}
		at = history[len(history)-1].At
		return true, nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("wait for %s in %s: %w", uid, tenant, err)
	}
	return at, nil
}

// counted checks by how much a count of the webhook's answers has grown.
func counted(what string, got, want int) error {
	if got != want {
		return fmt.Errorf("%d events were %s, want %d", got, what, want)
	}
	return nil
}
