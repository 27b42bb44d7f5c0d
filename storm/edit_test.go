package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/demo"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/storm/plan"
)

func TestStampReplacesTheVersionBefore(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Kopp": "Kopp v7", "Kopp v6": "Kopp v7", "Hekla vandringsbyxa v12": "Hekla vandringsbyxa v7",
	} {
		if got := stamp(name, 7); got != want || versionIn([]byte(got)) != 7 {
			t.Errorf("stamp(%q, 7) = %q, version %d, want %q, version 7", name, got, versionIn([]byte(got)), want)
		}
	}
}

func TestRaised(t *testing.T) {
	t.Parallel()
	for n, want := range map[omnium.Number]omnium.Number{"199.50": "200.50", "9": "10", "-1": "0", "none": "none"} {
		if got := raised(n); got != want {
			t.Errorf("raised(%s) = %s, want %s", n, got, want)
		}
	}
}

// Every change of every plan can be made, and changes something.
func TestChangesCanBeMade(t *testing.T) {
	t.Parallel()
	shop := demo.NewOmnium("", time.Now())
	e := editor{shop}
	before := text(t, shop)
	for _, c := range plan.New(1, shopOf(), plan.Size{Length: time.Second, Changes: 120}).Changes {
		event, err := e.apply(c)
		if err != nil || len(event) == 0 {
			t.Errorf("apply(%+v) = %s, %v, want an event", c, event, err)
		}
		after := text(t, shop)
		quiet := c.Kind == plan.Tell || c.Kind == plan.Noise
		if (before == after) != quiet {
			t.Errorf("apply(%+v) changed something: %t, want %t", c, quiet, !quiet)
		}
		before = after
	}
}

// text is everything that Omnium has.
func text(t *testing.T, shop *omniumtest.Server) string {
	t.Helper()
	raw, err := json.Marshal(demo.BooksOf(shop))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
