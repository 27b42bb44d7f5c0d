package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/worker"
)

// maxNames bounds how many names of an object a preview follows.
const maxNames = 3

// preview runs the real handler of an object on a scratch of the ledger, with a client that writes
// nothing to Flow, and notes what would be sent and queued.
func (s *service) preview(ctx context.Context, id tenant.ID, key job.Key) (api.Preview, error) {
	p := &preview{generation: s.now()}
	t, served := p.routing.directory().Tenant(id)
	client := p.flows[id]
	if !served || client == nil {
		return api.Preview{}, fmt.Errorf("preview: %s is not served", id)
	}
	options := s.reconcileOptions(p.generation, t)
	options.Ledger = ledger.NewScratch(s.ledger)
	options.Enqueue = p.queued
	handlers, err := newHandlers(t, options, p.omnium, client.Dry(p.write))
	if err != nil {
		return api.Preview{}, err
	}
	var o job.Outcome
	for range maxNames {
		if o, err = try(ctx, handlers, id, key); err != nil {
			return api.Preview{}, err
		}
		if o.Result != job.Rekeyed || len(p.asks) != 1 { // several are listed
			break
		}
		key, p.asks = p.asks[0], nil
	}
	return p.shown(ctx, client, key, o), nil
}

// preview notes what a handler would do.
type preview struct {
	*generation

	mu   sync.Mutex
	sent []flow.Sent
	asks []job.Key
}

func (p *preview) write(s flow.Sent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, s)
}

func (p *preview) queued(_ context.Context, key job.Key, _ job.Lane, _ job.Cause) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks = append(p.asks, key)
	return nil
}

// try handles one job that nobody has queued. Nothing says that the object has just changed, so that it is
// taken as it reads.
func try(
	ctx context.Context, handlers map[event.Resource]worker.Handler, id tenant.ID, key job.Key,
) (o job.Outcome, err error) {
	handler, ok := handlers[key.Resource]
	if !ok {
		return o, fmt.Errorf("preview: %s does not export %s", id, key.Resource)
	}
	defer func() {
		if v := recover(); v != nil {
			o = job.Panicked(v)
		}
	}()
	outcomes := make(chan job.Outcome, 1)
	j := job.Job{
		Tenant: id, Key: key, Cause: job.Cause{EventID: "preview", Change: event.Changed},
		Claimed: time.Now(), // what was read before will not do
	}
	handler.Handle(ctx, []job.Job{j}, func(_ job.Job, o job.Outcome) {
		select {
		case outcomes <- o:
		default: // the first outcome counts
		}
	})
	select {
	case o = <-outcomes:
		return o, nil
	default:
		return o, errors.New("preview: handler returned without an outcome")
	}
}

func (p *preview) shown(ctx context.Context, client *flow.Client, key job.Key, o job.Outcome) api.Preview {
	shown := api.Preview{
		Resource: key.Resource, ID: key.ID, Result: cmp.Or(o.Result, string(o.Verdict)), Reason: o.Reason,
		Requests: []api.PreviewRequest{}, AlsoQueues: []api.PreviewKey{},
	}
	if o.Err != nil {
		shown.Error = o.Err.Error()
	}
	for _, s := range p.sent {
		shown.Requests = append(shown.Requests, request(ctx, client, s))
	}
	for _, k := range p.asks {
		shown.AlsoQueues = append(shown.AlsoQueues, api.PreviewKey{Resource: k.Resource, ID: k.ID})
	}
	return shown
}

// request shows one write beside what Flow has.
func request(ctx context.Context, client *flow.Client, s flow.Sent) api.PreviewRequest {
	r := api.PreviewRequest{
		Operation: s.Name, Method: s.Method, Path: s.Target, Evidence: string(s.Evidence), Body: s.Body,
		Compared: api.ComparedByPrint, Changes: []api.PreviewChange{},
	}
	c, err := client.Compare(ctx, s)
	switch {
	case err != nil:
		r.Note = "Flow could not be asked what it has: " + err.Error()
	case !c.Readable:
		r.Note = "Flow has no read for it that is known to work; it differs from what was pushed last, or was never pushed"
	default:
		r.Compared, r.Exists = api.ComparedWithFlow, &c.Exists
		for _, change := range c.Changes {
			r.Changes = append(r.Changes, api.PreviewChange(change))
		}
	}
	return r
}
