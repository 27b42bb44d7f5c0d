package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/demo"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/storm/plan"
)

// roleArg is the first argument of a process that is one of the fakes.
const roleArg = "role"

// task is what a fake is told at its start.
type task struct {
	Seed         uint64
	ClientSecret string `json:"clientSecret"`
	Lag          time.Duration
	// FlowTokens are by tenant.
	FlowTokens map[string]string
}

// places is where a fake listens: for the service, and for the storm.
type places struct{ API, Control string }

// runRole is a process of its own; it ends with its standard input.
func runRole(ctx context.Context, name, text string, out io.Writer) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	roles := map[string]func(context.Context, task) (places, error){"omnium": serveOmnium, "flow": serveFlow}
	serve, ok := roles[name]
	if !ok {
		return fmt.Errorf("no role %q", name)
	}
	p, err := serve(ctx, t)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(p); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func serveOmnium(ctx context.Context, t task) (places, error) {
	shop := demo.NewOmnium(t.ClientSecret, time.Now())
	shop.IndexLag = t.Lag
	faults := newBreakdown(t.Seed)
	all := func(*http.Request) string { return "" }
	api, err := host(ctx, quoting(faults.front(faults.spoil(all, shop))))
	if err != nil {
		return places{}, err
	}
	control := http.NewServeMux()
	faults.routes(control)
	control.HandleFunc("POST /change", answering(func(c plan.Change) (any, error) { return editor{shop}.apply(c) }))
	control.HandleFunc("POST /everything", answering(func(struct{}) (any, error) {
		var events []json.RawMessage
		for _, e := range demo.Everything(shop) {
			events = append(events, e)
		}
		return events, nil
	}))
	control.HandleFunc("POST /books", answering(func(struct{}) (any, error) { return demo.BooksOf(shop), nil }))
	control.HandleFunc("POST /expire", answering(func(struct{}) (any, error) { shop.RevokeTokens(); return nil, nil }))
	control.HandleFunc("POST /skew", answering(func(d time.Duration) (any, error) { shop.SetSkew(d); return nil, nil }))
	at, err := host(ctx, control)
	return places{api, at}, err
}

func serveFlow(ctx context.Context, t task) (places, error) {
	o := flowtest.Options{Journal: true}
	for uid, token := range t.FlowTokens {
		o.Tenants = append(o.Tenants, flowtest.Tenant{UID: uid, Token: token})
	}
	server, faults := flowtest.New(o), newBreakdown(t.Seed)
	api, err := host(ctx, quoting(faults.spoil(tenantOf, server)))
	if err != nil {
		return places{}, err
	}
	if err := demo.Furnish(ctx, server, api+flowtest.BasePath, t.FlowTokens); err != nil {
		return places{}, err
	}
	server.SetFault(faults.flow)
	control := http.NewServeMux()
	faults.routes(control)
	control.HandleFunc("POST /state", answering(func(tenant string) (any, error) { return server.Snapshot(tenant) }))
	control.HandleFunc("POST /journal", answering(func(struct{}) (any, error) { return server.Journal(), nil }))
	at, err := host(ctx, control)
	return places{api, at}, err
}

// tenantOf is the tenant in the path of a request to Flow.
func tenantOf(r *http.Request) string {
	_, rest, _ := strings.Cut(r.URL.Path, "/tenants/")
	tenant, _, _ := strings.Cut(rest, "/")
	return tenant
}

// flow meets requests to Flow before they are executed.
func (b *breakdown) flow(r flowtest.Request) flowtest.Fault {
	f, hit := b.pick(r.Tenant, before)
	switch {
	case !hit:
		return flowtest.Fault{}
	case f.Kind == plan.Slow:
		return flowtest.Fault{Delay: time.Duration(f.Millis) * time.Millisecond}
	case f.Kind == plan.LoseIt:
		return flowtest.Fault{LoseReply: true}
	}
	return flowtest.Fault{Status: f.Code, Header: header(f)}
}

// front meets requests to Omnium before they are executed.
func (b *breakdown) front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, hit := b.pick("", before)
		switch {
		case !hit:
			next.ServeHTTP(w, r)
		case f.Kind == plan.Slow:
			wait(r.Context(), time.Duration(f.Millis)*time.Millisecond)
			next.ServeHTTP(w, r)
		case f.Kind == plan.LoseIt:
			next.ServeHTTP(&kept{header: http.Header{}}, r)
			panic(http.ErrAbortHandler)
		default:
			maps.Copy(w.Header(), header(f))
			w.WriteHeader(f.Code)
		}
	})
}

// named is a fault with its name.
type namedFault struct {
	Name  string
	Fault plan.Fault
}

func (b *breakdown) routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /break", answering(func(n namedFault) (any, error) { b.set(n.Name, n.Fault); return nil, nil }))
	mux.HandleFunc("POST /heal", answering(func(name string) (any, error) { b.heal(name); return nil, nil }))
	mux.HandleFunc("POST /hits", answering(func(struct{}) (any, error) { return b.counts(), nil }))
}

// answering makes a handler of the control port of a function from JSON to JSON.
func answering[Q any](do func(Q) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		err := json.NewDecoder(r.Body).Decode(&q)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		var answer any
		if err == nil {
			answer, err = do(q)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(answer) // the storm is gone when it does not listen
	}
}

// host serves h on loopback until the process ends.
func host(ctx context.Context, h http.Handler) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), nil
}

// wait waits for a time or the end of ctx.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
