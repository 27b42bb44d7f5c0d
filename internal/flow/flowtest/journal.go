package flowtest

import (
	"encoding/json"
	"time"
)

// Push is a write as the journal keeps it, whatever became of it. Request.At is when it arrived.
type Push struct {
	Request
	Body json.RawMessage
	// Status is what was answered, also when the reply was lost; 0 when nothing was.
	Status int
	// Effect numbers the writes that were executed in the order in which they took effect, from 1. It is 0
	// for one that changed nothing.
	Effect int64
	// End is when it was over; zero while it is not.
	End time.Time
	// GaveUp is when its client went away before the end; zero when it did not.
	GaveUp time.Time
}

// journal is guarded by the watch.
type journal struct {
	pushes  []*Push
	open    map[int64]*Push // by number of the request
	effects int64
}

func newJournal() journal { return journal{open: map[int64]*Push{}} }

func (j *journal) begin(p Push) {
	j.pushes = append(j.pushes, &p)
	j.open[p.Seq] = &p
}

func (j *journal) effect(seq int64) {
	if p := j.open[seq]; p != nil {
		j.effects++
		p.Effect = j.effects
	}
}

func (j *journal) end(seq int64, status int, at time.Time) {
	if p := j.open[seq]; p != nil {
		p.Status, p.End = status, at
		delete(j.open, seq)
	}
}

// abandoned notices that the client of a request went away.
func (w *watch) abandoned(seq int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.journal.open[seq]; p != nil && p.GaveUp.IsZero() {
		p.GaveUp = w.options.Now()
	}
}

// Journal returns every write, in the order of arrival, when Options.Journal asked for it. The caller
// owns the slice but not the bodies.
func (s *Server) Journal() []Push {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	list := make([]Push, 0, len(s.watch.journal.pushes))
	for _, p := range s.watch.journal.pushes {
		list = append(list, *p)
	}
	return list
}
