package ledger

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Scratch is a ledger on which something is only tried: it reads what the one below it knows and keeps
// what is written to itself. It is safe for concurrent use.
type Scratch struct {
	below *Ledger

	mu         sync.Mutex // guards what was written
	owners     written[Owner]
	prints     written[Print]
	objects    written[[]string]
	aliases    written[string]
	contenders written[string]
}

// NewScratch returns a scratch on below, to which it never writes.
func NewScratch(below *Ledger) *Scratch {
	return &Scratch{
		below: below, owners: written[Owner]{}, prints: written[Print]{}, objects: written[[]string]{},
		aliases: written[string]{}, contenders: written[string]{},
	}
}

// written holds values by where they were written to; nil says that the value was deleted.
type written[V any] map[slot]*V

type slot struct {
	tenant   tenant.ID
	kind, id string
}

// over returns found with what was written since.
func (w written[V]) over(found map[string]V, t tenant.ID, kind string, ids []string) map[string]V {
	merged := maps.Clone(found)
	for _, id := range ids {
		v, known := w[slot{t, kind, id}]
		switch {
		case !known:
		case v == nil:
			delete(merged, id)
		default:
			merged[id] = *v
		}
	}
	return merged
}

// ClaimUID is Ledger.ClaimUID.
func (s *Scratch) ClaimUID(
	ctx context.Context, t tenant.ID, kind, uid string, o Owner,
) (Owner, error) {
	owners, err := s.Owners(ctx, t, kind, []string{uid})
	if err != nil {
		return Owner{}, err
	}
	if owner, owned := owners[uid]; owned {
		return owner, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owners[slot{t, kind, uid}] = &o
	return o, nil
}

// Owners is Ledger.Owners.
func (s *Scratch) Owners(
	ctx context.Context, t tenant.ID, kind string, uids []string,
) (map[string]Owner, error) {
	found, err := s.below.Owners(ctx, t, kind, uids)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.owners.over(found, t, kind, uids), nil
}

// ReleaseUIDs is Ledger.ReleaseUIDs.
func (s *Scratch) ReleaseUIDs(_ context.Context, t tenant.ID, kind string, uids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, uid := range uids {
		s.owners[slot{t, kind, uid}] = nil
	}
	return nil
}

// Contend is Ledger.Contend.
func (s *Scratch) Contend(_ context.Context, t tenant.ID, kind, uid, object string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.contenders[slot{t, kind, uid}] = &object
	return nil
}

// Contenders is Ledger.Contenders.
func (s *Scratch) Contenders(
	ctx context.Context, t tenant.ID, kind string, uids []string,
) (map[string]string, error) {
	found, err := s.below.Contenders(ctx, t, kind, uids)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.contenders.over(found, t, kind, uids), nil
}

// ObjectUIDs is Ledger.ObjectUIDs.
func (s *Scratch) ObjectUIDs(
	ctx context.Context, t tenant.ID, r event.Resource, id string,
) ([]string, error) {
	s.mu.Lock()
	uids, known := s.objects[slot{t, string(r), id}]
	s.mu.Unlock()
	if known {
		return slices.Clone(*uids), nil
	}
	return s.below.ObjectUIDs(ctx, t, r, id)
}

// SaveObjectUIDs is Ledger.SaveObjectUIDs.
func (s *Scratch) SaveObjectUIDs(
	_ context.Context, t tenant.ID, r event.Resource, id string, uids []string,
) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := slices.Clone(uids)
	s.objects[slot{t, string(r), id}] = &kept
	return nil
}

// Aliases is Ledger.Aliases.
func (s *Scratch) Aliases(
	ctx context.Context, t tenant.ID, r event.Resource, ids []string,
) (map[string]string, error) {
	found, err := s.below.Aliases(ctx, t, r, ids)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.aliases.over(found, t, string(r), ids), nil
}

// SaveAlias is Ledger.SaveAlias.
func (s *Scratch) SaveAlias(_ context.Context, t tenant.ID, r event.Resource, alias, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aliases[slot{t, string(r), alias}] = &id
	return nil
}

// ForgetAlias is Ledger.ForgetAlias.
func (s *Scratch) ForgetAlias(_ context.Context, t tenant.ID, r event.Resource, alias string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aliases[slot{t, string(r), alias}] = nil
	return nil
}

// Prints is Ledger.Prints.
func (s *Scratch) Prints(
	ctx context.Context, t tenant.ID, kind string, uids []string,
) (map[string]Print, error) {
	found, err := s.below.Prints(ctx, t, kind, uids)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.prints.over(found, t, kind, uids), nil
}

// SavePrints is Ledger.SavePrints.
func (s *Scratch) SavePrints(
	_ context.Context, t tenant.ID, kind string, prints map[string]Print,
) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for uid, p := range prints {
		p.Doubtful = false
		s.prints[slot{t, kind, uid}] = &p
	}
	return nil
}

// MarkAbsent is Ledger.MarkAbsent.
func (s *Scratch) MarkAbsent(ctx context.Context, t tenant.ID, kind, uid string) error {
	known, err := s.Prints(ctx, t, kind, []string{uid})
	if _, ok := known[uid]; ok || err != nil {
		return err
	}
	return s.SavePrints(ctx, t, kind, map[string]Print{uid: {Absent: true}})
}

// Await forgets at once: nobody is told of what was only tried.
func (s *Scratch) Await(context.Context, tenant.ID, string, string, string) error { return nil }

// AwaitAll forgets at once, too.
func (s *Scratch) AwaitAll(context.Context, tenant.ID, string, []string, string) error { return nil }

// Awaited is Ledger.Awaited.
func (s *Scratch) Awaited(
	ctx context.Context, t tenant.ID, kind string, uids []string,
) (map[string][]string, error) {
	return s.below.Awaited(ctx, t, kind, uids)
}

// Arrived lets those wait who wait.
func (s *Scratch) Arrived(context.Context, tenant.ID, string, string, []string) error { return nil }
