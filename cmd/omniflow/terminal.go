package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// The colours of a terminal.
const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	green  = "\x1b[32m"
	plain  = "\x1b[0m"
)

// painter colours text for people, and leaves it alone for programs.
type painter bool

// newPainter colours on a terminal that can show it, unless NO_COLOR is set and not empty (no-color.org).
func newPainter(env *environment) painter {
	never, _ := env.getenv("NO_COLOR")
	term, _ := env.getenv("TERM")
	return painter(never == "" && term != "dumb" && env.shows(env.stdout))
}

func (p painter) in(colour, text string) string {
	if !p {
		return text
	}
	return colour + text + plain
}

// jsonFlag adds the flag of commands that can print for programs.
func jsonFlag(c *cobra.Command, asJSON *bool) {
	c.Flags().BoolVar(asJSON, "json", false, "print JSON")
}

// printJSON prints v, indented, on the standard output.
func printJSON(env *environment, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err = fmt.Fprintf(env.stdout, "%s\n", raw)
	return err
}

// confirm asks a person whether to go on. When nobody can be asked it is an error, not a no.
func confirm(ctx context.Context, env *environment, question string) (bool, error) {
	if !env.shows(env.stdin) {
		return false, usage("nobody can be asked here: give --yes to go on without")
	}
	fmt.Fprintf(env.stderr, "%s [y/N] ", question)
	answers := make(chan string, 1)
	go func() { // which is left behind when the person interrupts instead of answering
		line, _ := bufio.NewReader(env.stdin).ReadString('\n')
		answers <- line
	}()
	select {
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case line := <-answers:
		answer := strings.ToLower(strings.TrimSpace(line))
		return answer == "y" || answer == "yes", nil
	}
}

// bar shows how far long work has got, on a terminal.
type bar struct {
	out     io.Writer
	visible bool
	title   string
	began   time.Time
}

func newBar(env *environment, title string) *bar {
	term, _ := env.getenv("TERM")
	return &bar{env.stderr, env.shows(env.stderr) && term != "dumb", title, time.Now()}
}

const barWidth = 30

// at draws the bar; the total may turn out to be too small.
func (b *bar) at(done, total int) {
	b.draw(done, total, fmt.Sprintf("%d of %d, %s", done, max(total, done, 1),
		time.Since(b.began).Round(time.Second)))
}

// draw is at with other words after the bar.
func (b *bar) draw(done, total int, text string) {
	total = max(total, done, 1)
	full := barWidth * done / total
	b.say(fmt.Sprintf("%s  [%s%s] %s", b.title,
		strings.Repeat("#", full), strings.Repeat(".", barWidth-full), text))
}

// say shows text where the bar is.
func (b *bar) say(text string) {
	if b.visible {
		fmt.Fprintf(b.out, "\r\x1b[2K%s", text)
	}
}

// end wipes the bar away.
func (b *bar) end() {
	if b.visible {
		fmt.Fprint(b.out, "\r\x1b[2K")
	}
}
