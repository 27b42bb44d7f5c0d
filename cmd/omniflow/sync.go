package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// synchronisation is one as the admin API shows it.
type synchronisation struct {
	ID, State, Mode, Error                       string
	Resources, Listed                            []string
	Seen, Queued, Done, Failed, Orphans, Refused int
	Total                                        *int
	Rate                                         float64
	Estimate                                     *float64
	CreatedAt                                    time.Time
	FinishedAt                                   *time.Time
}

// syncWish is what the flags say.
type syncWish struct {
	tenant, since  string
	resources      []string
	orphanLimit    int
	detach, asJSON bool
}

func newSync(env *environment) *cobra.Command {
	var wish syncWish
	c := &cobra.Command{
		Use:   "sync",
		Short: "Make Flow agree about everything, or about what has changed",
		Long: "Starts a synchronisation in a running service and shows how far it is. What is unchanged " +
			"causes no write to Flow. The service does the work: an interrupted command only stops watching.\n\n" +
			"A full synchronisation also takes care of objects that are gone from Omnium, unless they are " +
			"more of what is known than --orphan-limit says: then they are counted as refused and left " +
			"alone.\n\n" +
			"Exit codes: 0 everything agrees; 1 it could not be done, or was ended or left; " +
			"3 it is done, and objects have failed or were refused.",
		Example: `  omniflow sync --tenant fjell_no
  omniflow sync --tenant fjell_no --resources product,price --since 24h
  omniflow sync --tenant fjell_no --resources store --orphan-limit 100 --detach`,
		Args: cobra.NoArgs,
	}
	service := remoteFlags(c, env)
	tenantFlag(c, &wish.tenant)
	flags := c.Flags()
	flags.StringSliceVar(&wish.resources, "resources", nil, "only these kinds of objects, such as product,price")
	flags.StringVar(&wish.since, "since", "", "only what has changed since, such as 24h or 2025-03-04T10:00:00Z")
	flags.IntVar(&wish.orphanLimit, "orphan-limit", 5, "percentage of the known objects that may be gone from Omnium")
	flags.BoolVar(&wish.detach, "detach", false, "do not wait for the end")
	jsonFlag(c, &wish.asJSON)
	if err := c.RegisterFlagCompletionFunc("resources", completeResources); err != nil {
		panic(err) // the flag was added a few lines above
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		since, err := moment(wish.since, time.Now())
		if err != nil {
			return err
		}
		if wish.tenant, err = service.onlyTenant(cmd.Context(), wish.tenant); err != nil {
			return err
		}
		run := syncRun{env: env, service: service, tenant: wish.tenant, asJSON: wish.asJSON}
		return run.start(cmd.Context(), wish, since)
	}
	c.AddCommand(newSyncList(env), newSyncCancel(env))
	return c
}

// moment reads a time, or how long ago one was; the zero time when there is none.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.Add(-ago).UTC(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.After(now) {
		return time.Time{}, usage("--since must be a past time such as 2025-03-04T10:00:00Z, or a duration such as 24h")
	}
	return at, nil
}

// syncRun is one run of a command about a synchronisation.
type syncRun struct {
	env     *environment
	service *remote
	tenant  string
	asJSON  bool
}

// start asks for a synchronisation and, unless nobody waits for it, follows it to its end.
func (r syncRun) start(ctx context.Context, wish syncWish, since time.Time) error {
	body := map[string]any{"resources": wish.resources, "orphanLimitPercent": wish.orphanLimit}
	if !since.IsZero() {
		body["mode"], body["since"] = "delta", since
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	var s synchronisation
	raw, err := r.service.do(ctx, http.MethodPost, tenantPath(r.tenant, "syncs"), encoded, &s)
	if err != nil {
		return err
	}
	if wish.detach {
		return r.print(raw, fmt.Sprintf("Synchronisation %s of %s begins: %s.\n%s", s.ID, r.tenant,
			strings.Join(s.Resources, ", "), r.hint(s.ID)))
	}
	raw, s, err = r.follow(ctx, s)
	if err != nil {
		return err
	}
	if err := r.print(raw, r.summary(s)); err != nil {
		return err
	}
	return s.verdict()
}

// hint says how to look after a synchronisation that nobody watches.
func (r syncRun) hint(id string) string {
	return fmt.Sprintf("'omniflow sync list -t %[1]s' shows how far it is, 'omniflow sync cancel -t %[1]s %[2]s' ends it.",
		r.tenant, id)
}

func (r syncRun) print(raw json.RawMessage, text string) error {
	if r.asJSON {
		return printJSON(r.env, raw)
	}
	_, err := fmt.Fprintln(r.env.stdout, text)
	return err
}

func (r syncRun) summary(s synchronisation) string {
	text := fmt.Sprintf("Synchronisation %s of %s is %s: %d objects, %d done, %d failed",
		s.ID, r.tenant, s.State, s.Queued, s.Done, s.Failed)
	if s.Orphans > 0 {
		text += fmt.Sprintf(", %d gone from Omnium", s.Orphans)
	}
	text += "."
	if s.Refused > 0 {
		text += fmt.Sprintf("\n%d objects that are gone were left alone: if that many are meant to be gone, "+
			"repeat with a higher --orphan-limit.", s.Refused)
	}
	if s.Failed > 0 {
		text += fmt.Sprintf("\n'omniflow dead-letters list -t %s' says what failed, and why.", r.tenant)
	}
	return text
}

// verdict is what the command ends with.
func (s synchronisation) verdict() error {
	switch {
	case s.State == "failed":
		return fmt.Errorf("the synchronisation failed: %s", s.Error)
	case s.State == "cancelled":
		return fmt.Errorf("the synchronisation was ended by an operator")
	case s.Failed > 0 || s.Refused > 0:
		return &exitError{exitAttention, fmt.Errorf("%d objects failed, %d were refused", s.Failed, s.Refused)}
	default:
		return nil
	}
}

func (s synchronisation) over() bool {
	return slices.Contains([]string{"done", "failed", "cancelled"}, s.State)
}

func newSyncList(env *environment) *cobra.Command {
	r := syncRun{env: env}
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the last synchronisations, the youngest first",
		Example: `  omniflow sync list --tenant fjell_no`,
		Args:    cobra.NoArgs,
	}
	r.service = remoteFlags(c, env)
	tenantFlag(c, &r.tenant)
	jsonFlag(c, &r.asJSON)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		named, err := r.service.onlyTenant(cmd.Context(), r.tenant)
		if err != nil {
			return err
		}
		var list struct{ Items []synchronisation }
		raw, err := r.service.get(cmd.Context(), tenantPath(named, "syncs"), nil, &list)
		if err != nil {
			return err
		}
		if r.asJSON {
			return printJSON(env, raw)
		}
		if len(list.Items) == 0 {
			_, err := fmt.Fprintf(env.stdout, "%s has no synchronisations.\n", named)
			return err
		}
		return printSyncs(env, list.Items)
	}
	return c
}

func printSyncs(env *environment, list []synchronisation) error {
	w := tabwriter.NewWriter(env.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tMODE\tQUEUED\tDONE\tFAILED\tREFUSED\tCREATED\tFINISHED\tRESOURCES")
	for _, s := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\t%s\n", s.ID, s.State, s.Mode, s.Queued, s.Done,
			s.Failed, s.Refused, when(&s.CreatedAt), when(s.FinishedAt), strings.Join(s.Resources, ","))
	}
	return w.Flush()
}

func newSyncCancel(env *environment) *cobra.Command {
	r := syncRun{env: env}
	c := &cobra.Command{
		Use:   "cancel ID",
		Short: "End a synchronisation",
		Long:  "Ends a synchronisation: nothing more is listed after a few seconds; what is queued is worked off.",
		Example: `  omniflow sync list --tenant fjell_no
  omniflow sync cancel --tenant fjell_no UJMQ3SBP6JJIKQVUZ6WLUDC2WT`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRunningSyncs(env),
	}
	r.service = remoteFlags(c, env)
	tenantFlag(c, &r.tenant)
	jsonFlag(c, &r.asJSON)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		named, err := r.service.onlyTenant(cmd.Context(), r.tenant)
		if err != nil {
			return err
		}
		var s synchronisation
		raw, err := r.service.do(cmd.Context(), http.MethodDelete, tenantPath(named, "syncs", args[0]), nil, &s)
		if err != nil {
			return err
		}
		if s.over() {
			return r.print(raw, fmt.Sprintf("Synchronisation %s is over already: %s.", s.ID, s.State))
		}
		return r.print(raw, fmt.Sprintf("Synchronisation %s ends within seconds; what is queued is worked off.", s.ID))
	}
	return c
}
