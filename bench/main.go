package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	rounds   int
	window   time.Duration // of one intake measurement
	drained  int           // jobs of one drain measurement
	short    bool
	strict   bool
	profiles string // directory; empty means no profiles
	only     []string
	service  string // path of the real service's binary
}

// bench is one part of the whole: it adds its rows to the table.
type bench struct {
	name string
	run  func(context.Context, settings, *table) error
	// whole says that it runs the real service.
	whole bool
}

func benches() []bench {
	return []bench{
		{"intake", intake, false},
		{"drain", drain, false},
		{"slowflow", slowFlow, false},
		{"pickup", pickup, true},
		{"redelivery", redelivery, true},
		{"storm", storm, true},
		{"neighbour", neighbour, true},
		{"memory", memory, false},
		{"sync", fullSync, true},
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 3 && args[0] == childArg {
		return runRole(ctx, args[1], args[2], stdout)
	}
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(benches(), func(b bench) bool {
		return len(s.only) > 0 && !slices.Contains(s.only, b.name)
	})
	t := newTable()
	started := time.Now()
	if slices.ContainsFunc(chosen, func(b bench) bool { return b.whole }) {
		dir, err := os.MkdirTemp("", "omniflow-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if s.service, err = buildService(ctx, dir); err != nil {
			return err
		}
	}
	for _, b := range chosen {
		fmt.Fprintf(stderr, "%5.1fs %s\n", time.Since(started).Seconds(), b.name)
		if err := b.run(ctx, s, t); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			t.add(row{name: b.name, void: err.Error()})
		}
	}
	fmt.Fprintf(stderr, "%5.1fs done\n", time.Since(started).Seconds())
	t.write(stdout)
	return t.verdict(s.strict)
}

// buildService compiles the binary that users run.
func buildService(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "omniflow")
	build := exec.CommandContext(ctx, "go", "build", "-C", "..", "-o", path, "./cmd/omniflow")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the service, from the directory bench: %w: %s", err, out)
	}
	return path, nil
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&s.rounds, "rounds", 3, "interleaved rounds per comparison")
	f.BoolVar(&s.short, "quick", false, "two minutes instead of ten: shorter windows")
	f.BoolVar(&s.strict, "strict", false, "fail when a bar is not met")
	f.StringVar(&s.profiles, "profiles", "", "write CPU profiles of the service into this `directory`")
	f.StringVar(&only, "only", "", "comma-separated `parts`: intake, drain, slowflow, pickup, redelivery, storm, neighbour, memory, sync")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if only != "" {
		s.only = strings.Split(only, ",")
	}
	s.window, s.drained = 3*time.Second, 20_000
	if s.short {
		s.window, s.drained = 600*time.Millisecond, 4_000
	}
	return s, nil
}
