package main

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/reconcile"
)

func newRoot(env *environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "omniflow",
		Short: "Keeps Flow Retail in agreement with Omnium",
		Long: "omniflow keeps Flow Retail in agreement with Omnium.\n\n" +
			"Exit codes: 0 done; 1 something went wrong, or the service refused; 2 called wrongly; " +
			"3 somebody should look (status --check, sync).",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	configCommand := group("config", "Work with configuration files")
	configCommand.AddCommand(newConfigCheck(env))
	flowCommand := group("flow", "Look at the way to Flow")
	flowCommand.AddCommand(newFlowCheck(env), newFlowRoutes(env))
	root.AddCommand(newServe(env), newDemo(env), configCommand, flowCommand, newHealthcheck(),
		newVersion(env), newStatus(env), newDeadLetters(env), newSync(env), newPreview(env), newRoute(env))
	offerTenants(root, env)
	return root
}

// group is a command that holds others; called alone it shows them.
func group(name, short string) *cobra.Command {
	return &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}

func newVersion(env *environment) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  omniflow version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return printJSON(env, map[string]string{"version": version(), "go": runtime.Version()})
			}
			_, err := fmt.Fprintln(env.stdout, "omniflow "+version())
			return err
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

// version is what the build recorded: a tag, else a revision, else "devel".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

// configFlag adds the -c flag that the commands share.
func configFlag(c *cobra.Command, path *string) {
	c.Flags().StringVarP(path, "config", "c", "", "configuration file (required)")
	if err := errors.Join(c.MarkFlagRequired("config"), c.MarkFlagFilename("config", "yaml", "yml")); err != nil {
		panic(err) // the flag was added in the line above
	}
}

// loadConfig reads a file and refuses what only the packages that use it know to be wrong.
func loadConfig(path string, env *environment) (*config.Config, error) {
	cfg, err := config.Load(path, env.getenv)
	if err != nil {
		return nil, err
	}
	problems := slices.Concat(routeProblems(cfg), fieldProblems(cfg))
	if len(problems) > 0 {
		return nil, &config.Error{File: path, Problems: problems}
	}
	return cfg, nil
}

// routeProblems checks the route overrides, whose names only the flow package knows.
func routeProblems(cfg *config.Config) []config.Problem {
	_, err := flowRoutes(cfg)
	if err == nil {
		return nil
	}
	var problems []config.Problem
	for text := range strings.SplitSeq(err.Error(), "\n") {
		problems = append(problems, cfg.At("flow.routes", text))
	}
	return problems
}

// fieldProblems checks the names of Flow's fields, which only the flow package knows.
func fieldProblems(cfg *config.Config) []config.Problem {
	var problems []config.Problem
	for _, t := range cfg.Tenants {
		if _, err := flow.CustomerFields(t.Properties.List(reconcile.CustomerFieldsLeftOut)...); err != nil {
			at := "connector.properties." + reconcile.CustomerFieldsLeftOut
			problems = append(problems, cfg.At(at, fmt.Sprintf("tenant %s: %v", t.ID, err)))
		}
	}
	return problems
}

func newConfigCheck(env *environment) *cobra.Command {
	var path string
	var asJSON, ask bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Check a configuration file and show what it resolves to",
		Long: "Checks a configuration file. Every error is printed with its line and path; without " +
			"errors the resolved tenants and settings are shown, secrets redacted. Nobody is asked anything, unless " +
			"with --online: then Redis, Omnium and every Flow tenant are, with their credentials, and nothing is written.\n\n" +
			"Exit codes: 0 all is well; 1 the file has errors, or somebody did not answer well.",
		Example: `  omniflow config check -c omniflow.yaml
  omniflow config check -c omniflow.yaml --online
  omniflow config check -c omniflow.yaml --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(path, env)
			if err != nil {
				return problemsOf(err)
			}
			for _, w := range cfg.Warnings {
				fmt.Fprintf(env.stderr, "warning: %s:%s\n", path, w)
			}
			if ask && asJSON {
				return printOnline(env, checkOnline(cmd.Context(), cfg), asJSON)
			}
			if asJSON {
				return printJSON(env, settingsOf(cfg, cfg))
			}
			if err := cfg.Describe(env.stdout); err != nil || !ask {
				return err
			}
			return printOnline(env, checkOnline(cmd.Context(), cfg), asJSON)
		},
	}
	c.Flags().BoolVar(&ask, "online", false, "ask Redis, Omnium and Flow, too")
	configFlag(c, &path)
	jsonFlag(c, &asJSON)
	return c
}

// problemsOf puts a list of problems below a heading of its own.
func problemsOf(err error) error {
	if e, ok := errors.AsType[*config.Error](err); ok {
		return fmt.Errorf("%s in the configuration\n%w", counted(len(e.Problems), "problem"), err)
	}
	return err
}

// counted is a number and its noun: 1 problem, 2 problems.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
