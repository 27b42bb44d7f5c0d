package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// tenantStatus is a tenant as the admin API shows it.
type tenantStatus struct {
	Tenant  string
	Markets []string
	Queue   struct {
		Ready, Delayed, Leased, Dead int
		OldestSeconds                float64
	}
	Breaker           string
	Paused, Suspended bool
	SuspendedReason   string
	LastSuccess       *time.Time
}

// health says in words how a tenant is doing, and whether somebody should look.
func (t tenantStatus) health() (text, colour string) {
	switch {
	case t.Suspended:
		return "suspended: " + t.SuspendedReason, red
	case t.Breaker == "open":
		return "Flow does not answer", red
	case t.Paused:
		return "paused", yellow
	case t.Breaker == "half-open":
		return "trying whether Flow answers again", yellow
	case t.Queue.Dead > 0:
		return fmt.Sprintf("%d dead letters", t.Queue.Dead), yellow
	default:
		return "ok", green
	}
}

func newStatus(env *environment) *cobra.Command {
	var asJSON, check bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show how the tenants of a running service are doing",
		Example: `  omniflow status
  omniflow status --url https://omniflow.example.com --json
  omniflow status --check || echo "somebody should look"`,
		Args: cobra.NoArgs,
	}
	service := remoteFlags(c, env)
	jsonFlag(c, &asJSON)
	c.Flags().BoolVar(&check, "check", false, fmt.Sprintf("exit with %d when a tenant needs a look", exitAttention))
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		var list struct{ Items []tenantStatus }
		raw, err := service.get(cmd.Context(), "/tenants", nil, &list)
		if err != nil {
			return err
		}
		if err := printStatus(env, list.Items, raw, asJSON); err != nil {
			return err
		}
		for _, t := range list.Items {
			if text, colour := t.health(); check && colour != green {
				return &exitError{exitAttention, errors.New(t.Tenant + ": " + text)}
			}
		}
		return nil
	}
	return c
}

func printStatus(env *environment, tenants []tenantStatus, raw json.RawMessage, asJSON bool) error {
	if asJSON {
		return printJSON(env, raw)
	}
	paint := newPainter(env)
	w := tabwriter.NewWriter(env.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "TENANT\tMARKETS\tREADY\tDELAYED\tLEASED\tDEAD\tOLDEST\tLAST SUCCESS\tSTATE")
	for _, t := range tenants {
		text, colour := t.health()
		oldest := time.Duration(t.Queue.OldestSeconds * float64(time.Second)).Round(10 * time.Millisecond)
		// The coloured column is the last one: colours have a width for the table.
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\t%s\n", t.Tenant, strings.Join(t.Markets, ","),
			t.Queue.Ready, t.Queue.Delayed, t.Queue.Leased, t.Queue.Dead, oldest, when(t.LastSuccess),
			paint.in(colour, text))
	}
	return w.Flush()
}

// when is a time for people; a dash when there is none.
func when(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
