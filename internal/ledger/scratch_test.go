package ledger_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
)

// scratch writes everything that a handler may write and reads it back; below nothing has changed.
func scratch(t *testing.T, rdb redis.UniversalClient, l *ledger.Ledger) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	claim(t, l, ledger.Owner{Object: "a"}, ledger.Owner{Object: "a"})
	must(l.SavePrints(ctx, fjell, "product", map[string]ledger.Print{"u1": {Body: "below"}, "u2": {Body: "below"}}))
	must(l.SaveObjectUIDs(ctx, fjell, event.Product, "a", []string{"u1", "u2"}))
	must(l.SaveAlias(ctx, fjell, event.Product, "doc", "a"))
	before := everything(t, rdb)

	s := ledger.NewScratch(l)
	must(s.ReleaseUIDs(ctx, fjell, "product", []string{"lamp"}))
	must(s.SavePrints(ctx, fjell, "product", map[string]ledger.Print{"u2": {Body: "above"}, "u3": {Body: "above"}}))
	must(s.SaveObjectUIDs(ctx, fjell, event.Product, "a", []string{"u3"}))
	must(s.SaveObjectUIDs(ctx, fjell, event.Product, "b", nil))
	must(s.ForgetAlias(ctx, fjell, event.Product, "doc"))
	must(s.SaveAlias(ctx, fjell, event.Product, "sku", "b"))
	must(s.Contend(ctx, fjell, "product", "u9", "b"))
	must(s.Await(ctx, fjell, "product", "u9", "product/b"))
	must(s.AwaitAll(ctx, fjell, "product", []string{"u9"}, "product/b"))
	must(s.Arrived(ctx, fjell, "product", "u9", []string{"product/b"}))
	must(s.MarkAbsent(ctx, fjell, "product", "u3"))
	must(s.MarkAbsent(ctx, fjell, "product", "u5"))
	if o, err := s.ClaimUID(ctx, fjell, "product", "lamp", ledger.Owner{Object: "b"}); err != nil || o.Object != "b" {
		t.Errorf("ClaimUID of a released uid = %+v, %v, want b", o, err)
	}
	if o, err := s.ClaimUID(ctx, fjell, "product", "lamp", ledger.Owner{Object: "c"}); err != nil || o.Object != "b" {
		t.Errorf("ClaimUID of a claimed uid = %+v, %v, want b", o, err)
	}

	prints, err := s.Prints(ctx, fjell, "product", []string{"u1", "u2", "u3", "u4"})
	if err != nil || len(prints) != 3 || prints["u1"].Body != "below" || prints["u2"].Body != "above" || prints["u3"].Body != "above" {
		t.Errorf("Prints = %+v, %v, want what was written last", prints, err)
	}
	marked, err := s.Prints(ctx, fjell, "product", []string{"u3", "u5"})
	if err != nil || marked["u3"].Absent || !marked["u5"].Absent {
		t.Errorf("Prints = %+v, %v, want what nothing is known of marked absent, and nothing else", marked, err)
	}
	uids, err := s.ObjectUIDs(ctx, fjell, event.Product, "a")
	if err != nil || !slices.Equal(uids, []string{"u3"}) {
		t.Errorf("ObjectUIDs = %v, %v, want u3", uids, err)
	}
	aliases, err := s.Aliases(ctx, fjell, event.Product, []string{"doc", "sku"})
	if err != nil || !maps.Equal(aliases, map[string]string{"sku": "b"}) {
		t.Errorf("Aliases = %v, %v, want sku alone", aliases, err)
	}
	contenders, err := s.Contenders(ctx, fjell, "product", []string{"u9"})
	if err != nil || contenders["u9"] != "b" {
		t.Errorf("Contenders = %v, %v, want b", contenders, err)
	}
	if waiting, err := s.Awaited(ctx, fjell, "product", []string{"u9"}); err != nil || len(waiting) > 0 {
		t.Errorf("Awaited = %v, %v, want nobody: it is only tried", waiting, err)
	}
	if after := everything(t, rdb); !maps.Equal(before, after) {
		t.Errorf("below is %v, want %v as before", after, before)
	}
}

// everything is what Redis holds.
func everything(t *testing.T, rdb redis.UniversalClient) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"owner:product", "print:product", "object:product", "alias:product", "contender:product", "await:product:u9"} {
		key := "omniflow:{" + string(fjell) + "}:" + name
		kind, err := rdb.Type(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		all[key] = kind
		if kind != "hash" {
			continue
		}
		fields, err := rdb.HGetAll(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		for field, value := range fields {
			all[key+" "+field] = value
		}
	}
	return all
}
