package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// onlineTimeout bounds one question.
const onlineTimeout = 20 * time.Second

// answered is what came of asking somebody whom a configuration names.
type answered struct {
	What string `json:"what"`
	// Result says what was found, or what went wrong.
	Result string `json:"result"`
	OK     bool   `json:"ok"`
}

// online asks Redis, Omnium and Flow one after the other, and writes nothing.
type online struct {
	cfg     *config.Config
	answers []answered
}

// checkOnline finds out whether what a configuration names answers, and accepts its credentials.
func checkOnline(ctx context.Context, cfg *config.Config) []answered {
	o := &online{cfg: cfg}
	o.ask(ctx, "Redis", o.redis)
	topology := tenant.Topology{}
	client, err := omnium.New(omniumOptions(cfg.Omnium))
	if err != nil {
		o.note("Omnium", "", err)
	} else {
		o.ask(ctx, "Omnium: markets", func(ctx context.Context) (string, error) {
			markets, err := client.Markets(ctx)
			for _, m := range markets {
				err = errors.Join(err, m.Err)
			}
			topology.GroupMarkets = groupsOf(markets)
			return counted(len(markets), "market"), err
		})
		o.ask(ctx, "Omnium: stores", func(ctx context.Context) (string, error) {
			stores, err := client.StoreDirectory(ctx, time.Time{})
			if err != nil {
				return "", err
			}
			topology.StoreMarkets = marketsOf(stores.All())
			return counted(len(stores.All()), "store"), nil
		})
	}
	directory, err := tenant.NewDirectory(cfg.Tenants, topology.WithGroups(cfg.GroupMarkets))
	if err != nil {
		o.note("memberships", "", fmt.Errorf("they contradict the configuration: %w", err))
	}
	for i := range cfg.Tenants {
		t := &cfg.Tenants[i]
		o.ask(ctx, "Flow: tenant "+string(t.ID), func(ctx context.Context) (string, error) {
			if err := o.flow(ctx, t); err != nil || directory == nil {
				return "it answers", err
			}
			markets := directory.Markets(t.ID)
			return fmt.Sprintf("%s: %s", counted(len(markets), "market"), strings.Join(markets, ", ")), nil
		})
	}
	return o.answers
}

func (o *online) ask(ctx context.Context, what string, question func(context.Context) (string, error)) {
	ctx, cancel := context.WithTimeout(ctx, onlineTimeout)
	defer cancel()
	found, err := question(ctx)
	o.note(what, found, err)
}

func (o *online) note(what, found string, err error) {
	if err != nil {
		found = err.Error()
	}
	o.answers = append(o.answers, answered{what, found, err == nil})
}

// redis looks for what serve would warn about, or refuse.
func (o *online) redis(ctx context.Context) (string, error) {
	if o.cfg.Redis.Mode == config.RedisEmbedded {
		return "embedded: it forgets everything at exit", nil
	}
	client, leave, err := openRedis(o.cfg.Redis)
	if err != nil {
		return "", err
	}
	defer leave()
	against, err := queue.CheckServer(ctx, client)
	if err != nil {
		return "", err
	}
	if len(against) > 0 && o.cfg.Redis.Strict {
		return "", errors.New(strings.Join(against, "; "))
	}
	return strings.Join(append([]string{"it answers"}, against...), "; "), nil
}

func (o *online) flow(ctx context.Context, t *tenant.Tenant) error {
	options, err := flowOptions(o.cfg, t)
	if err != nil {
		return err
	}
	client, err := flow.New(options)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Probe(ctx)
}

// printOnline prints the answers; the error says how many went wrong.
func printOnline(env *environment, answers []answered, asJSON bool) error {
	failed := 0
	for _, a := range answers {
		if !a.OK {
			failed++
		}
	}
	if err := printAnswers(env, answers, asJSON); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%s failed", counted(failed, "check"))
	}
	return nil
}

func printAnswers(env *environment, answers []answered, asJSON bool) error {
	if asJSON {
		return printJSON(env, map[string]any{"items": answers})
	}
	w := tabwriter.NewWriter(env.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "\nASKED\t\tANSWER")
	for _, a := range answers {
		mark := "ok"
		if !a.OK {
			mark = "FAILED"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", a.What, mark, a.Result)
	}
	return w.Flush()
}
