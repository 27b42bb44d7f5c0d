package main

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/omniflow/omniflow/internal/event"
)

// completionTimeout bounds how long a shell waits for names from a running service.
const completionTimeout = 2 * time.Second

// completer offers a shell what an argument or the value of a flag can be.
type completer = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective)

// offerTenants adds completion to every flag below c that names a tenant.
func offerTenants(c *cobra.Command, env *environment) {
	if c.Flags().Lookup("tenant") != nil {
		if err := c.RegisterFlagCompletionFunc("tenant", completeTenants(env)); err != nil {
			panic(err) // the flag is there, and only this function completes it
		}
	}
	for _, below := range c.Commands() {
		offerTenants(below, env)
	}
}

// completeTenants asks the running service; without an answer nothing is offered.
func completeTenants(env *environment) completer {
	return func(cmd *cobra.Command, _ []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var list struct{ Items []struct{ Tenant string } }
		askBriefly(cmd, env, "/tenants", &list)
		var names []cobra.Completion
		for _, t := range list.Items {
			names = append(names, t.Tenant)
		}
		return beginningWith(text, names)
	}
}

// completeRunningSyncs offers the synchronisations of the tenant that the flag names that are not over.
func completeRunningSyncs(env *environment) completer {
	return func(cmd *cobra.Command, args []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
		tenant, _ := cmd.Flags().GetString("tenant")
		if len(args) > 0 || tenant == "" {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var list struct{ Items []synchronisation }
		askBriefly(cmd, env, tenantPath(tenant, "syncs"), &list)
		var ids []cobra.Completion
		for _, s := range list.Items {
			if !s.over() {
				ids = append(ids, s.ID)
			}
		}
		return beginningWith(text, ids)
	}
}

// askBriefly reads from the service that the flags name. Errors are left out: they would be printed into
// the command line that somebody is typing.
func askBriefly(cmd *cobra.Command, env *environment, path string, v any) {
	base, _ := cmd.Flags().GetString("url")
	token, _ := cmd.Flags().GetString("token")
	service := newRemote(env)
	service.base, service.token = base, token
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
	defer cancel()
	_, _ = service.get(ctx, path, url.Values{}, v)
}

// completeResources offers kinds of objects, also after others and a comma.
func completeResources(_ *cobra.Command, _ []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before := text[:strings.LastIndexByte(text, ',')+1]
	var names []cobra.Completion
	for _, r := range event.Resources() {
		if !slices.Contains(strings.Split(before, ","), string(r)) {
			names = append(names, before+string(r))
		}
	}
	return beginningWith(text, names)
}

// completeResourceArgument offers kinds of objects as the first argument.
func completeResourceArgument(c *cobra.Command, args []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeResources(c, args, text)
}

// beginningWith keeps what can still become of a text.
func beginningWith(text string, names []cobra.Completion) ([]cobra.Completion, cobra.ShellCompDirective) {
	var fitting []cobra.Completion
	for _, n := range names {
		if strings.HasPrefix(n, text) {
			fitting = append(fitting, n)
		}
	}
	return fitting, cobra.ShellCompDirectiveNoFileComp
}
