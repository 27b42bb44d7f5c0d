package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

const (
	fjell = tenant.ID("fjell_no")
	skog  = tenant.ID("skog_se")
)

// TestConforms is one test because servers are started for it.
func TestConforms(t *testing.T) {
	t.Parallel()
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		conform(t, func(t *testing.T) redis.UniversalClient {
			_, rdb := mini(t)
			return rdb
		})
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		conform(t, func(t *testing.T) redis.UniversalClient { return server.Empty(t) })
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		c := redistest.StartCluster(t)
		conform(t, func(t *testing.T) redis.UniversalClient { return c.Empty(t) })
		t.Run("node away", func(t *testing.T) { nodeAway(t, c) })
	})
}

// conform runs every test with an empty database.
func conform(t *testing.T, empty func(*testing.T) redis.UniversalClient) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, redis.UniversalClient, *ledger.Ledger){
		"owners": owners, "claims at once": claimsAtOnce, "owners apart": ownersApart,
		"contenders": contenders, "prints": prints, "unreadable": unreadable,
		"object uids": objectUIDs, "aliases": aliases, "hostile ids": hostileIDs,
		"last success": lastSuccess, "idle stream": idleStream, "leader": leader, "checkpoints": checkpoints, "wishes": wishList,
		"await": await, "syncs": syncRecords, "many syncs": manySyncs, "known objects": knownObjects,
		"scratch": scratch, "past records": pastRecords, "past outcomes": pastOutcomes, "past rejections": pastRejections,
		"samples": minuteSamples, "unreadable samples": unreadableSamples,
	} {
		t.Run(name, func(t *testing.T) {
			rdb := empty(t)
			test(t, rdb, ledger.New(rdb))
		})
	}
	for name, test := range map[string]func(*testing.T, redis.UniversalClient){
		"stream": stream, "capped": capped, "rejected": rejected, "last outcome": lastOutcome,
	} {
		t.Run(name, func(t *testing.T) { test(t, empty(t)) })
	}
}

func mini(t *testing.T) (*miniredis.Miniredis, *redis.Client) {
	t.Helper()
	m := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: m.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = rdb.Close() })
	return m, rdb
}

// claim fails the test unless the uid is owned by want after o has claimed it.
func claim(t *testing.T, l *ledger.Ledger, o, want ledger.Owner) {
	t.Helper()
	got, err := l.ClaimUID(t.Context(), fjell, "product", "lamp", o)
	if err != nil || got != want {
		t.Errorf("ClaimUID(lamp, %+v) = %+v, %v; want %+v", o, got, err, want)
	}
}

func owners(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	first, second := ledger.Owner{Object: "a", Source: "la-mp"}, ledger.Owner{Object: "b", Source: "lamp"}
	claim(t, l, first, first)
	claim(t, l, second, first)
	claim(t, l, first, first)
	got, err := l.Owners(t.Context(), fjell, "product", []string{"lamp", "nobody's"})
	if diff := cmp.Diff(map[string]ledger.Owner{"lamp": first}, got); diff != "" || err != nil {
		t.Errorf("Owners = %v (-want +got):\n%s", err, diff)
	}
	for range 2 { // what nobody owns can be given up too
		if err := l.ReleaseUIDs(t.Context(), fjell, "product", []string{"lamp", "nobody's"}); err != nil {
			t.Errorf("ReleaseUIDs = %v, want nil", err)
		}
	}
	claim(t, l, second, second)
	if err := l.ReleaseUIDs(t.Context(), fjell, "product", nil); err != nil {
		t.Errorf("ReleaseUIDs(none) = %v, want nil", err)
	}
	claim(t, l, first, second)
}

// claimsAtOnce checks that of many claims one wins, and that all are told which.
func claimsAtOnce(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	const many = 20
	told := make([]ledger.Owner, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			o, err := l.ClaimUID(t.Context(), fjell, "product", "lamp", ledger.Owner{Object: fmt.Sprint(i)})
			if err != nil {
				t.Errorf("ClaimUID = %v, want nil", err)
			}
			told[i] = o
		})
	}
	wg.Wait()
	for i, o := range told {
		if o != told[0] || o.Object == "" {
			t.Errorf("claim %d was told the owner %+v, claim 0 %+v; want the same", i, o, told[0])
		}
	}
}

// ownersApart checks that tenants and kinds share nothing, also when a tenant's id looks like part of
// a key.
func ownersApart(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	for i, place := range []struct {
		tenant tenant.ID
		kind   string
	}{
		{fjell, "product"},
		{fjell, "brand"},
		{skog, "product"},
		{"fjell_no}", "product"},
		{"fjell_no}:owner:product", "x"},
		{"{fjell_no", "product"},
		{"", "product"},
	} {
		want := ledger.Owner{Object: fmt.Sprint(i)}
		if got, err := l.ClaimUID(t.Context(), place.tenant, place.kind, "lamp", want); err != nil || got != want {
			t.Errorf("ClaimUID(%q, %q) = %+v, %v; want %+v", place.tenant, place.kind, got, err, want)
		}
	}
}

func contenders(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	want := func(uids []string, want map[string]string) {
		t.Helper()
		got, err := l.Contenders(t.Context(), fjell, "product", uids)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Contenders(%v) = %v (-want +got):\n%s", uids, err, diff)
		}
	}
	want([]string{"lamp"}, map[string]string{})
	for _, id := range []string{"a", "b"} {
		if err := l.Contend(t.Context(), fjell, "product", "lamp", id); err != nil {
			t.Errorf("Contend = %v, want nil", err)
		}
	}
	want([]string{"lamp", "boot"}, map[string]string{"lamp": "b"})
	if err := l.ReleaseUIDs(t.Context(), fjell, "product", []string{"lamp"}); err != nil {
		t.Errorf("ReleaseUIDs = %v, want nil", err)
	}
	want([]string{"lamp"}, map[string]string{"lamp": "b"})
	want(nil, map[string]string{})
}

func prints(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	saved := map[string]ledger.Print{
		"full": {
			Body: "abc", Discontinued: true, Media: []string{"m1", "m2"}, Links: []string{"boot"},
			Texts: map[string]string{"Colour": "x", "Størrelse": ""},
		},
		"empty": {},
	}
	if err := l.SavePrints(t.Context(), fjell, "product", saved); err != nil {
		t.Fatalf("SavePrints = %v, want nil", err)
	}
	if err := l.SavePrints(t.Context(), fjell, "product", nil); err != nil {
		t.Errorf("SavePrints(none) = %v, want nil", err)
	}
	got, err := l.Prints(t.Context(), fjell, "product", []string{"full", "empty", "unknown"})
	if diff := cmp.Diff(saved, got); diff != "" || err != nil {
		t.Errorf("Prints = %v (-want +got):\n%s", err, diff)
	}
	none, err := l.Prints(t.Context(), fjell, "product", nil)
	if len(none) != 0 || none == nil || err != nil {
		t.Errorf("Prints(none) = %v, %v; want an empty map that can be written to", none, err)
	}
}

// unreadable checks that a record that cannot be read is no error: a print is unknown, and an owner
// is somebody whom no object is.
func unreadable(t *testing.T, rdb redis.UniversalClient, l *ledger.Ledger) {
	ctx := t.Context()
	for key, value := range map[string]string{
		"omniflow:{fjell_no}:print:product": "{", "omniflow:{fjell_no}:owner:product": "%zz",
	} {
		if err := rdb.HSet(ctx, key, "lamp", value).Err(); err != nil {
			t.Fatalf("HSET %s: %v", key, err)
		}
	}
	if got, err := l.Prints(ctx, fjell, "product", []string{"lamp"}); len(got) != 0 || err != nil {
		t.Errorf("Prints = %v, %v; want none", got, err)
	}
	claim(t, l, ledger.Owner{Object: "a"}, ledger.Owner{Object: "%zz"})
}

func objectUIDs(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	want := func(call string, want []string) {
		t.Helper()
		got, err := l.ObjectUIDs(t.Context(), fjell, event.Product, "boot")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("ObjectUIDs %s = %v (-want +got):\n%s", call, err, diff)
		}
	}
	save := func(id string, r event.Resource, uids ...string) {
		t.Helper()
		if err := l.SaveObjectUIDs(t.Context(), fjell, r, id, uids); err != nil {
			t.Errorf("SaveObjectUIDs(%v) = %v, want nil", uids, err)
		}
	}
	want("of an unknown object", nil)
	save("boot", event.Product, "boot41", "boot42")
	save("boot", event.Price, "other")
	want("once saved", []string{"boot41", "boot42"})
	save("boot", event.Product, "boot42")
	want("once replaced", []string{"boot42"})
	save("boot", event.Product)
	want("once forgotten", nil)
	save("boot", event.Product)
}

func aliases(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	want := func(call string, want map[string]string) {
		t.Helper()
		got, err := l.Aliases(t.Context(), fjell, event.Product, []string{"boot_no", "boot-42"})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Aliases %s = %v (-want +got):\n%s", call, err, diff)
		}
	}
	want("before any", map[string]string{})
	for _, id := range []string{"old", "boot"} {
		if err := l.SaveAlias(t.Context(), fjell, event.Product, "boot_no", id); err != nil {
			t.Errorf("SaveAlias = %v, want nil", err)
		}
	}
	want("once saved", map[string]string{"boot_no": "boot"})
	for range 2 {
		if err := l.ForgetAlias(t.Context(), fjell, event.Product, "boot_no"); err != nil {
			t.Errorf("ForgetAlias = %v, want nil", err)
		}
	}
	want("once forgotten", map[string]string{})
}

// hostileIDs checks that any bytes come back as they went in.
func hostileIDs(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	for _, id := range []string{
		"a b", "a\x00b", "\x00", " ", "+", "%20", "%", "{x}", "a:b", "\r\n", "\xff\xfe", "ø", strings.Repeat("x", 10_000),
	} {
		ctx, owner := t.Context(), ledger.Owner{Object: id, Source: id}
		if got, err := l.ClaimUID(ctx, fjell, "product", id, owner); got != owner || err != nil {
			t.Errorf("ClaimUID(%.20q) = %.20q, %v; want the id", id, got, err)
		}
		if got, err := l.Owners(ctx, fjell, "product", []string{id}); got[id] != owner || err != nil {
			t.Errorf("Owners(%.20q) = %.20q, %v; want the id", id, got, err)
		}
		err := l.SaveObjectUIDs(ctx, fjell, event.Product, id, []string{"x"})
		if got, readErr := l.ObjectUIDs(ctx, fjell, event.Product, id); len(got) != 1 || err != nil || readErr != nil {
			t.Errorf("ObjectUIDs(%.20q) = %v, %v, %v; want one", id, got, err, readErr)
		}
		err = l.SaveAlias(ctx, fjell, event.Product, id, id)
		if got, readErr := l.Aliases(ctx, fjell, event.Product, []string{id}); got[id] != id || err != nil || readErr != nil {
			t.Errorf("Aliases(%.20q) = %.20q, %v, %v; want the id", id, got, err, readErr)
		}
	}
}

// TestErrors checks that every method tells when Redis does not do as asked.
func TestErrors(t *testing.T) {
	t.Parallel()
	m, rdb := mini(t)
	l := ledger.New(rdb)
	m.SetError("LOADING Redis is loading the dataset in memory")
	uids := []string{"lamp"}
	calls := map[string]func(context.Context) error{
		"claim uid": func(ctx context.Context) error {
			_, err := l.ClaimUID(ctx, fjell, "product", "lamp", ledger.Owner{})
			return err
		},
		"read owners": func(ctx context.Context) error { _, err := l.Owners(ctx, fjell, "product", uids); return err },
		"release uids": func(ctx context.Context) error {
			return l.ReleaseUIDs(ctx, fjell, "product", uids)
		},
		"contend for uid": func(ctx context.Context) error { return l.Contend(ctx, fjell, "product", "lamp", "a") },
		"read contenders": func(ctx context.Context) error {
			_, err := l.Contenders(ctx, fjell, "product", uids)
			return err
		},
		"read object": func(ctx context.Context) error {
			_, err := l.ObjectUIDs(ctx, fjell, event.Product, "a")
			return err
		},
		"save object": func(ctx context.Context) error {
			return l.SaveObjectUIDs(ctx, fjell, event.Product, "a", uids)
		},
		"read aliases": func(ctx context.Context) error {
			_, err := l.Aliases(ctx, fjell, event.Product, uids)
			return err
		},
		"save alias":   func(ctx context.Context) error { return l.SaveAlias(ctx, fjell, event.Product, "a", "b") },
		"forget alias": func(ctx context.Context) error { return l.ForgetAlias(ctx, fjell, event.Product, "a") },
		"read fingerprints": func(ctx context.Context) error {
			_, err := l.Prints(ctx, fjell, "product", uids)
			return err
		},
		"save fingerprints": func(ctx context.Context) error {
			return l.SavePrints(ctx, fjell, "product", map[string]ledger.Print{"lamp": {}})
		},
		"read last success": func(ctx context.Context) error { _, err := l.LastSuccess(ctx, fjell); return err },
	}
	for want, call := range calls {
		if err := call(t.Context()); err == nil || !strings.HasPrefix(err.Error(), want+": LOADING") {
			t.Errorf("error without Redis = %v, want %q and the cause", err, want+": ")
		}
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	one, err := ledger.Fingerprint(map[string]int{"a": 1, "b": 2})
	if len(one) != 16 || err != nil {
		t.Errorf("Fingerprint = %q, %v; want 16 characters", one, err)
	}
	same, _ := ledger.Fingerprint(map[string]int{"b": 2, "a": 1})
	other, _ := ledger.Fingerprint(map[string]int{"a": 1, "b": 3})
	if same != one || other == one {
		t.Errorf("Fingerprint of the same = %q and of another = %q, want %q and a different one", same, other, one)
	}
	if _, err := ledger.Fingerprint(func() {}); err == nil {
		t.Error("Fingerprint of a function = nil, want an error")
	}
}

func await(t *testing.T, _ redis.UniversalClient, l *ledger.Ledger) {
	t.Helper()
	for _, waiter := range []string{"price/a", "price/a", "inventory/b"} {
		if err := l.Await(t.Context(), fjell, "product", "lamp", waiter); err != nil {
			t.Fatalf("Await: %v", err)
		}
	}
	waiting := func(want ...string) {
		t.Helper()
		got, err := l.Awaited(t.Context(), fjell, "product", []string{"chair", "lamp"})
		slices.Sort(got["lamp"])
		if err != nil || !slices.Equal(got["lamp"], want) || got["chair"] != nil {
			t.Errorf("Awaited = %v, %v; want %v for the lamp", got, err, want)
		}
	}
	waiting("inventory/b", "price/a")
	if err := l.Arrived(t.Context(), fjell, "product", "lamp", []string{"price/a"}); err != nil {
		t.Fatalf("Arrived: %v", err)
	}
	waiting("inventory/b")
	if got, err := l.Awaited(t.Context(), skog, "product", []string{"lamp"}); err != nil || len(got) > 0 {
		t.Errorf("Awaited of another tenant = %v, %v; want none", got, err)
	}
	if err := l.Arrived(t.Context(), fjell, "product", "lamp", nil); err != nil {
		t.Errorf("Arrived of nobody: %v", err)
	}
}
