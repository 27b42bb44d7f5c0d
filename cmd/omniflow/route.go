package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

func newRoute(env *environment) *cobra.Command {
	var path string
	var asJSON bool
	c := &cobra.Command{
		Use:   "route EVENT.json",
		Short: "Explain which tenants an event would go to, and why",
		Long: "Reads what Omnium posts, one event or an array, and says what the service would make of it. " +
			"Nothing is sent anywhere: members of market groups and stores that only Omnium knows are not " +
			"asked for. A dash reads the standard input.",
		Example: `  omniflow route event.json -c omniflow.yaml
  echo '{"className":"Product","objectId":"jacket-77","market":"NOR"}' | omniflow route - -c omniflow.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := loadConfig(path, env)
			if err != nil {
				return problemsOf(err)
			}
			body, err := readEvent(env, args[0])
			if err != nil {
				return err
			}
			notices, err := omnium.ParseWebhook(body)
			if err != nil {
				return fmt.Errorf("the service would answer 400: %w", err)
			}
			return explain(env, cfg, notices, asJSON)
		},
	}
	configFlag(c, &path)
	jsonFlag(c, &asJSON)
	return c
}

// readEvent reads a file, or the standard input for a dash.
func readEvent(env *environment, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(env.stdin)
	}
	body, err := os.ReadFile(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	return body, nil
}

// explanation is what becomes of one event.
type explanation struct {
	Class       string           `json:"className"`
	OperationID int              `json:"operationId"`
	Event       string           `json:"event"`
	Resource    string           `json:"resource"`
	Change      string           `json:"change"`
	Objects     []string         `json:"objects"`
	Market      string           `json:"market"`
	Store       string           `json:"store"`
	Result      string           `json:"result"`
	Reason      string           `json:"reason"`
	Because     string           `json:"because"`
	Jobs        []explanationJob `json:"jobs"`
}

type explanationJob struct {
	Tenant   string `json:"tenant"`
	Resource string `json:"resource"`
	ID       string `json:"id"`
}

func explain(env *environment, cfg *config.Config, notices []omnium.Notice, asJSON bool) error {
	directory, err := tenant.NewDirectory(cfg.Tenants, tenant.Topology{}.WithGroups(cfg.GroupMarkets))
	if err != nil {
		return fmt.Errorf("tenants: %w", err)
	}
	explained := []explanation{}
	rules := api.Rules{EchoUsers: cfg.Omnium.IgnoreUserIDs, CatchUp: cfg.Catchup.Enabled}
	for _, p := range api.Explain(directory, notices, rules) {
		explained = append(explained, explanationOf(p))
	}
	if asJSON {
		return printJSON(env, map[string]any{"items": explained})
	}
	for i, x := range explained {
		if i > 0 {
			fmt.Fprintln(env.stdout)
		}
		x.print(env.stdout)
	}
	return nil
}

func explanationOf(p api.Placement) explanation {
	e := p.Notice.Event
	x := explanation{
		Class: p.Notice.ClassName, OperationID: p.Notice.OperationID, Event: e.ID,
		Resource: string(e.Resource), Change: string(e.Change), Objects: append([]string{}, e.Objects...),
		Market: e.Market, Store: e.Store, Result: p.Result, Reason: p.Reason, Jobs: []explanationJob{},
	}
	x.Because = x.because()
	for _, j := range p.Jobs {
		x.Jobs = append(x.Jobs, explanationJob{string(j.Tenant), string(j.Resource), j.ID})
	}
	return x
}

// because turns the reason into a sentence.
func (x explanation) because() string {
	switch x.Reason {
	case string(tenant.ReasonMarket):
		return fmt.Sprintf("the tenant that serves market %s exports %s", x.Market, x.Resource)
	case string(tenant.ReasonStore):
		return fmt.Sprintf("these tenants serve the markets of store %s and export %s", x.Store, x.Resource)
	case string(tenant.ReasonEveryTenant):
		return fmt.Sprintf("neither a market nor a store decides, so every tenant that exports %s is asked", x.Resource)
	case string(tenant.ReasonMembershipUnknown):
		return "the market may belong to a group whose members only Omnium knows, so every tenant is asked"
	case string(tenant.ReasonMarketNotServed):
		return fmt.Sprintf("no tenant serves market %s; the event is kept until one does", x.Market)
	case string(tenant.ReasonStoreNotServed):
		return fmt.Sprintf("no tenant serves the markets of store %s; the event is kept until one does", x.Store)
	case queue.ParkedNoObjectIDs:
		return x.unnamed()
	case "not_configured":
		return fmt.Sprintf("no tenant concerned has an implementation that exports %s", x.Resource)
	default:
		return "events of this kind lead to no job"
	}
}

// unnamed is what happens to an event without readable ids.
func (x explanation) unnamed() string {
	if x.Result != "listed" {
		return "it names no objects, and catch-up is off or no tenant serves its market; the event is kept"
	}
	var lists []string
	for _, r := range listedFor(event.Resource(x.Resource)) {
		lists = append(lists, string(r))
	}
	return fmt.Sprintf("it names no objects, so what has changed of %s is listed", strings.Join(lists, " and "))
}

func (x explanation) print(w io.Writer) {
	fmt.Fprintf(w, "event      %s\n", harmless(x.Event))
	fmt.Fprintf(w, "says       class %s, operation %d, market %s, store %s\n", orDash(x.Class), x.OperationID,
		orDash(x.Market), orDash(x.Store))
	fmt.Fprintf(w, "is about   %s %s %s\n", orDash(x.Resource), x.Change, harmless(strings.Join(x.Objects, ", ")))
	fmt.Fprintf(w, "result     %s (%s): %s\n", x.Result, x.Reason, harmless(x.Because))
	for i, j := range x.Jobs {
		label := "jobs"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(w, "%-10s %s %s/%s\n", label, j.Tenant, j.Resource, harmless(j.ID))
	}
}

func orDash(text string) string { return cmp.Or(harmless(text), "-") }
