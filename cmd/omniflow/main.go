// Command omniflow keeps Flow Retail in agreement with Omnium.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/omniflow/omniflow/internal/reconcile"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly end; after it a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "omniflow: "+err.Error())
		os.Exit(1)
	}
}

// run is the whole program: tests call it as the shell would. It returns when the command is done or
// ctx has ended and everything is stopped in order.
func run(
	ctx context.Context, args []string, getenv func(string) (string, bool), stdout, stderr io.Writer,
) error {
	root := newRoot(&environment{getenv: getenv, stdout: stdout, stderr: stderr})
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return root.ExecuteContext(ctx)
}

// environment is what a command has of the world around the process.
type environment struct {
	getenv         func(string) (string, bool)
	stdout, stderr io.Writer
	// mapProduct replaces the product mapping; nil means the real one. Tests break a rule with it.
	mapProduct reconcile.MapProduct
}
