package reconcile

import (
	"context"
	"fmt"

	"github.com/omniflow/omniflow/internal/job"
)

// prefetch reads the objects of jobs in bulk when they are many. What changed a moment ago is read one
// by one: the search may still show the state before, and no further event would put that right. So
// are ids that are missing from the answer: they may be other names, or deleted. An outcome is for all
// jobs: Omnium is away or throttling.
func prefetch[T any](
	ctx context.Context, jobs []job.Job, read func(context.Context, []string) (map[string]T, error),
) (map[string]T, *job.Outcome) {
	var ids []string
	for _, j := range jobs {
		if !fresh(j) {
			ids = append(ids, j.ID)
		}
	}
	if len(ids) < bulkFrom {
		return nil, nil
	}
	found, err := read(ctx, ids)
	if err != nil {
		o := fromOmnium(fmt.Errorf("read in bulk: %w", err))
		if o.Verdict == job.Snoozed {
			return nil, &o
		}
		// What is wrong with a search says nothing about its objects: each is read for itself.
		return nil, nil
	}
	return found, nil
}
