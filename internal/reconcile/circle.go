package reconcile

import (
	"fmt"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/job"
)

const (
	// circleFrom is how often a job may hand over for one event within circleWithin before that is taken
	// for a circle. Once is what happens; a few more are those of leases that ran out.
	circleFrom   = 5
	circleWithin = time.Minute
)

// circles finds objects that each say that they are the other one: their jobs would hand over to each
// other for ever, as fast as Omnium answers. It is bounded: forgetting costs a few more rounds.
type circles struct {
	mu   sync.Mutex
	seen map[handover]handovers
}

// handover is a job that another object's job does the work of, and the event that it is for.
type handover struct {
	job.Key

	event string
}

type handovers struct {
	since time.Time
	n     int
}

// closed notes that a job hands over to id, and returns an outcome when it goes round in a circle.
func (c *circles) closed(j job.Job, id string) *job.Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := handover{j.Key, j.Cause.EventID}
	h := c.seen[of]
	if time.Since(h.since) > circleWithin {
		h = handovers{since: time.Now()}
	}
	if h.n++; h.n > circleFrom {
		delete(c.seen, of)
		o := job.Bury(reasonAliasCircle, fmt.Errorf("each is another name of the other: %s and %s", j.ID, id))
		return &o
	}
	if c.seen == nil || len(c.seen) >= onceMoreLimit {
		c.seen = map[handover]handovers{}
	}
	c.seen[of] = h
	return nil
}
