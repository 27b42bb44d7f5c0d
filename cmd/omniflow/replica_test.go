package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"github.com/omniflow/omniflow/internal/tenant"
)

// replica is one running omniflow: within the test's process or in one of its own.
type replica struct {
	*harness

	url string
	log *logbook
	// ask tells it to stop in order, as SIGTERM does; ended is closed when it has stopped, and err
	// says how.
	ask   func()
	ended chan struct{}
	err   error
	// process is nil within the test's own.
	process *os.Process
}

// start runs a replica within the test's process and returns when it takes requests.
func (h *harness) start() *replica {
	h.Helper()
	// The end of the test must be an orderly one too, so it is not t.Context that ends the replica.
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.Context()))
	r := h.newReplica()
	r.ask = cancel
	go func() {
		defer close(r.ended)
		r.err = run(ctx, []string{"serve", "-c", h.config}, h.getenv, r.heard, r.log)
	}()
	r.wantListening()
	return r
}

// spawn runs a replica as a process of its own and returns when it takes requests.
func (h *harness) spawn() *replica {
	h.Helper()
	r := h.newReplica()
	cmd := exec.Command(os.Args[0], "serve", "-c", h.config)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	for name, value := range h.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = r.heard, r.log
	if err := cmd.Start(); err != nil {
		h.Fatalf("start %s: %v", os.Args[0], err)
	}
	r.process = cmd.Process
	r.ask = func() { _ = r.process.Signal(syscall.SIGTERM) } // it may have ended
	go func() {
		defer close(r.ended)
		r.err = cmd.Wait()
	}()
	r.wantListening()
	return r
}

func (h *harness) newReplica() *replica {
	r := &replica{
		harness: h, log: &logbook{heard: h.heard, addresses: make(chan string, 1)}, ended: make(chan struct{}),
	}
	h.Cleanup(func() {
		h.flow.Close() // a hung Flow must not hold up the end
		if r.process != nil {
			_ = r.process.Signal(syscall.SIGCONT) // a failed test may have left it frozen
		}
		r.ask()
		<-r.ended
	})
	return r
}

func (r *replica) wantListening() {
	r.Helper()
	select {
	case address := <-r.log.addresses:
		r.url = "http://" + address
	case <-r.ended:
		r.Fatalf("serve ended with %v before it listened:\n%s", r.err, r.heard)
	}
}

// stop ends the replica in order and wants it to call that a success.
func (r *replica) stop() {
	r.Helper()
	r.ask()
	receive(r.harness, "serve ends when asked to", r.ended)
	if r.err != nil {
		r.Errorf("serve = %v after it was asked to stop, want nil", r.err)
	}
}

// kill ends the replica's process at once, as a crash of the machine would.
func (r *replica) kill() {
	r.Helper()
	if err := r.process.Kill(); err != nil {
		r.Fatalf("kill: %v", err)
	}
	receive(r.harness, "the killed process is gone", r.ended)
}

// entry is what tests read of a log line.
type entry struct {
	Level    string
	Message  string
	Error    string
	Address  string
	Tenant   tenant.ID
	ObjectID string `json:"object_id"`
	EventID  string `json:"event_id"`
	Attempt  int
	Outcome  string
	Settled  string
	Result   string
	Reason   string
	Writes   int
}

// logbook is a replica's log. It is an io.Writer and safe for concurrent use.
type logbook struct {
	heard     io.Writer
	addresses chan string // gets the address from the line that says it

	mu      sync.Mutex
	partial []byte
	entries []entry
}

// Write implements io.Writer.
func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.partial = append(l.partial, p...)
	for {
		line, rest, whole := bytes.Cut(l.partial, []byte("\n"))
		if !whole {
			break
		}
		var e entry
		if json.Unmarshal(line, &e) == nil {
			l.entries = append(l.entries, e)
			if e.Message == "listening" {
				l.addresses <- e.Address
			}
		}
		l.partial = rest
	}
	return l.heard.Write(p)
}

// find returns the entries that match, oldest first.
func (l *logbook) find(match func(entry) bool) []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []entry
	for _, e := range l.entries {
		if match(e) {
			found = append(found, e)
		}
	}
	return found
}

// runs returns the finished runs of jobs that match.
func (l *logbook) runs(match func(entry) bool) []entry {
	return l.find(func(e entry) bool { return e.Message == "job finished" && match(e) })
}

// wantRuns waits until n runs that match are in the log: a run is logged after its job is settled.
func (r *replica) wantRuns(n int, match func(entry) bool) []entry {
	r.Helper()
	var found []entry
	r.eventually("runs are in the log", func() error {
		if found = r.log.runs(match); len(found) < n {
			return fmt.Errorf("%d runs, want %d", len(found), n)
		}
		return nil
	})
	return found
}

func ofTenant(id tenant.ID) func(entry) bool {
	return func(e entry) bool { return e.Tenant == id }
}

func ofEvent(id string) func(entry) bool {
	return func(e entry) bool { return e.EventID == id }
}

// drained is content when no job waits or runs for any tenant. What was answered 202 is a job until
// it is done, so that it holds only when everything is.
func (h *harness) drained() error {
	for _, t := range []tenant.ID{norway, sweden} {
		s, err := h.jobs.Stats(h.Context(), t)
		if err != nil {
			return err
		}
		if s.Ready+s.Delayed+s.Leased > 0 {
			return fmt.Errorf("queue of %s: %+v", t, s)
		}
	}
	return nil
}

// settled waits until nothing is left to do, and wants Flow to agree then.
func (h *harness) settled(excused ...string) {
	h.Helper()
	h.eventually("all jobs are done", h.drained)
	if err := h.disagreement(excused...); err != nil {
		h.Errorf("after all jobs were done: %v", err)
	}
}
