package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/omniflow/omniflow/api"
)

func newPreview(env *environment) *cobra.Command {
	var tenant string
	var asJSON bool
	c := &cobra.Command{
		Use:   "preview RESOURCE ID",
		Short: "Show what would be sent to Flow for an object now, without sending it",
		Long: "Has a running service read an object in Omnium, map it and compare it with what was pushed " +
			"last, as its job would. Nothing is written anywhere. Where Flow can be asked what it has, " +
			"the fields that would change are shown, else the whole request.\n\n" +
			"Exit codes: 0 it would work; 1 the service cannot tell; 3 the object would not reach Flow.",
		Example: `  omniflow preview --tenant fjell_no product jacket-77
  omniflow preview --tenant fjell_no supplier sup-1 --json`,
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
		var p api.Preview
		raw, err := service.get(cmd.Context(), tenantPath(named, "objects", args[0], args[1], "preview"), nil, &p)
		if err != nil {
			return err
		}
		if asJSON {
			err = printJSON(env, raw)
		} else {
			err = previewPrinter{env.stdout, newPainter(env)}.print(named, p)
		}
		if err == nil && p.Error != "" {
			return &exitError{exitAttention, errors.New("the object would not reach Flow: " + harmless(p.Error))}
		}
		return err
	}
	return c
}

// previewPrinter prints a preview for people.
type previewPrinter struct {
	out   io.Writer
	paint painter
}

func (p previewPrinter) print(tenant string, v api.Preview) error {
	out := p.out
	var text bytes.Buffer
	p.out = &text
	result := v.Result
	if v.Reason != "" {
		result += " (" + harmless(v.Reason) + ")"
	}
	fmt.Fprintf(p.out, "%s/%s of %s: %s, %d requests\n", v.Resource, harmless(v.ID), tenant, result, len(v.Requests))
	for _, r := range v.Requests {
		p.request(r)
	}
	for _, k := range v.AlsoQueues {
		fmt.Fprintf(p.out, "\nalso looked at: %s/%s\n", k.Resource, harmless(k.ID))
	}
	_, err := text.WriteTo(out)
	return err
}

func (p previewPrinter) request(r api.PreviewRequest) {
	fmt.Fprintf(p.out, "\n%s %s   %s, %s\n", r.Method, harmless(r.Path), r.Operation, r.Evidence)
	if r.Note != "" {
		fmt.Fprintf(p.out, "  # %s\n", harmless(r.Note))
	}
	switch {
	case r.Compared == api.ComparedByPrint:
		p.body(r.Body)
	case r.Exists != nil && !*r.Exists:
		fmt.Fprintln(p.out, "  # Flow does not have it yet")
	case len(r.Changes) == 0 && len(r.Body) > 0:
		fmt.Fprintln(p.out, "  # Flow has all of it already")
	}
	for _, c := range r.Changes {
		if c.Before != "" {
			fmt.Fprintln(p.out, p.paint.in(red, "  - "+c.Field+": "+harmless(c.Before)))
		}
		fmt.Fprintln(p.out, p.paint.in(green, "  + "+c.Field+": "+harmless(c.After)))
	}
}

// body prints JSON, indented.
func (p previewPrinter) body(raw json.RawMessage) {
	var text bytes.Buffer
	if len(raw) == 0 || string(raw) == "null" || json.Indent(&text, raw, "  ", "  ") != nil {
		return
	}
	for line := range strings.Lines("  " + text.String()) {
		fmt.Fprintln(p.out, harmless(strings.TrimSuffix(line, "\n")))
	}
}
