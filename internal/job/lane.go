package job

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
