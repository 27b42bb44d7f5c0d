package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// categoryTree is what one batch has read of the categories. All its reads began after the jobs were
// claimed.
type categoryTree struct {
	source CategorySource
	lang   string
	// bulk are all categories when the batch is large. They come from Omnium's search, so that jobs
	// whose event is of just now do not look there.
	bulk mapping.Categories

	mu sync.Mutex
	// read are the categories that were read one by one; nil for those that do not exist.
	read map[string]*omnium.Category
}

// prefetch reads all categories when many are asked for: they are few, and each has parents.
func (t *categoryTree) prefetch(ctx context.Context, jobs []job.Job) (o *job.Outcome) {
	var since time.Time
	for _, j := range jobs {
		if j.Claimed.After(since) {
			since = j.Claimed
		}
	}
	all := func(ctx context.Context, _ []string) (map[string]*omnium.Category, error) {
		return t.source.Categories(ctx, t.lang, since)
	}
	t.bulk, o = prefetch(ctx, jobs, all)
	return o
}

// find returns a category, nil when there is none. What is missing from the search is read for itself.
func (t *categoryTree) find(
	ctx context.Context, r *run, id string,
) (*omnium.Category, *job.Outcome) {
	if doc := t.bulk[id]; doc != nil && !fresh(r.job) {
		return doc, nil
	}
	t.mu.Lock()
	doc, seen := t.read[id]
	t.mu.Unlock()
	if seen {
		return doc, nil
	}
	r.reads++
	doc, err := t.source.Category(ctx, id, t.lang, r.job.Claimed)
	if err != nil && !errors.Is(err, omnium.ErrNotFound) {
		o := fromOmnium(fmt.Errorf("read category %s: %w", id, err))
		return nil, &o
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.read == nil {
		t.read = map[string]*omnium.Category{}
	}
	t.read[id] = doc
	return doc, nil
}

// levels groups the jobs by how deep in the tree their categories are, the top first. Those of which
// that is not known come first.
func (t *categoryTree) levels(jobs []job.Job) [][]job.Job {
	byDepth := map[int][]job.Job{}
	deepest := 0
	for _, j := range jobs {
		path, _, err := t.bulk.Path(j.ID, "")
		depth := len(path)
		if err != nil {
			depth = 0
		}
		byDepth[depth] = append(byDepth[depth], j)
		deepest = max(deepest, depth)
	}
	levels := make([][]job.Job, 0, deepest+1)
	for depth := range deepest + 1 {
		levels = append(levels, byDepth[depth])
	}
	return slices.DeleteFunc(levels, func(level []job.Job) bool { return len(level) == 0 })
}
