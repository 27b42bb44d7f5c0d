package ledger

import (
	"context"
	"fmt"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/tenant"
)

// KnownObjects calls visit with the ids of the objects that have something in Flow, in pieces and in no
// particular order; an id may come twice. kind is the namespace of the resource's uids. It reads without
// blocking Redis for long.
func (l *Ledger) KnownObjects(
	ctx context.Context, t tenant.ID, r event.Resource, kind string, visit func(ids []string) error,
) error {
	// Products and what comes in rows are known by what was recorded for the object, everything else by
	// who owns a uid.
	if err := l.scan(ctx, key(t, "object", string(r)), func(id, _ string) string { return id }, visit); err != nil {
		return err
	}
	if kind == "" {
		return nil
	}
	return l.scan(ctx, key(t, "owner", kind), func(_, owner string) string { return parseOwner(owner).Object }, visit)
}

// scan walks a hash and visits what pick makes of its fields.
func (l *Ledger) scan(
	ctx context.Context, name string, pick func(field, value string) string, visit func([]string) error,
) error {
	for cursor := uint64(0); ; {
		pairs, next, err := l.rdb.HScan(ctx, name, cursor, "", 500).Result()
		if err != nil {
			return fmt.Errorf("list known objects: %w", err)
		}
		ids := make([]string, 0, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			if id := pick(pairs[i], pairs[i+1]); id != "" {
				ids = append(ids, id)
			}
		}
		if err := visit(ids); err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}
