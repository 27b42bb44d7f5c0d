package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// World is the two fakes, served on the loopback interface, and the secrets that the service and
// its callers need. It is safe for concurrent use.
type World struct {
	// Omnium holds the shop; Flow starts with empty tenants but for one product group.
	Omnium *omniumtest.Server
	Flow   *flowtest.Server

	omniumURL, flowURL       string
	webhookToken, adminToken string
	clientSecret             string
	flowTokens               map[string]string
	throttled                atomic.Bool  // Omnium answers 429
	refusals                 atomic.Int64 // how often it did
	servers                  []*http.Server
	serving                  sync.WaitGroup
}

// Open starts the fakes and opens the shop. What the shop sells is the same every time; ports and
// secrets are not. Close the world after use.
func Open(ctx context.Context) (*World, error) {
	w := &World{
		Omnium:       omniumtest.New(),
		webhookToken: rand.Text(), adminToken: rand.Text(), clientSecret: rand.Text(),
		flowTokens: map[string]string{TenantNO: rand.Text(), TenantSE: rand.Text()},
	}
	w.Flow = flowtest.New(flowtest.Options{Tenants: []flowtest.Tenant{
		{UID: TenantNO, Token: w.flowTokens[TenantNO]},
		{UID: TenantSE, Token: w.flowTokens[TenantSE]},
	}})
	w.Omnium.ClientSecret, w.Omnium.Language = w.clientSecret, defaultLanguage
	w.Omnium.Fail = w.throttle
	omniumURL, errOmnium := w.listen(ctx, w.Omnium)
	flowURL, errFlow := w.listen(ctx, w.Flow)
	if err := errors.Join(errOmnium, errFlow); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	w.omniumURL, w.flowURL = omniumURL, flowURL+flowtest.BasePath
	if err := w.furnish(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	w.openShop(time.Now())
	return w, nil
}

func (w *World) listen(ctx context.Context, handler http.Handler) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	w.servers = append(w.servers, server)
	w.serving.Go(func() { _ = server.Serve(listener) }) // It ends with Close only.
	return "http://" + listener.Addr().String(), nil
}

// furnish puts into Flow what the shop's people have put there by hand: the default product group, the
// main price list, and in Norway a customer who was served at a till.
func (w *World) furnish(ctx context.Context) error {
	for _, t := range tenants() {
		client, err := w.till(t)
		if err != nil {
			return fmt.Errorf("furnish %s: %w", t.uid, err)
		}
		w.Flow.PutPriceList(t.uid, mainList)
		err = client.EnsureProductGroup(ctx, furniture())
		for uid, c := range t.served() {
			c.CustomerUID = uid
			_, failed := client.PutCustomer(ctx, c, false, 0)
			err = errors.Join(err, failed)
		}
		client.Close()
		if err != nil {
			return fmt.Errorf("furnish %s: %w", t.uid, err)
		}
	}
	return nil
}

func furniture() flow.ProductGroup {
	return flow.ProductGroup{ProductGroupUID: defaultGroup, Name: "Diverse"}
}

// till is somebody at work in Flow. Close it after use.
func (w *World) till(t tenant) (*flow.Client, error) {
	return flow.New(flow.Options{
		Tenant: t.uid, BaseURL: w.flowURL, AccessToken: func() string { return w.flowTokens[t.uid] },
	})
}

// mainList is the price list of each tenant.
const mainList = "main"

// served are the customers that the tenant's tills knew before, by the uid that Flow has given them.
func (t tenant) served() map[string]flow.Customer {
	if t.uid != TenantNO {
		return nil
	}
	return map[string]flow.Customer{uidFromTo: {
		CustomerType: flow.Person, ExternalID: customerFromTo, FirstName: "Line", Email: "line@example.com",
	}}
}

// throttle is asked by the fake Omnium about every request.
func (w *World) throttle(*http.Request) (int, http.Header, bool) {
	if !w.throttled.Load() {
		return 0, nil, false
	}
	w.refusals.Add(1)
	return http.StatusTooManyRequests, http.Header{"Retry-After": {"1"}}, true
}

// Close ends both fakes and waits for them.
func (w *World) Close() error {
	w.Flow.Close()
	var errs []error
	for _, server := range w.servers {
		errs = append(errs, server.Close())
	}
	w.serving.Wait()
	return errors.Join(errs...)
}

// OmniumURL is where the fake Omnium listens.
func (w *World) OmniumURL() string { return w.omniumURL }

// FlowURL is where the fake Flow listens, version included.
func (w *World) FlowURL() string { return w.flowURL }

// WebhookToken is the bearer token that the service takes events with.
func (w *World) WebhookToken() string { return w.webhookToken }

// AdminToken is the bearer token of an operator of the service.
func (w *World) AdminToken() string { return w.adminToken }

// Shop counts the products in Omnium and their documents, one per language.
func (w *World) Shop() (products, documents int) {
	all := w.Omnium.Products()
	return len(byProduct(all)), len(all)
}
