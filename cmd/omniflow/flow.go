package main

import (
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
	c := &cobra.Command{
		Use:   "check",
		Short: "Call Flow's documented reads for every tenant and list what is assumed",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(path, env)
			if err != nil {
				return problemsOf(err)
			}
			return checkFlow(cmd, cfg, env)
		},
	}
	configFlag(c, &path)
	return c
}

func checkFlow(cmd *cobra.Command, cfg *config.Config, env *environment) error {
	w := tabwriter.NewWriter(env.stdout, 0, 4, 2, ' ', 0)
	failed := 0
	fmt.Fprintln(w, "TENANT\tOPERATION\tEVIDENCE\tRESULT")
	for i := range cfg.Tenants {
		options, err := flowOptions(cfg, &cfg.Tenants[i])
		if err != nil {
			return err
		}
		client, err := flow.New(options)
		if err != nil {
			return err
		}
		for _, checked := range client.Check(cmd.Context()) {
			result := "not called"
			switch {
			case checked.Called && checked.Err == nil:
				result = "ok"
			case checked.Err != nil:
				result = checked.Err.Error()
				failed++
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n",
				cfg.Tenants[i].ID, checked.Name, checked.Evidence, result)
		}
		client.Close()
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d checks failed", failed)
	}
	return nil
}

func newFlowRoutes(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:   "routes",
		Short: "Print the table of Flow operations with their evidence",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			w := tabwriter.NewWriter(env.stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "OPERATION\tMETHOD\tPATH\tEVIDENCE")
			for _, r := range flow.DefaultRoutes().Rows() {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, r.Method, r.Path, r.Evidence)
			}
			return w.Flush()
		},
	}
}
