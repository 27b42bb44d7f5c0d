package reconcile

import (
	"context"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Ledger is the memory of what was pushed; ledger.Ledger documents each method. On a ledger.Scratch a
// handler leaves no trace.
type Ledger interface {
	Owners(ctx context.Context, t tenant.ID, kind string, uids []string) (map[string]ledger.Owner, error)
	ClaimUID(ctx context.Context, t tenant.ID, kind, uid string, o ledger.Owner) (ledger.Owner, error)
	ReleaseUIDs(ctx context.Context, t tenant.ID, kind string, uids []string) error
	Contend(ctx context.Context, t tenant.ID, kind, uid, object string) error
	Contenders(ctx context.Context, t tenant.ID, kind string, uids []string) (map[string]string, error)

	Prints(ctx context.Context, t tenant.ID, kind string, uids []string) (map[string]ledger.Print, error)
	SavePrints(ctx context.Context, t tenant.ID, kind string, prints map[string]ledger.Print) error
	MarkAbsent(ctx context.Context, t tenant.ID, kind, uid string) error
	ObjectUIDs(ctx context.Context, t tenant.ID, r event.Resource, id string) ([]string, error)
	SaveObjectUIDs(ctx context.Context, t tenant.ID, r event.Resource, id string, uids []string) error

	Aliases(ctx context.Context, t tenant.ID, r event.Resource, ids []string) (map[string]string, error)
	SaveAlias(ctx context.Context, t tenant.ID, r event.Resource, alias, id string) error
	ForgetAlias(ctx context.Context, t tenant.ID, r event.Resource, alias string) error

	Await(ctx context.Context, t tenant.ID, kind, uid, waiter string) error
	AwaitAll(ctx context.Context, t tenant.ID, kind string, uids []string, waiter string) error
	Awaited(ctx context.Context, t tenant.ID, kind string, uids []string) (map[string][]string, error)
	Arrived(ctx context.Context, t tenant.ID, kind, uid string, waiters []string) error
}
