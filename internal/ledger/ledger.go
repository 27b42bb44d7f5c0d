// Package ledger is what omniflow knows it did, in Redis: who owns a Flow uid, what was last pushed
// under it, which ids are names of the same object, the last outcome per object and the recent
// events. Losing it costs repeated idempotent writes, never correctness.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Ledger reads and writes the records. It is safe for concurrent use; what is written about one
// object relies on the caller holding that object's lease.
type Ledger struct {
	rdb redis.UniversalClient
}

// New returns a ledger on rdb, which stays the caller's to close.
func New(rdb redis.UniversalClient) *Ledger { return &Ledger{rdb: rdb} }

// Owner says which object a Flow uid belongs to.
type Owner struct {
	// Object is the id of the job that writes under the uid.
	Object string
	// Source is the id that the uid was made from, such as a sku.
	Source string
}

// key names a tenant's structure; the braces keep a tenant on one node of a cluster.
func key(t tenant.ID, kind, of string) string {
	return "omniflow:{" + url.QueryEscape(string(t)) + "}:" + kind + ":" + of
}

// ClaimUID makes o the owner of a uid when it has none, and returns the owner it has now. kind is
// the namespace of the uid, such as product or brand.
func (l *Ledger) ClaimUID(
	ctx context.Context, t tenant.ID, kind, uid string, o Owner,
) (Owner, error) {
	pipe := l.rdb.Pipeline()
	pipe.HSetNX(ctx, key(t, "owner", kind), uid, o.encode())
	now := pipe.HGet(ctx, key(t, "owner", kind), uid)
	if _, err := pipe.Exec(ctx); err != nil {
		return Owner{}, fmt.Errorf("claim uid: %w", err)
	}
	return parseOwner(now.Val()), nil
}

// Owners returns the owners of uids; those that nobody owns are absent.
func (l *Ledger) Owners(
	ctx context.Context, t tenant.ID, kind string, uids []string,
) (map[string]Owner, error) {
	values, err := l.fields(ctx, key(t, "owner", kind), uids)
	if err != nil {
		return nil, fmt.Errorf("read owners: %w", err)
	}
	owners := make(map[string]Owner, len(values))
	for uid, v := range values {
		owners[uid] = parseOwner(v)
	}
	return owners, nil
}

// ReleaseUIDs gives up uids, so that other objects may claim them. What was pushed stays recorded.
func (l *Ledger) ReleaseUIDs(ctx context.Context, t tenant.ID, kind string, uids []string) error {
	if len(uids) == 0 {
		return nil
	}
	if err := l.rdb.HDel(ctx, key(t, "owner", kind), uids...).Err(); err != nil {
		return fmt.Errorf("release uids: %w", err)
	}
	return nil
}

// Contend remembers that an object wants a uid that another one owns. The newest of several is
// remembered, and for good: whoever gives up the uid tells it, which costs a run at most.
func (l *Ledger) Contend(ctx context.Context, t tenant.ID, kind, uid, object string) error {
	if err := l.rdb.HSet(ctx, key(t, "contender", kind), uid, object).Err(); err != nil {
		return fmt.Errorf("contend for uid: %w", err)
	}
	return nil
}

// Contenders returns the objects that want uids; a uid that nobody wants is absent.
func (l *Ledger) Contenders(
	ctx context.Context, t tenant.ID, kind string, uids []string,
) (map[string]string, error) {
	objects, err := l.fields(ctx, key(t, "contender", kind), uids)
	if err != nil {
		return nil, fmt.Errorf("read contenders: %w", err)
	}
	return objects, nil
}

// encode keeps the parts apart whatever bytes they hold: escaped text has no blanks.
func (o Owner) encode() string { return url.QueryEscape(o.Object) + " " + url.QueryEscape(o.Source) }

// parseOwner reads what encode writes. Anything else is taken as it is: an owner that no object is,
// so that nothing is overwritten.
func parseOwner(s string) Owner {
	object, source, _ := strings.Cut(s, " ")
	return Owner{Object: unescape(object), Source: unescape(source)}
}

func unescape(s string) string {
	text, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return text
}

// ObjectUIDs returns the uids that were pushed for an object and not released since.
func (l *Ledger) ObjectUIDs(
	ctx context.Context, t tenant.ID, r event.Resource, id string,
) ([]string, error) {
	s, err := l.rdb.HGet(ctx, key(t, "object", string(r)), id).Result()
	if errors.Is(err, redis.Nil) || err == nil && s == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	return strings.Split(s, " "), nil
}

// SaveObjectUIDs records the uids of an object; none forgets the object.
func (l *Ledger) SaveObjectUIDs(
	ctx context.Context, t tenant.ID, r event.Resource, id string, uids []string,
) error {
	name := key(t, "object", string(r))
	var err error
	if len(uids) == 0 {
		err = l.rdb.HDel(ctx, name, id).Err()
	} else {
		// Uids hold no blanks.
		err = l.rdb.HSet(ctx, name, id, strings.Join(uids, " ")).Err()
	}
	if err != nil {
		return fmt.Errorf("save object: %w", err)
	}
	return nil
}

// Aliases returns the canonical ids of those ids that are remembered as other names.
func (l *Ledger) Aliases(
	ctx context.Context, t tenant.ID, r event.Resource, ids []string,
) (map[string]string, error) {
	values, err := l.fields(ctx, key(t, "alias", string(r)), ids)
	if err != nil {
		return nil, fmt.Errorf("read aliases: %w", err)
	}
	return values, nil
}

// SaveAlias remembers that alias is another name of the object id.
func (l *Ledger) SaveAlias(
	ctx context.Context, t tenant.ID, r event.Resource, alias, id string,
) error {
	if err := l.rdb.HSet(ctx, key(t, "alias", string(r)), alias, id).Err(); err != nil {
		return fmt.Errorf("save alias: %w", err)
	}
	return nil
}

// ForgetAlias forgets another name of an object; a name that is not known is no error.
func (l *Ledger) ForgetAlias(ctx context.Context, t tenant.ID, r event.Resource, alias string) error {
	if err := l.rdb.HDel(ctx, key(t, "alias", string(r)), alias).Err(); err != nil {
		return fmt.Errorf("forget alias: %w", err)
	}
	return nil
}

// fields reads fields of a hash; those that do not exist are absent from the answer.
func (l *Ledger) fields(ctx context.Context, name string, fields []string) (map[string]string, error) {
	found := map[string]string{}
	if len(fields) == 0 {
		return found, nil
	}
	values, err := l.rdb.HMGet(ctx, name, fields...).Result()
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		if s, ok := v.(string); ok {
			found[fields[i]] = s
		}
	}
	return found, nil
}
