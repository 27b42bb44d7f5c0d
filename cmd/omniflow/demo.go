package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/demo"
)

func newDemo(env *environment) *cobra.Command {
	var once, verbose bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Play a day in a shop with everything embedded",
		Long: "Runs the service between a fake Omnium, a fake Flow and a Redis, all inside this process, " +
			"and plays a day in a small sports shop. After every step Flow is compared with what it " +
			"shall hold, object by object. Then the shop stays open until Ctrl-C; with --once the " +
			"command ends, with an error unless Flow agrees with Omnium.",
		Example: `  omniflow demo
  omniflow demo --once`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), env, once, verbose)
		},
	}
	c.Flags().BoolVar(&once, "once", false, "end after the day, with an error unless Flow agrees")
	c.Flags().BoolVar(&verbose, "verbose", false, "show the log of the service")
	return c
}

// runDemo opens the world, runs the service in it, and shows it to the user.
func runDemo(ctx context.Context, env *environment, once, verbose bool) (err error) {
	world, err := demo.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	cfg, err := config.Parse("demo", world.Config(), env.getenv)
	if err != nil {
		return problemsOf(err)
	}
	logs := &demoLog{}
	inner := *env
	inner.stderr, cfg.Log = logs, config.Log{Level: "warn", Format: "console"}
	if verbose {
		inner.stderr, cfg.Log.Level = env.stderr, "info"
	}
	v := demoVisit{world: world, once: once, out: env.stdout, progress: newProgress(env)}
	err = besideService(ctx, cfg, &inner, v.run)
	if ctx.Err() != nil && !once {
		return nil // Ctrl-C is how it ends
	}
	if err != nil && !verbose {
		logs.show(env.stderr)
	}
	return err
}

// besideService runs visit while the service runs, and stops the service when visit has ended. When
// the service fails, the context of visit ends.
func besideService(
	ctx context.Context, cfg *config.Config, env *environment,
	visit func(ctx context.Context, baseURL string) error,
) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	addresses := make(chan net.Addr, 1)
	ended := make(chan error, 1)
	go func() {
		err := serve(ctx, cfg, env, func(a net.Addr) { addresses <- a })
		stop(err)
		ended <- err
	}()
	var err error
	select {
	case address := <-addresses:
		err = visit(ctx, "http://"+address.String())
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	stop(nil)
	failed := <-ended
	if failed != nil && errors.Is(err, failed) {
		return failed // the visit ended because of it
	}
	return errors.Join(err, failed)
}

// demoVisit is what the user sees of the demo.
type demoVisit struct {
	world    *demo.World
	once     bool
	out      io.Writer
	progress *demoSteps
}

func (v demoVisit) run(ctx context.Context, baseURL string) error {
	day := v.world.Day(baseURL, v.progress)
	defer day.Close()
	products, documents := v.world.Shop()
	fmt.Fprintf(v.out, `A sports shop in Norway and Sweden, and one day in it.

  Omnium (fake)  %s     %d products in %d documents
  omniflow       %s     with a Redis inside
  Flow (fake)    %s  tenants %s and %s

`, v.world.OmniumURL(), products, documents, baseURL, v.world.FlowURL(), demo.TenantNO, demo.TenantSE)
	began := time.Now()
	report, err := day.Play(ctx)
	wrong, disagree := errors.AsType[*demo.DisagreementError](err)
	if disagree {
		report = wrong.Report
	}
	if err == nil || disagree {
		err = errors.Join(summarise(v.out, report, day.Totals(), time.Since(began)), err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(v.out, "\nFlow agrees with Omnium, object by object.")
	if v.once {
		return nil
	}
	v.directions(baseURL)
	return day.StayOpen(ctx, func(line string) {
		fmt.Fprintf(v.out, "  %s  %s\n", time.Now().Format(time.TimeOnly), line)
	})
}

// directions says what can be looked at while the shop is open.
func (v demoVisit) directions(baseURL string) {
	admin, hook := v.world.AdminToken(), v.world.WebhookToken()
	fmt.Fprintf(v.out, `
The shop stays open; Ctrl-C closes it.

  dashboard  %[1]s/dashboard  (token %[2]s)
  webhook    POST %[1]s/webhooks/omnium
  ready      %[1]s/readyz
  metrics    %[1]s/metrics
  contract   %[1]s/docs  (%[1]s/openapi.yaml)
  tenants    %[1]s/admin/v1/tenants  (bearer token %[2]s)

  OMNIFLOW_ADMIN_TOKEN=%[2]s go run ./cmd/omniflow status --url %[1]s
  curl -H 'Authorization: Bearer %[2]s' %[1]s/admin/v1/tenants
  curl -H 'Authorization: Bearer %[3]s' -H 'Content-Type: application/json' \
    -d '{"className": "Product", "objectId": "FF-1002", "category": "Updated"}' \
    %[1]s/webhooks/omnium

`, baseURL, admin, hook)
}
