package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
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
}

// bench is one part of the whole: it adds its rows to the table.
type bench struct {
	name string
	run  func(context.Context, settings, *table) error
}

func benches() []bench {
	return []bench{
		{"intake", intake},
		{"drain", drain},
		{"slowflow", slowFlow},
		{"pickup", pickup},
		{"redelivery", redelivery},
		{"storm", storm},
		{"neighbour", neighbour},
		{"memory", memory},
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
	t := newTable()
	started := time.Now()
	for _, b := range benches() {
		if len(s.only) > 0 && !slices.Contains(s.only, b.name) {
			continue
		}
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

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&s.rounds, "rounds", 3, "interleaved rounds per comparison")
	f.BoolVar(&s.short, "quick", false, "a minute instead of four: shorter windows")
	f.BoolVar(&s.strict, "strict", false, "fail when a bar is not met")
	f.StringVar(&s.profiles, "profiles", "", "write CPU profiles of the service into this `directory`")
	f.StringVar(&only, "only", "", "comma-separated `parts`: intake, drain, slowflow, pickup, redelivery, storm, neighbour, memory")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if only != "" {
		s.only = strings.Split(only, ",")
	}
	s.window, s.drained = 3*time.Second, 20_000
	if s.short {
		s.window, s.drained = 800*time.Millisecond, 6_000
	}
	return s, nil
}
