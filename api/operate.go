package api

import (
	"context"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// JobAdmin is what operators can see and do in the queue. Errors other than queue.ErrNotFound and
// queue.ErrCursor mean that Redis cannot answer now.
type JobAdmin interface {
	JobViewer
	DeadLetters
	Control
}

// JobViewer shows jobs.
type JobViewer interface {
	// Stats counts the tenant's jobs.
	Stats(ctx context.Context, t tenant.ID) (queue.Stats, error)
	// Job returns one job in whatever state it is; the error is queue.ErrNotFound when there is none.
	Job(ctx context.Context, t tenant.ID, key job.Key) (queue.View, error)
	// Jobs returns up to limit jobs in a state, or in any when it is empty, and the cursor of the next
	// page, as DeadLetters does.
	Jobs(
		ctx context.Context, t tenant.ID, state queue.State, cursor string, limit int,
	) ([]queue.View, string, error)
	// ParkedPage returns about limit events that no tenant takes now and the cursor of the next page,
	// which is 0 after the last one, as it is for the first.
	ParkedPage(ctx context.Context, cursor uint64, limit int) ([]queue.Parked, uint64, error)
}

// DeadLetters shows and settles dead letters.
type DeadLetters interface {
	// DeadLetters returns up to limit dead letters and the cursor of the next page, which is empty
	// after the last one; the first page has the empty cursor. The error is queue.ErrCursor when the
	// cursor is not one that was returned.
	DeadLetters(
		ctx context.Context, t tenant.ID, cursor string, limit int,
	) ([]queue.DeadLetter, string, error)
	// DeadLetter returns one dead letter; the error is queue.ErrNotFound when there is none.
	DeadLetter(ctx context.Context, t tenant.ID, key job.Key) (queue.DeadLetter, error)
	// Discard forgets a dead letter; the error is queue.ErrNotFound when there is none.
	Discard(ctx context.Context, t tenant.ID, key job.Key) error
	// ReplayAll makes dead letters due now and returns how many were still there, also on error.
	ReplayAll(ctx context.Context, t tenant.ID, letters []queue.DeadLetter) (int, error)
	// DiscardAll forgets dead letters and returns how many were still there, also on error.
	DiscardAll(ctx context.Context, t tenant.ID, letters []queue.DeadLetter) (int, error)
}

// Control changes what is worked on.
type Control interface {
	// Pause stops claims of a tenant until Resume.
	Pause(ctx context.Context, t tenant.ID) error
	// Resume lifts a pause.
	Resume(ctx context.Context, t tenant.ID) error
	// Unsuspend lifts a suspension.
	Unsuspend(ctx context.Context, t tenant.ID) error
	// Hasten makes a waiting job due now; the error is queue.ErrNotFound when none waits.
	Hasten(ctx context.Context, t tenant.ID, key job.Key) error
}

// Archive is what is remembered of what was done. Errors other than ledger.ErrCursor mean that Redis
// cannot answer now.
type Archive interface {
	// Records returns up to limit entries of the history, the newest first, that are older than the
	// one whose ID is the cursor; the error is ledger.ErrCursor when it is none.
	Records(ctx context.Context, cursor string, limit int) ([]ledger.Record, error)
	// RecordsAfter returns up to limit entries, the oldest first, that are younger than the one with
	// the ID; the error is ledger.ErrCursor when it is none.
	RecordsAfter(ctx context.Context, id string, limit int) ([]ledger.Record, error)
	// Rejections returns up to limit bodies that were refused, the newest first, and the cursor of the
	// next page, which is empty after the last one. The error is ledger.ErrCursor when the cursor is
	// not one that was returned.
	Rejections(ctx context.Context, cursor string, limit int) ([]ledger.Rejection, string, error)

	// Samples returns what is known about the minutes from one moment up to another, the oldest first.
	Samples(ctx context.Context, t tenant.ID, from, to time.Time) ([]ledger.Sample, error)

	// LastOutcomes returns how the newest runs of objects ended; those that never ran are absent.
	LastOutcomes(
		ctx context.Context, t tenant.ID, r event.Resource, ids []string,
	) (map[string]ledger.LastOutcome, error)
	// LastPush returns when something was last written to Flow for an object; zero when never.
	LastPush(ctx context.Context, t tenant.ID, r event.Resource, id string) (time.Time, error)
	// ObjectUIDs returns the Flow uids of an object.
	ObjectUIDs(ctx context.Context, t tenant.ID, r event.Resource, id string) ([]string, error)
	// Prints returns what was pushed under uids of a kind; unknown ones are absent.
	Prints(
		ctx context.Context, t tenant.ID, kind string, uids []string,
	) (map[string]ledger.Print, error)
	// Aliases returns the ids of the objects that ids are other names of.
	Aliases(
		ctx context.Context, t tenant.ID, r event.Resource, ids []string,
	) (map[string]string, error)
}
