package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/omniflow/omniflow/internal/ledger"
)

// everyCommand visits the commands that do something, below root.
func everyCommand(root *cobra.Command, visit func(*cobra.Command)) {
	for _, c := range root.Commands() {
		if !c.HasSubCommands() || c.Flags().HasFlags() {
			visit(c)
		}
		everyCommand(c, visit)
	}
}

// printsNoData are the commands that have nothing to say to a program.
var printsNoData = []string{"omniflow serve", "omniflow demo", "omniflow healthcheck"}

// TestEveryCommandHelps wants every command to say what it does, to show it, and to print for programs too.
func TestEveryCommandHelps(t *testing.T) {
	t.Parallel()
	root := newRoot(&environment{getenv: someValue})
	if !strings.Contains(root.Long, "Exit codes:") {
		t.Errorf("omniflow --help says %q, want the exit codes", root.Long)
	}
	everyCommand(root, func(c *cobra.Command) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q, want a line without a full stop", c.CommandPath(), c.Short)
		}
		if !strings.Contains(c.Example, c.CommandPath()) {
			t.Errorf("%s: example %q, want one that calls it", c.CommandPath(), c.Example)
		}
		for line := range strings.Lines(c.Example) {
			if m := command.FindStringSubmatch(line); m != nil {
				checkCommand(t, c.CommandPath()+" --help", strings.Fields(m[1]))
			}
		}
		if c.Flags().Lookup("json") == nil && !slices.Contains(printsNoData, c.CommandPath()) {
			t.Errorf("%s has no --json", c.CommandPath())
		}
	})
}

func TestCommandsPrintForPrograms(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, args := range [][]string{
		{"version"}, {"flow", "routes"}, {"flow", "check", "-c", h.config}, {"config", "check", "-c", h.config},
	} {
		stdout, _, err := h.command(append(args, "--json")...)
		var v map[string]any
		if broken := json.Unmarshal([]byte(stdout), &v); err != nil || broken != nil || len(v) == 0 {
			t.Errorf("%s --json = %v, %v and prints %s, want an object", strings.Join(args, " "), err, broken, stdout)
		}
	}
}

// complete is what a shell is offered for the last argument.
func (p *person) complete(args ...string) []string {
	p.Helper()
	p.wantCode(p.call(nil, append([]string{"__complete"}, args...)...), 0)
	offered := []string{}
	for line := range strings.Lines(p.stdout.String()) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, ":") {
			offered = append(offered, line)
		}
	}
	return offered
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	h := newHarness(t) // nobody runs synchronisations
	h.env[tokenVar] = adminToken
	r := h.start()
	p := &person{harness: h}
	syncs := ledger.New(h.redis.Client())
	for id, state := range map[string]ledger.SyncState{"running": ledger.SyncListing, "over": ledger.SyncDone} {
		s := ledger.Sync{ID: id, Tenant: sweden, Created: time.Now()}
		err := syncs.CreateSync(t.Context(), s)
		s.State = state
		if err := errors.Join(err, syncs.SaveSync(t.Context(), s)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ args, want []string }{
		{[]string{"dead-letters", "list", "--url", r.url, "--tenant", ""}, []string{"fjell_no", "fjell_se"}},
		{[]string{"sync", "--url", r.url, "-t", "fjell_s"}, []string{"fjell_se"}},
		{[]string{"sync", "cancel", "--url", r.url, "-t", "fjell_se", ""}, []string{"running"}},
		{[]string{"sync", "cancel", "--url", r.url, ""}, []string{}}, // of which tenant?
		{[]string{"dead-letters", "list", "--resource", "pro"}, []string{"product"}},
		{[]string{"dead-letters", "show", "su"}, []string{"supplier"}},
		{[]string{"dead-letters", "show", "supplier", ""}, []string{}},
		{[]string{"sync", "--resources", "product,pri"}, []string{"product,price"}},
		{[]string{"sync", "--resources", "product,p"}, []string{"product,price", "product,purchase_order"}},
		// Nothing to ask, or nobody who answers: no names, and no error in the middle of a command line.
		{[]string{"dead-letters", "list", "--url", "http://127.0.0.1:1", "--tenant", ""}, []string{}},
		{[]string{"dead-letters", "list", "--url", r.url, "--token", "wrong", "--tenant", ""}, []string{}},
	} {
		if got := p.complete(tt.args...); !slices.Equal(got, tt.want) {
			t.Errorf("completion of %q = %q, want %q", tt.args, got, tt.want)
		}
	}
	r.stop()
}

func TestUnknownNamesAreAnsweredWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.env[tokenVar] = adminToken
	r := h.start()
	p := &person{harness: h}
	for _, tt := range []struct{ args, want string }{
		{"dead-letters list -t nobody", "There is no such tenant; there are fjell_no, fjell_se."},
		{"sync -t nobody", "There is no such tenant; there are fjell_no, fjell_se."},
		{"dead-letters show -t fjell_no prodct a", "There is no such resource; there are product, price,"},
	} {
		err := p.call(r, strings.Fields(tt.args)...)
		p.wantCode(err, exitFailed)
		if !strings.Contains(errorText(err), tt.want) {
			t.Errorf("%s = %v, want %q", tt.args, err, tt.want)
		}
	}
	err := p.call(nil, "healthcheck")
	p.wantCode(err, exitUsage)
	if !strings.Contains(errorText(err), "omniflow healthcheck URL") {
		t.Errorf("healthcheck without a URL = %v, want how it is called", err)
	}
	r.stop()
}

// TestColours: programs, dumb terminals and people who do not want any get none.
func TestColours(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env      map[string]string
		terminal bool
		want     painter
	}{
		{map[string]string{"TERM": "xterm"}, true, true},
		{map[string]string{"TERM": "xterm"}, false, false},
		{map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, true, false},
		{map[string]string{"TERM": "xterm", "NO_COLOR": ""}, true, true},
		{map[string]string{"TERM": "dumb"}, true, false},
	} {
		env := &environment{
			getenv:   func(name string) (string, bool) { v, ok := tt.env[name]; return v, ok },
			terminal: func(any) bool { return tt.terminal },
		}
		if got := newPainter(env); got != tt.want {
			t.Errorf("colours with %v on a terminal (%t) = %t, want %t", tt.env, tt.terminal, got, tt.want)
		}
	}
}
