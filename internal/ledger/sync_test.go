package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
)

func syncRecords(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	t.Helper()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want := ledger.Sync{
		ID: "1", Tenant: fjell, Resources: []event.Resource{event.Product, event.Price}, Since: at,
		OrphanLimit: 5, State: ledger.SyncWaiting, Created: at,
	}
	if err := l.CreateSync(t.Context(), want); err != nil {
		t.Fatalf("CreateSync: %v", err)
	}
	wantSync := func() {
		t.Helper()
		got, err := l.Sync(t.Context(), fjell, "1")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Sync: %v (-want +got)\n%s", err, diff)
		}
	}
	active := func() []string {
		t.Helper()
		list, err := l.ActiveSyncs(t.Context())
		if err != nil {
			t.Fatalf("ActiveSyncs: %v", err)
		}
		var ids []string
		for _, s := range list {
			ids = append(ids, s.ID)
		}
		return ids
	}
	wantSync()
	if got := active(); !slices.Equal(got, []string{"1"}) {
		t.Errorf("ActiveSyncs = %v, want 1", got)
	}
	want.State, want.Listed, want.Seen, want.Started = ledger.SyncListing, []event.Resource{event.Product}, 7, at
	want.Orphans, want.Refused, want.Error = 3, 2, "why"
	err := errors.Join(
		l.CountSync(t.Context(), fjell, "1", 5, 1), l.CancelSync(t.Context(), fjell, "1"),
		l.SaveSync(t.Context(), want), l.CountSync(t.Context(), fjell, "1", 1, 0),
	)
	if err != nil {
		t.Fatal(err)
	}
	want.Done, want.Failed, want.Cancel = 6, 1, true // what others write is left alone
	wantSync()
	want.State, want.Finished = ledger.SyncCancelled, at.Add(time.Hour)
	if err := l.SaveSync(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	wantSync()
	if got := active(); len(got) != 0 {
		t.Errorf("ActiveSyncs after the end = %v, want none", got)
	}
	if _, err := l.Sync(t.Context(), skog, "1"); !errors.Is(err, ledger.ErrNoSync) {
		t.Errorf("Sync of another tenant: %v, want ErrNoSync", err)
	}
	if err := l.CancelSync(t.Context(), fjell, "2"); !errors.Is(err, ledger.ErrNoSync) {
		t.Errorf("CancelSync of none: %v, want ErrNoSync", err)
	}
}

func manySyncs(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	t.Helper()
	for i := range 60 {
		s := ledger.Sync{ID: fmt.Sprint(i), Tenant: fjell, Created: time.UnixMilli(int64(1000 + i))}
		if err := l.CreateSync(t.Context(), s); err != nil {
			t.Fatalf("CreateSync: %v", err)
		}
	}
	list, err := l.Syncs(t.Context(), fjell)
	if err != nil || len(list) != 50 || list[0].ID != "59" || list[49].ID != "10" {
		t.Errorf("Syncs = %d records from %+v, %v; want the youngest 50, the youngest first", len(list), list[0], err)
	}
	if active, err := l.ActiveSyncs(t.Context()); err != nil || len(active) != 50 || active[0].ID != "10" {
		t.Errorf("ActiveSyncs = %d records, %v; want those that are kept, the oldest first", len(active), err)
	}
}

func knownObjects(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	t.Helper()
	err := errors.Join(
		l.SaveObjectUIDs(t.Context(), fjell, event.Product, "lamp", []string{"lamp"}),
		l.SaveObjectUIDs(t.Context(), skog, event.Product, "chair", []string{"chair"}),
	)
	_, errClaim := l.ClaimUID(t.Context(), fjell, "product", "boot41", ledger.Owner{Object: "boot/4", Source: "boot-41"})
	if err := errors.Join(err, errClaim); err != nil {
		t.Fatal(err)
	}
	var got []string
	err = l.KnownObjects(t.Context(), fjell, event.Product, "product", func(ids []string) error {
		got = append(got, ids...)
		return nil
	})
	slices.Sort(got)
	if want := []string{"boot/4", "lamp"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("KnownObjects = %v, %v; want %v", got, err, want)
	}
	got = nil
	err = l.KnownObjects(t.Context(), fjell, event.Product, "", func(ids []string) error {
		got = append(got, ids...)
		return nil
	})
	if want := []string{"lamp"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("KnownObjects without owners = %v, %v; want %v", got, err, want)
	}
	stop := errors.New("stop")
	err = l.KnownObjects(t.Context(), fjell, event.Product, "product", func([]string) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("KnownObjects = %v, want the error of visit", err)
	}
}
