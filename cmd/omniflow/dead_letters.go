package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// deadLetter is a dead letter as the admin API shows it.
type deadLetter struct {
	Resource string    `json:"resource"`
	ID       string    `json:"id"`
	Reason   string    `json:"reason"`
	Detail   string    `json:"detail"`
	Attempts int       `json:"attempts"`
	DiedAt   time.Time `json:"diedAt"`
	Event    struct {
		ID     string     `json:"id"`
		Change string     `json:"change"`
		Time   *time.Time `json:"time"`
	} `json:"event"`
}

func newDeadLetters(env *environment) *cobra.Command {
	c := group("dead-letters", "Look at what failed in a running service, replay or discard it")
	c.AddCommand(newListDeadLetters(env), newShowDeadLetter(env),
		newBulk(env, bulkCommand{
			verb: "replay", past: "replayed",
			short: "Work on dead letters again",
			long:  "Makes the dead letters that match due now, with no attempts counted.",
		}),
		newBulk(env, bulkCommand{
			verb: "discard", past: "discarded",
			short: "Forget dead letters",
			long: "Forgets the dead letters that match. The objects are left as they are in Flow, until a " +
				"newer event names them.",
		}))
	return c
}

// tenantFlag adds the flag that names a tenant.
func tenantFlag(c *cobra.Command, tenant *string) {
	c.Flags().StringVarP(tenant, "tenant", "t", "", "tenant; may be left out when there is one only")
}

// resourceFlag adds the flag that names a kind of object, with completion.
func resourceFlag(c *cobra.Command, resource *string) {
	c.Flags().StringVar(resource, "resource", "", "only this kind of object, such as product")
	if err := c.RegisterFlagCompletionFunc("resource", completeResources); err != nil {
		panic(err) // the flag was added in the line above
	}
}

func newListDeadLetters(env *environment) *cobra.Command {
	var tenant, resource, reason string
	var limit int
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List dead letters, the youngest first",
		Example: `  omniflow dead-letters list --tenant fjell_no
  omniflow dead-letters list --tenant fjell_no --resource product --reason flow_refused_400 --json`,
		Args: cobra.NoArgs,
	}
	service := remoteFlags(c, env)
	tenantFlag(c, &tenant)
	resourceFlag(c, &resource)
	c.Flags().StringVar(&reason, "reason", "", "only letters with exactly this reason")
	c.Flags().IntVar(&limit, "limit", 50, "how many to show at most")
	jsonFlag(c, &asJSON)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if limit < 1 {
			return usage("--limit must be 1 or more")
		}
		named, err := service.onlyTenant(cmd.Context(), tenant)
		if err != nil {
			return err
		}
		query := url.Values{"resource": {resource}, "reason": {reason}}
		letters := []deadLetter{}
		more := true
		for more && len(letters) < limit {
			query.Set("limit", strconv.Itoa(min(200, limit-len(letters))))
			var page struct {
				Items      []deadLetter
				NextCursor string
			}
			if _, err := service.get(cmd.Context(), tenantPath(named, "dead-letters"), query, &page); err != nil {
				return err
			}
			letters = append(letters, page.Items...)
			query.Set("cursor", page.NextCursor)
			more = page.NextCursor != ""
		}
		if asJSON {
			return printJSON(env, map[string]any{"items": letters, "more": more})
		}
		return printLetters(env, named, letters, more)
	}
	return c
}

func printLetters(env *environment, tenant string, letters []deadLetter, more bool) error {
	if len(letters) == 0 {
		_, err := fmt.Fprintf(env.stdout, "%s has no dead letters that match.\n", tenant)
		return err
	}
	w := tabwriter.NewWriter(env.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "RESOURCE\tID\tREASON\tATTEMPTS\tDIED\tDETAIL")
	for _, d := range letters {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", d.Resource, harmless(d.ID), harmless(d.Reason), d.Attempts,
			when(&d.DiedAt), truncated(harmless(d.Detail), 60))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if more {
		fmt.Fprintf(env.stderr, "There may be more; --limit shows them.\n")
	}
	return nil
}

// harmless keeps text from other systems from moving a terminal's cursor.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}

func newShowDeadLetter(env *environment) *cobra.Command {
	var tenant string
	var asJSON bool
	c := &cobra.Command{
		Use:               "show RESOURCE ID",
		Short:             "Show one dead letter with everything that is known about it",
		Example:           `  omniflow dead-letters show --tenant fjell_no product jacket-77`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeResourceArgument,
	}
	service := remoteFlags(c, env)
	tenantFlag(c, &tenant)
	jsonFlag(c, &asJSON)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		named, err := service.onlyTenant(cmd.Context(), tenant)
		if err != nil {
			return err
		}
		var d deadLetter
		raw, err := service.get(cmd.Context(), tenantPath(named, "dead-letters", args[0], args[1]), nil, &d)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(env, raw)
		}
		return printLetter(env, d)
	}
	return c
}

func printLetter(env *environment, d deadLetter) error {
	w := tabwriter.NewWriter(env.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "object\t%s/%s\n", d.Resource, harmless(d.ID))
	fmt.Fprintf(w, "reason\t%s\n", harmless(d.Reason))
	fmt.Fprintf(w, "attempts\t%d\n", d.Attempts)
	fmt.Fprintf(w, "died\t%s\n", when(&d.DiedAt))
	fmt.Fprintf(w, "event\t%s %s, %s\n", harmless(d.Event.ID), d.Event.Change, when(d.Event.Time))
	detail := strings.Split(strings.TrimSpace(d.Detail), "\n")
	for i, line := range detail {
		label := "detail"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(w, "%s\t%s\n", label, harmless(line))
	}
	return w.Flush()
}

// errDeclined is why a command ends that a person said no to.
var errDeclined = errors.New("nothing was done")
