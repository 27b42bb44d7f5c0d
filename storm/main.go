package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/omniflow/omniflow/storm/plan"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	from, to uint64 // seeds
	size     plan.Size
	report   string
	race     bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 3 && args[0] == roleArg {
		return runRole(ctx, args[1], args[2], stdout)
	}
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "omniflow-storm-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is for the system to clean
	binary, err := buildService(ctx, dir, s.race)
	if err != nil {
		return err
	}
	var verdicts []verdict
	var bad []string
	for seed := s.from; seed <= s.to; seed++ {
		v, err := weather(ctx, binary, plan.New(seed, shopOf(), s.size), stderr)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(stderr, "seed %d: %v\n", seed, err)
		}
		if err != nil || !v.good() {
			bad = append(bad, strconv.FormatUint(seed, 10))
		}
		verdicts = append(verdicts, v)
	}
	table := report(verdicts)
	fmt.Fprint(stdout, table)
	if s.report != "" {
		err = os.WriteFile(s.report, []byte(table), 0o644) //nolint:gosec // for everybody to read
	}
	if len(bad) > 0 {
		err = errors.Join(err, fmt.Errorf("seeds that are not good: %s", strings.Join(bad, ", ")))
	}
	return err
}

// weather plays one plan in a world of its own.
func weather(ctx context.Context, binary string, p plan.Plan, out io.Writer) (v verdict, err error) {
	began := time.Now()
	say := func(phase string) {
		fmt.Fprintf(out, "seed %-4d %5.1fs  %s\n", p.Seed, time.Since(began).Seconds(), phase)
	}
	v.Seed = p.Seed
	say(fmt.Sprintf("opening: %d changes, %d posts, %d faults, everysec %t, lag %v", len(p.Changes), len(p.Posts), len(p.Faults), p.Everysec, p.Lag))
	w, err := openWorld(ctx, binary, p)
	defer w.close()
	if err != nil {
		return v, err
	}
	s := &storm{world: w, plan: p, say: say, count: counts{Faults: map[plan.FaultKind]int{}}}
	say("first load")
	wait(ctx, p.Lag) // what was there before the shop opened is no change
	if err := s.firstLoad(ctx); err != nil {
		return v, err
	}
	say("storm")
	calm := time.Now()
	err = s.rage(ctx)
	raged := time.Since(calm)
	var letters map[string]int
	if err == nil {
		say("quiesce")
		calm = time.Now()
		letters, err = s.quiesce(ctx)
	}
	settled := time.Since(calm)
	said, journal, failed := s.judge(ctx)
	if ctx.Err() != nil {
		return v, ctx.Err()
	}
	if failed == nil {
		v = said
	}
	v.Letters, v.Raged, v.Settled = letters, raged, settled
	err = errors.Join(err, failed)
	if err != nil || !v.good() {
		s.explain(v, journal, out)
		return v, err
	}
	say(fmt.Sprintf("good: %+v, %d writes, fates %v, letters %v, kills %d, settled in %.1fs",
		v.Events, v.Writes, v.Fates, v.Letters, v.Counts.Kills, v.Settled.Seconds()))
	return v, nil
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var seeds string
	f := flag.NewFlagSet("storm", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&seeds, "seeds", "1..20", "`seeds` to play: one, or first..last")
	f.DurationVar(&s.size.Length, "length", 12*time.Second, "how long it storms")
	f.IntVar(&s.size.Changes, "changes", 400, "how many changes there are, or some more")
	f.IntVar(&s.size.Faults, "faults", 16, "how many faults there are")
	f.StringVar(&s.report, "report", "", "write the table into this `file`, too")
	f.BoolVar(&s.race, "race", false, "build the service with the race detector")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	first, last, many := strings.Cut(seeds, "..")
	if !many {
		last = first
	}
	var errFrom, errTo error
	s.from, errFrom = strconv.ParseUint(first, 10, 64)
	s.to, errTo = strconv.ParseUint(last, 10, 64)
	return s, errors.Join(errFrom, errTo)
}

// buildService compiles the binary that users run.
func buildService(ctx context.Context, dir string, race bool) (string, error) {
	path := filepath.Join(dir, "omniflow")
	args := []string{"build", "-C", "..", "-o", path}
	if race {
		args = append(args, "-race")
	}
	build := exec.CommandContext(ctx, "go", append(args, "./cmd/omniflow")...) //nolint:gosec // ours
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the service, from the directory storm: %w: %s", err, out)
	}
	return path, nil
}
