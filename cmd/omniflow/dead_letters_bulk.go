package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// bulkCommand is what is done with many dead letters, in words.
type bulkCommand struct{ verb, past, short, long string }

// bulkWish is what the flags say.
type bulkWish struct {
	tenant      string
	filter      bulkWishFilter
	before      string
	all         bool
	dryRun, yes bool
	asJSON      bool
}

// bulkWishFilter is the filter as the admin API takes it.
type bulkWishFilter struct {
	Resource string    `json:"resource,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	IDs      []string  `json:"ids,omitempty"`
	Before   time.Time `json:"before"`
}

func newBulk(env *environment, b bulkCommand) *cobra.Command {
	var wish bulkWish
	c := &cobra.Command{
		Use:   b.verb,
		Short: b.short,
		Long: b.long + "\n\nThe letters are counted first, and you are asked before anything is done. " +
			"Letters that die after they were counted are not touched.",
		Example: fmt.Sprintf(`  omniflow dead-letters %[1]s --tenant fjell_no --reason flow_refused_400
  omniflow dead-letters %[1]s --tenant fjell_no --resource product --id jacket-77 --id shoe/9
  omniflow dead-letters %[1]s --tenant fjell_no --all --before 2025-03-04T10:00:00Z --dry-run`, b.verb),
		Args: cobra.NoArgs,
	}
	service := remoteFlags(c, env)
	tenantFlag(c, &wish.tenant)
	resourceFlag(c, &wish.filter.Resource)
	flags := c.Flags()
	flags.StringVar(&wish.filter.Reason, "reason", "", "only letters with exactly this reason")
	flags.StringArrayVar(&wish.filter.IDs, "id", nil, "only this object; may be repeated; needs --resource")
	flags.StringVar(&wish.before, "before", "", "only letters that died before, such as 2025-03-04T10:00:00Z")
	flags.BoolVar(&wish.all, "all", false, "all letters; needed when nothing else narrows them down")
	flags.BoolVar(&wish.dryRun, "dry-run", false, "only count")
	flags.BoolVarP(&wish.yes, "yes", "y", false, "do not ask")
	jsonFlag(c, &wish.asJSON)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := wish.check(); err != nil {
			return err
		}
		var err error
		if wish.tenant, err = service.onlyTenant(cmd.Context(), wish.tenant); err != nil {
			return err
		}
		return bulkRun{env: env, service: service, b: b, wish: wish}.run(cmd.Context())
	}
	return c
}

// check completes the filter: what dies from now on is never meant.
func (w *bulkWish) check() error {
	f := &w.filter
	if f.Resource == "" && f.Reason == "" && w.before == "" && !w.all {
		if len(f.IDs) > 0 {
			return usage("--id needs --resource")
		}
		return usage("give --resource, --reason, --id or --before, or --all")
	}
	if len(f.IDs) > 0 && f.Resource == "" {
		return usage("--id needs --resource")
	}
	f.Before = time.Now().UTC()
	if w.before != "" {
		before, err := time.Parse(time.RFC3339, w.before)
		if err != nil {
			return usage("--before must be a time such as 2025-03-04T10:00:00Z")
		}
		f.Before = before
	}
	return nil
}

// bulkRun is one run of a bulk command.
type bulkRun struct {
	env     *environment
	service *remote
	b       bulkCommand
	wish    bulkWish
}

func (r bulkRun) run(ctx context.Context) error {
	counting := newBar(r.env, "counting")
	matched, _, err := r.settle(ctx, true, func(n int) { counting.at(n, n) })
	counting.end()
	if err != nil {
		return err
	}
	if matched == 0 || r.wish.dryRun {
		return r.report(matched, 0)
	}
	if !r.wish.yes {
		question := fmt.Sprintf("%d dead letters of %s match. Shall they be %s?", matched, r.wish.tenant, r.b.past)
		sure, err := confirm(ctx, r.env, question)
		if err != nil {
			return err
		}
		if !sure {
			return errDeclined
		}
	}
	working := newBar(r.env, r.b.verb)
	_, done, err := r.settle(ctx, false, func(n int) { working.at(n, matched) })
	working.end()
	if err != nil {
		return fmt.Errorf("%d of %d were %s: %w", done, matched, r.b.past, err)
	}
	return r.report(matched, done)
}

// settle asks until the service says that it is through.
func (r bulkRun) settle(
	ctx context.Context, dryRun bool, progress func(matched int),
) (matched, done int, err error) {
	path := tenantPath(r.wish.tenant, "dead-letters", r.b.verb)
	cursor := ""
	for {
		var answer struct {
			Matched, Replayed, Discarded int
			NextCursor                   string
		}
		body := map[string]any{"filter": r.wish.filter, "dryRun": dryRun, "cursor": cursor}
		if err := r.service.post(ctx, path, body, &answer); err != nil {
			return matched, done, err
		}
		matched += answer.Matched
		done += answer.Replayed + answer.Discarded
		if cursor = answer.NextCursor; cursor == "" {
			return matched, done, nil
		}
		progress(matched)
	}
}

func (r bulkRun) report(matched, done int) error {
	if r.wish.asJSON {
		return printJSON(r.env, map[string]any{
			"tenant": r.wish.tenant, "matched": matched, r.b.past: done, "dryRun": r.wish.dryRun,
		})
	}
	text := fmt.Sprintf("%d dead letters of %s %s.", done, r.wish.tenant, r.b.past)
	switch {
	case matched == 0:
		text = fmt.Sprintf("%s has no dead letters that match.", r.wish.tenant)
	case r.wish.dryRun:
		text = fmt.Sprintf("%d dead letters of %s match; nothing was done.", matched, r.wish.tenant)
	case done < matched:
		text = fmt.Sprintf("%d dead letters of %s %s; %d had left meanwhile.",
			done, r.wish.tenant, r.b.past, matched-done)
	}
	_, err := fmt.Fprintln(r.env.stdout, text)
	return err
}
