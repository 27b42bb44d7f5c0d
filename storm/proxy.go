package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/storm/plan"
)

// wires are the proxies on every link of every replica.
type wires struct {
	server  *toxiproxy.ApiServer
	proxies map[wire]*toxiproxy.Proxy
}

// wire is a link of a replica.
type wire struct {
	replica int
	link    string
}

func newWires() *wires {
	zerolog.SetGlobalLevel(zerolog.Disabled) // toxics log to whatever they find
	return &wires{toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), map[wire]*toxiproxy.Proxy{}}
}

// add opens a link and returns the address to use in place of the other end's.
func (w *wires) add(at wire, upstream string) (string, error) {
	p := toxiproxy.NewProxy(w.server, fmt.Sprintf("%s-%d", at.link, at.replica), "127.0.0.1:0", upstream)
	if err := p.Start(); err != nil {
		return "", fmt.Errorf("open the link %s: %w", p.Name, err)
	}
	w.proxies[at] = p
	return p.Listen, nil
}

func (w *wires) close() {
	for _, p := range w.proxies {
		p.Stop()
	}
}

// toxic is a fault of a link as toxiproxy takes it.
type toxic struct {
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Stream     string         `json:"stream"`
	Attributes map[string]int `json:"attributes"`
}

func toxicsOf(name string, f plan.Fault) []toxic {
	both := func(kind string, attributes map[string]int) []toxic {
		return []toxic{
			{name + "-up", kind, "upstream", attributes}, {name + "-down", kind, "downstream", attributes},
		}
	}
	switch f.Kind {
	case plan.Latency:
		// Without jitter: what is sent first arrives first.
		return both("latency", map[string]int{"latency": f.Millis})
	case plan.Bandwidth:
		return both("bandwidth", map[string]int{"rate": f.Rate})
	case plan.Reset:
		return both("reset_peer", map[string]int{"timeout": f.Millis})
	case plan.BlackHole:
		return both("timeout", map[string]int{"timeout": 0})
	case plan.HalfOpen:
		// Who closes is believed by the other end only later.
		return both("slow_close", map[string]int{"delay": 10 * f.Millis})
	default:
		return nil
	}
}

// spoil breaks a link.
func (w *wires) spoil(name string, f plan.Fault) error {
	p := w.proxies[wire{f.Replica, f.Link}]
	if f.Kind == plan.Refuse {
		p.Stop()
		return nil
	}
	for _, t := range toxicsOf(name, f) {
		raw, err := json.Marshal(t)
		if err != nil {
			return err
		}
		if _, err := p.Toxics.AddToxicJson(strings.NewReader(string(raw))); err != nil {
			return fmt.Errorf("break the link %s: %w", p.Name, err)
		}
	}
	return nil
}

// heal takes a fault off a link again.
func (w *wires) heal(ctx context.Context, name string, f plan.Fault) error {
	p := w.proxies[wire{f.Replica, f.Link}]
	if f.Kind == plan.Refuse {
		if err := p.Start(); err != nil && !p.Enabled {
			return fmt.Errorf("open the link %s again: %w", p.Name, err)
		}
		return nil
	}
	for _, t := range toxicsOf(name, f) {
		if err := p.Toxics.RemoveToxic(ctx, t.Name); err != nil {
			return fmt.Errorf("heal the link %s: %w", p.Name, err)
		}
	}
	return nil
}
