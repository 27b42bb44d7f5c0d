package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/tenant"
)

// flowRoutes is the routes table with the overrides of the file.
func flowRoutes(cfg *config.Config) (flow.Routes, error) {
	return flow.DefaultRoutes().Override(cfg.Flow.Routes)
}

// flowOptions are the options of one tenant's client, without the hooks.
func flowOptions(cfg *config.Config, t *tenant.Tenant) (flow.Options, error) {
	routes, err := flowRoutes(cfg)
	if err != nil {
		return flow.Options{}, fmt.Errorf("flow.routes: %w", err)
	}
	return flow.Options{
		Tenant:            string(t.ID),
		BaseURL:           cfg.Flow.BaseURL,
		AccessToken:       t.AccessToken.Reveal,
		RequestsPerSecond: cfg.Flow.RequestsPerSecond,
		Burst:             cfg.Flow.Burst,
		Timeout:           cfg.Flow.Timeout,
		Breaker: flow.Breaker{
			ConsecutiveFailures: cfg.Flow.Breaker.ConsecutiveFailures,
			OpenFor:             cfg.Flow.Breaker.OpenFor,
			HalfOpenRequests:    cfg.Flow.Breaker.HalfOpenRequests,
		},
		Routes: routes,
	}, nil
}

func newFlowCheck(env *environment) *cobra.Command {
	var path string
	var asJSON bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Call Flow's documented reads for every tenant and list what is assumed",
		Long: "Calls the reads that need nothing but the tenant, with the tenant's token, and writes nothing. " +
			"What is not called is listed, too: look at what is assumed.\n\n" +
			"Exit codes: 0 all calls succeeded; 1 one did not.",
		Example: `  omniflow flow check -c omniflow.yaml
  omniflow flow check -c omniflow.yaml --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(path, env)
			if err != nil {
				return problemsOf(err)
			}
			return checkFlow(cmd.Context(), cfg, env, asJSON)
		},
	}
	configFlag(c, &path)
	jsonFlag(c, &asJSON)
	return c
}

// flowCheck is what came of one operation.
type flowCheck struct {
	Tenant    tenant.ID     `json:"tenant"`
	Operation string        `json:"operation"`
	Evidence  flow.Evidence `json:"evidence"`
	// Result is ok, not called, or what went wrong.
	Result string `json:"result"`
}

func checkFlow(ctx context.Context, cfg *config.Config, env *environment, asJSON bool) error {
	checks, failed := []flowCheck{}, 0
	for i := range cfg.Tenants {
		options, err := flowOptions(cfg, &cfg.Tenants[i])
		if err != nil {
			return err
		}
		client, err := flow.New(options)
		if err != nil {
			return err
		}
		for _, checked := range client.Check(ctx) {
			c := flowCheck{cfg.Tenants[i].ID, checked.Name, checked.Evidence, "not called"}
			switch {
			case checked.Called && checked.Err == nil:
				c.Result = "ok"
			case checked.Err != nil:
				c.Result = checked.Err.Error()
				failed++
			}
			checks = append(checks, c)
		}
		client.Close()
	}
	if err := printChecks(env, checks, asJSON); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%s failed", counted(failed, "check"))
	}
	return nil
}

func printChecks(env *environment, checks []flowCheck, asJSON bool) error {
	if asJSON {
		return printJSON(env, map[string]any{"items": checks})
	}
	w := tabwriter.NewWriter(env.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "TENANT\tOPERATION\tEVIDENCE\tRESULT")
	for _, c := range checks {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.Tenant, c.Operation, c.Evidence, c.Result)
	}
	return w.Flush()
}

// flowRow is one row of the table of operations.
type flowRow struct {
	Operation string        `json:"operation"`
	Method    string        `json:"method"`
	Path      string        `json:"path"`
	Evidence  flow.Evidence `json:"evidence"`
}

func newFlowRoutes(env *environment) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "routes",
		Short: "Print the table of Flow operations with their evidence",
		Long: "Prints every operation that omniflow knows of Flow, and whether the vendor documents it or it is " +
			"assumed. The setting flow.routes overrides rows.",
		Example: `  omniflow flow routes
  omniflow flow routes --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			rows := []flowRow{}
			for _, r := range flow.DefaultRoutes().Rows() {
				rows = append(rows, flowRow{r.Name, r.Method, r.Path, r.Evidence})
			}
			return printRoutes(env, rows, asJSON)
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

func printRoutes(env *environment, rows []flowRow, asJSON bool) error {
	if asJSON {
		return printJSON(env, map[string]any{"items": rows})
	}
	w := tabwriter.NewWriter(env.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "OPERATION\tMETHOD\tPATH\tEVIDENCE")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Operation, r.Method, r.Path, r.Evidence)
	}
	return w.Flush()
}
