package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/mattn/go-isatty"

	"github.com/omniflow/omniflow/internal/demo"
)

// summarise prints what was compared and what went over the wires.
func summarise(out io.Writer, r demo.Report, t demo.Totals, took time.Duration) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\n\t")
	for _, tenant := range r.Tenants {
		fmt.Fprintf(w, "%s\t", tenant.Tenant)
	}
	fmt.Fprintln(w)
	for _, k := range demo.Kinds() {
		fmt.Fprintf(w, "%s\t", k)
		for _, tenant := range r.Tenants {
			fmt.Fprintf(w, "%d\t", tenant.Compared[k])
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "differ\t")
	for _, tenant := range r.Tenants {
		fmt.Fprintf(w, "%d\t", tenant.Differ)
	}
	fmt.Fprintln(w)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print summary: %w", err)
	}
	a := t.Answers
	_, err := fmt.Fprintf(out, `
  events     %d in %d posts, of which %d refused
             %d accepted, %d coalesced, %d duplicates, %d ignored, %d unrouted
  requests   %d to Omnium, %d to Flow
  latency    webhook to Flow, when idle: p50 %s, p99 %s
  elapsed    %s
`, a.Events(), a.Requests, a.Refused, a.Accepted, a.Coalesced, a.Duplicates, a.Ignored, a.Unrouted,
		t.OmniumRequests, t.FlowRequests, t.Median.Round(100*time.Microsecond),
		t.P99.Round(100*time.Microsecond), took.Round(100*time.Millisecond))
	return err
}

// newProgress updates lines in place on a terminal, and prints finished lines elsewhere.
func newProgress(env *environment) *demoSteps {
	term, _ := env.getenv("TERM")
	return &demoSteps{out: env.stdout, inPlace: isTerminal(env.stdout) && term != "dumb"}
}

// isTerminal reports whether a person is at the other end of a stream.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}

// demoSteps prints one line per step.
type demoSteps struct {
	out       io.Writer
	inPlace   bool
	at, title string
	shown     time.Time
}

const (
	titleWidth = 36
	lineWidth  = 79
	// redrawEvery keeps a terminal from flickering.
	redrawEvery = 50 * time.Millisecond
)

// Begin implements demo.Progress.
func (s *demoSteps) Begin(at, title string) {
	s.at, s.title, s.shown = at, title, time.Time{}
	s.draw("")
}

// Note implements demo.Progress.
func (s *demoSteps) Note(text string) { s.draw(text) }

func (s *demoSteps) draw(text string) {
	if !s.inPlace || s.title == "" || time.Since(s.shown) < redrawEvery {
		return
	}
	s.shown = time.Now()
	line := fmt.Sprintf("  … %s  %s  %s", s.at, padded(s.title, titleWidth), text)
	fmt.Fprint(s.out, "\r\x1b[2K"+truncated(line, lineWidth))
}

// End implements demo.Progress.
func (s *demoSteps) End(result string, err error, took time.Duration) {
	mark := "✓"
	if err != nil {
		mark, result = "✗", ""
	}
	if errors.Is(err, context.Canceled) {
		mark, result = "–", "interrupted"
	}
	if wrong, ok := errors.AsType[*demo.DisagreementError](err); ok {
		result = fmt.Sprintf("differences: %d", len(wrong.Report.Differences))
	}
	if s.inPlace {
		fmt.Fprint(s.out, "\r\x1b[2K")
	}
	fmt.Fprintf(s.out, "  %s %s  %s %5.2f s  %s\n", mark, s.at, padded(s.title, titleWidth), took.Seconds(), result)
	s.title = ""
}

func padded(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

func truncated(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width])
}

// demoLog keeps the end of the service's log, for the case that something goes wrong.
type demoLog struct {
	mu    sync.Mutex
	lines []string
}

const demoLogLines = 10

// Write implements io.Writer; the logger writes whole lines.
func (l *demoLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == demoLogLines {
		l.lines = l.lines[1:]
	}
	l.lines = append(l.lines, string(p))
	return len(p), nil
}

// show prints the lines, if any.
func (l *demoLog) show(out io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) > 0 {
		fmt.Fprintf(out, "\nThe last warnings of the service:\n%s\n", strings.Join(l.lines, ""))
	}
}
