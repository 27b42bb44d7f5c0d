package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/omniflow/omniflow/storm/plan"
)

// TestMain lets the test binary be the fakes, too.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == roleArg {
		if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestShortStorm is a small one: make storm plays those that are worth it.
func TestShortStorm(t *testing.T) {
	t.Parallel()
	const seed = 1
	binary, err := buildService(t.Context(), t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	p := plan.New(seed, shopOf(), plan.Size{Length: 4 * time.Second, Changes: 120, Faults: 6})
	v, err := weather(t.Context(), binary, p, t.Output())
	if err != nil || !v.good() {
		t.Errorf("the storm of seed %d: %v, want a good one; its history is above", seed, err)
	}
}
