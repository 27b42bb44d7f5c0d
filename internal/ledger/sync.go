package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/tenant"
)

// SyncState is how far a synchronisation has come.
type SyncState string

// The states, in the order in which they follow each other; the last three are final.
const (
	SyncWaiting   SyncState = "waiting"   // for the leader
	SyncListing   SyncState = "listing"   // objects are listed and queued
	SyncDraining  SyncState = "draining"  // everything is queued, the workers have not seen it all
	SyncDone      SyncState = "done"      // the bulk lane is empty
	SyncFailed    SyncState = "failed"    // it could not be listed; Error says why
	SyncCancelled SyncState = "cancelled" // an operator has ended it; what is queued is worked off
)

// Final reports whether the state does not change any more.
func (s SyncState) Final() bool {
	return s == SyncDone || s == SyncFailed || s == SyncCancelled
}

// Sync is a synchronisation of one tenant.
type Sync struct {
	ID        string
	Tenant    tenant.ID
	Resources []event.Resource
	// Since, when not zero, leaves out what was not written since.
	Since time.Time
	// OrphanLimit is the percentage of the known objects of a resource that may turn out to be gone
	// from Omnium; when there are more, they are counted and left alone.
	OrphanLimit int
	State       SyncState
	Error       string
	// Cancel says that an operator wants it to end.
	Cancel bool
	// Listed are the resources that have been listed to their end.
	Listed []event.Resource
	// Seen are the objects listed, Done and Failed what the workers have made of them, Orphans those
	// that Omnium no longer lists, and Refused those of them that were left alone.
	Seen, Done, Failed, Orphans, Refused int64
	Created, Started, Finished           time.Time
}

const (
	// activeSyncs is the set of the synchronisations that are not final: "tenant id", escaped.
	activeSyncs = "omniflow:{catchup}:syncs"
	// keepSyncs is how many synchronisations of a tenant are kept for people to look at.
	keepSyncs = 50
)

func syncKey(t tenant.ID, id string) string { return key(t, "sync", id) }

func syncsKey(t tenant.ID) string { return key(t, "tenant", "syncs") }

// CreateSync keeps a synchronisation for the leader to run. Its ID, Tenant, Resources, Since,
// OrphanLimit and Created are used. It returns when Redis has it.
func (l *Ledger) CreateSync(ctx context.Context, s Sync) error {
	pipe := l.rdb.Pipeline()
	pipe.HSet(ctx, syncKey(s.Tenant, s.ID), map[string]any{
		"resources": words(s.Resources), "since": millis(s.Since), "orphanLimit": s.OrphanLimit,
		"state": string(SyncWaiting), "created": millis(s.Created),
	})
	pipe.ZAdd(ctx, syncsKey(s.Tenant), redis.Z{Score: float64(s.Created.UnixMilli()), Member: s.ID})
	// Last: the leader must find all of it.
	pipe.SAdd(ctx, activeSyncs, Owner{string(s.Tenant), s.ID}.encode())
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("create synchronisation: %w", err)
	}
	return l.forgetSyncs(ctx, s.Tenant)
}

// forgetSyncs drops the oldest synchronisations of a tenant.
func (l *Ledger) forgetSyncs(ctx context.Context, t tenant.ID) error {
	ids, err := l.rdb.ZRange(ctx, syncsKey(t), 0, -keepSyncs-1).Result()
	if err != nil || len(ids) == 0 {
		return err
	}
	pipe := l.rdb.Pipeline()
	for _, id := range ids {
		pipe.ZRem(ctx, syncsKey(t), id)
		pipe.Del(ctx, syncKey(t, id))
	}
	_, err = pipe.Exec(ctx)
	return err
}

// ErrNoSync means that there is no synchronisation with that id.
var ErrNoSync = errors.New("ledger: no such synchronisation")

// Sync returns a synchronisation, or ErrNoSync.
func (l *Ledger) Sync(ctx context.Context, t tenant.ID, id string) (Sync, error) {
	fields, err := l.rdb.HGetAll(ctx, syncKey(t, id)).Result()
	if err != nil {
		return Sync{}, fmt.Errorf("read synchronisation: %w", err)
	}
	if fields["state"] == "" {
		return Sync{}, ErrNoSync
	}
	return parseSync(t, id, fields), nil
}

// Syncs returns the synchronisations of a tenant, the youngest first.
func (l *Ledger) Syncs(ctx context.Context, t tenant.ID) ([]Sync, error) {
	ids, err := l.rdb.ZRevRange(ctx, syncsKey(t), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("list synchronisations: %w", err)
	}
	var list []Sync
	for _, id := range ids {
		s, err := l.Sync(ctx, t, id)
		if errors.Is(err, ErrNoSync) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// ActiveSyncs returns the synchronisations that are not final, the oldest first.
func (l *Ledger) ActiveSyncs(ctx context.Context) ([]Sync, error) {
	members, err := l.rdb.SMembers(ctx, activeSyncs).Result()
	if err != nil {
		return nil, fmt.Errorf("list active synchronisations: %w", err)
	}
	var list []Sync
	for _, m := range members {
		o := parseOwner(m)
		s, err := l.Sync(ctx, tenant.ID(o.Object), o.Source)
		switch {
		case errors.Is(err, ErrNoSync), err == nil && s.State.Final():
			_ = l.rdb.SRem(ctx, activeSyncs, m).Err() // a crash has left it; the next look tries again
		case err != nil:
			return nil, err
		default:
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b Sync) int { return a.Created.Compare(b.Created) })
	return list, nil
}

// SaveSync records how far a synchronisation has come: State, Error, Listed, Seen, Orphans, Refused,
// Started and Finished. What others write, Cancel, Done and Failed, is left alone.
func (l *Ledger) SaveSync(ctx context.Context, s Sync) error {
	pipe := l.rdb.Pipeline()
	pipe.HSet(ctx, syncKey(s.Tenant, s.ID), map[string]any{
		"state": string(s.State), "error": s.Error, "listed": words(s.Listed), "seen": s.Seen,
		"orphans": s.Orphans, "refused": s.Refused, "started": millis(s.Started), "finished": millis(s.Finished),
	})
	if s.State.Final() {
		pipe.SRem(ctx, activeSyncs, Owner{string(s.Tenant), s.ID}.encode())
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("save synchronisation: %w", err)
	}
	return nil
}

// CancelSync asks the leader to end a synchronisation; ErrNoSync when there is none. One that is final
// stays as it is.
func (l *Ledger) CancelSync(ctx context.Context, t tenant.ID, id string) error {
	if _, err := l.Sync(ctx, t, id); err != nil {
		return err
	}
	if err := l.rdb.HSet(ctx, syncKey(t, id), "cancel", 1).Err(); err != nil {
		return fmt.Errorf("cancel synchronisation: %w", err)
	}
	return nil
}

// CountSync adds to what the workers have made of a synchronisation's objects.
func (l *Ledger) CountSync(ctx context.Context, t tenant.ID, id string, done, failed int64) error {
	pipe := l.rdb.Pipeline()
	pipe.HIncrBy(ctx, syncKey(t, id), "done", done)
	pipe.HIncrBy(ctx, syncKey(t, id), "failed", failed)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("count synchronisation: %w", err)
	}
	return nil
}

func parseSync(t tenant.ID, id string, f map[string]string) Sync {
	n := func(name string) int64 { v, _ := strconv.ParseInt(f[name], 10, 64); return v }
	at := func(name string) time.Time {
		if n(name) == 0 {
			return time.Time{}
		}
		return time.UnixMilli(n(name)).UTC()
	}
	return Sync{
		ID: id, Tenant: t, Resources: resources(f["resources"]), Since: at("since"),
		OrphanLimit: int(n("orphanLimit")), State: SyncState(f["state"]), Error: f["error"],
		Cancel: f["cancel"] != "", Listed: resources(f["listed"]), Seen: n("seen"), Done: n("done"),
		Failed: n("failed"), Orphans: n("orphans"), Refused: n("refused"),
		Created: at("created"), Started: at("started"), Finished: at("finished"),
	}
}

func words(list []event.Resource) string {
	names := make([]string, len(list))
	for i, r := range list {
		names[i] = string(r)
	}
	return strings.Join(names, " ")
}

func resources(s string) []event.Resource {
	var list []event.Resource
	for name := range strings.FieldsSeq(s) {
		list = append(list, event.Resource(name))
	}
	return list
}

func millis(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}
