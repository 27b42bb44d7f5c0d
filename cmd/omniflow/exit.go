package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitFailed    = 1 // something went wrong, or the service refused
	exitUsage     = 2 // the command was called wrongly
	exitAttention = 3 // somebody should look: at what status --check found, or at what sync could not do
)

// exitError is an error with an exit code of its own.
type exitError struct {
	code int
	err  error
}

// Error returns the text of the cause.
func (e *exitError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *exitError) Unwrap() error { return e.err }

// usage is an error of whoever called the command.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// exitCode is what the process ends with.
func exitCode(err error) int {
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	return exitFailed
}

// watchUsage wraps every command below c, so that begun tells whether any has begun: what fails
// before is the fault of whoever called it.
func watchUsage(c *cobra.Command, begun *bool) {
	if work := c.RunE; work != nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			*begun = true
			return work(cmd, args)
		}
	}
	for _, below := range c.Commands() {
		watchUsage(below, begun)
	}
}
