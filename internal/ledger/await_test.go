package ledger_test

import (
	"slices"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/ledger"
)

// TestAwait checks who is remembered as waiting, per kind, uid and tenant, and who is forgotten.
func TestAwait(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	l, ctx := ledger.New(rdb), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(l.Await(ctx, "no", "store", "a", "x/1"))
	must(l.Await(ctx, "no", "store", "a", "x/1"))
	must(l.AwaitAll(ctx, "no", "store", []string{"a", "b:c"}, "x/2"))
	must(l.AwaitAll(ctx, "no", "store", nil, "x/3"))
	must(l.Await(ctx, "no", "supplier", "a", "x/4"))
	must(l.Await(ctx, "se", "store", "a", "x/5"))
	awaited := func() map[string][]string {
		t.Helper()
		all, err := l.Awaited(ctx, "no", "store", []string{"a", "b:c", "d"})
		must(err)
		for _, waiters := range all {
			slices.Sort(waiters)
		}
		return all
	}
	if diff := cmp.Diff(map[string][]string{"a": {"x/1", "x/2"}, "b:c": {"x/2"}}, awaited()); diff != "" {
		t.Errorf("Awaited (-want +got):\n%s", diff)
	}
	must(l.Arrived(ctx, "no", "store", "a", []string{"x/1", "x/9"}))
	must(l.Arrived(ctx, "no", "store", "b:c", []string{"x/2"}))
	must(l.Arrived(ctx, "no", "store", "a", nil))
	if diff := cmp.Diff(map[string][]string{"a": {"x/2"}}, awaited()); diff != "" {
		t.Errorf("Awaited after some were told (-want +got):\n%s", diff)
	}
	if all, err := l.Awaited(ctx, "no", "store", nil); err != nil || len(all) != 0 {
		t.Errorf("Awaited of nothing = %v, %v; want nothing", all, err)
	}
}
