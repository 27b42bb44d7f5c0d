// Command omniflow keeps Flow Retail in agreement with Omnium.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"

	"github.com/omniflow/omniflow/internal/reconcile"
)

func main() {
	silence()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly end; after it a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "omniflow: "+err.Error())
		os.Exit(exitCode(err))
	}
}

// silence ends what libraries print by themselves, which quotes what they were given: net/http an answer
// that nobody has asked for, OpenTelemetry a variable of the environment that it cannot read. What
// matters of it comes back as an error.
func silence() {
	log.SetOutput(io.Discard)
	otel.SetLogger(logr.Discard())
}

// run is the whole program: tests call it as the shell would. It returns when the command is done or
// ctx has ended and everything is stopped in order.
func run(
	ctx context.Context, args []string, getenv func(string) (string, bool), stdout, stderr io.Writer,
) error {
	return execute(ctx, args, &environment{getenv: getenv, stdin: os.Stdin, stdout: stdout, stderr: stderr})
}

// execute is run with a world of the caller's.
func execute(ctx context.Context, args []string, env *environment) error {
	root := newRoot(env)
	root.SetArgs(args)
	root.SetOut(env.stdout)
	root.SetErr(env.stderr)
	begun := false
	watchUsage(root, &begun)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !begun {
		return usage("%w\nUsage: %s\nSee '%s --help'.", err, cmd.UseLine(), cmd.CommandPath())
	}
	return err
}

// environment is what a command has of the world around the process.
type environment struct {
	getenv         func(string) (string, bool)
	stdin          io.Reader
	stdout, stderr io.Writer
	// terminal reports whether a person is at the other end of a stream; nil means that the operating
	// system is asked.
	terminal func(stream any) bool
	// lookEvery is how often a command that waits asks the service; zero means once a second.
	lookEvery time.Duration
	// mapProduct replaces the product mapping; nil means the real one. Tests break a rule with it.
	mapProduct reconcile.MapProduct
}

// shows reports whether a person is at the other end of a stream.
func (e *environment) shows(stream any) bool {
	if e.terminal != nil {
		return e.terminal(stream)
	}
	return isTerminal(stream)
}
