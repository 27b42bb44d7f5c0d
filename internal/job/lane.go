package job

import "context"

// Lane is how urgent a job is. Lanes change the order of work, never whether it is done.
type Lane int

// The lanes. The zero value is what events ask for.
const (
	Live Lane = iota // something changed a moment ago
	Bulk             // catch-up: it may wait for what is live, but is never starved by it
)

// String returns live or bulk.
func (l Lane) String() string {
	if l == Bulk {
		return "bulk"
	}
	return "live"
}

type laneKey struct{}

// InLane returns a context that says in which lane its work is, for what is shared by all lanes and
// must not make live work wait for bulk work.
func InLane(ctx context.Context, l Lane) context.Context {
	return context.WithValue(ctx, laneKey{}, l)
}

// LaneOf returns the lane that InLane has put into a context; Live when it has not.
func LaneOf(ctx context.Context) Lane {
	l, _ := ctx.Value(laneKey{}).(Lane)
	return l
}
