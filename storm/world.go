package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/demo"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/storm/plan"
)

// world is everything that a storm goes over: two replicas of the service, a Redis, both vendors, and the
// proxies between them.
type world struct {
	dir      string
	omnium   *fake
	flow     *fake
	redis    *redisServer
	wires    *wires
	replicas []*replica
	operator *operator
	sender   *sender
	audit    *demo.Audit
	ear      *ear
}

// lease is that of jobs.
const lease = 3 * time.Second

func tenants() []string { return []string{demo.TenantNO, demo.TenantSE} }

// openWorld starts everything. The world is to be closed even when it could not be opened whole.
func openWorld(ctx context.Context, binary string, p plan.Plan) (*world, error) {
	w := &world{wires: newWires(), audit: demo.NewAudit(), ear: new(ear)}
	var err error
	if w.dir, err = os.MkdirTemp("", "omniflow-storm-"); err != nil {
		return w, err
	}
	t := task{
		Seed: p.Seed, ClientSecret: secret(), Lag: p.Lag,
		FlowTokens: map[string]string{demo.TenantNO: secret(), demo.TenantSE: secret()},
	}
	if w.omnium, err = startFake(ctx, "omnium", t); err != nil {
		return w, err
	}
	if w.flow, err = startFake(ctx, "flow", t); err != nil {
		return w, err
	}
	if w.redis, err = startRedis(ctx, w.dir, map[bool]string{true: "everysec", false: "always"}[p.Everysec]); err != nil {
		return w, err
	}
	token := secret()
	w.operator = &operator{
		token:  secret(),
		ear:    w.ear,
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	for i := range plan.Replicas {
		r, err := w.addReplica(ctx, i, wiring{
			webhook: token, admin: w.operator.token, clientSecret: t.ClientSecret, flowTokens: t.FlowTokens,
			catchup: p.Everysec,
		})
		if err != nil {
			return w, err
		}
		r.binary = binary
		w.replicas = append(w.replicas, r)
	}
	w.operator.replicas = w.replicas
	w.sender = newSender(w.replicas, token, !p.Everysec, w.ear)
	for _, r := range w.replicas {
		if err := r.launch(ctx); err != nil {
			return w, err
		}
	}
	return w, w.up(ctx)
}

// addReplica wires a replica up.
func (w *world) addReplica(ctx context.Context, i int, c wiring) (*replica, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	c.port = port
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	redis, errRedis := w.wires.add(wire{i, plan.ToRedis}, w.redis.addr())
	omnium, errOmnium := w.wires.add(wire{i, plan.ToOmnium}, strings.TrimPrefix(w.omnium.API, "http://"))
	flow, errFlow := w.wires.add(wire{i, plan.ToFlow}, strings.TrimPrefix(w.flow.API, "http://"))
	hook, errHook := w.wires.add(wire{i, plan.FromHook}, address)
	if err := errors.Join(errRedis, errOmnium, errFlow, errHook); err != nil {
		return nil, err
	}
	c.redis, c.omnium, c.flow = redis, "http://"+omnium, "http://"+flow+flowtest.BasePath
	path, err := c.write(w.dir)
	return &replica{
		config: path, port: port, hook: "http://" + hook, admin: "http://" + address, log: &logFile{},
	}, err
}

// up waits until every replica is ready.
func (w *world) up(ctx context.Context) error {
	for i, r := range w.replicas {
		err := until(ctx, 50*time.Millisecond, time.Minute, fmt.Sprintf("replica %d is ready", i), func() error {
			return w.operator.ask(ctx, http.MethodGet, r.admin+"/readyz", nil, nil)
		})
		if err != nil {
			return fmt.Errorf("%w; its log ends:\n%s", err, tail(r.log.String(), 20))
		}
	}
	return nil
}

func (w *world) close() {
	for _, r := range w.replicas {
		if r.process != nil {
			r.kill()
		}
	}
	w.wires.close()
	if w.redis != nil {
		w.redis.close()
	}
	for _, f := range []*fake{w.omnium, w.flow} {
		if f != nil {
			f.close()
		}
	}
	if w.dir != "" {
		_ = os.RemoveAll(w.dir) // what is left is for the system to clean
	}
}

// keep saves the logs of the replicas and says where.
func (w *world) keep(seed uint64) (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("omniflow-storm-seed-%d", seed))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	var errs []error
	for i, r := range w.replicas {
		path := filepath.Join(dir, fmt.Sprintf("replica-%d.log", i))
		errs = append(errs, os.WriteFile(path, []byte(r.log.String()), 0o600))
	}
	return dir, errors.Join(errs...)
}

// books are what Omnium has now.
func (w *world) books(ctx context.Context) (demo.Books, error) {
	var b demo.Books
	return b, w.omnium.ask(ctx, "books", struct{}{}, &b)
}

// compare asks the oracle.
func (w *world) compare(ctx context.Context) (demo.Report, error) {
	b, err := w.books(ctx)
	if err != nil {
		return demo.Report{}, err
	}
	found := map[string]demo.Found{}
	for _, t := range tenants() {
		var f demo.Found
		if err := w.flow.ask(ctx, "state", t, &f.State); err != nil {
			return demo.Report{}, err
		}
		letters, err := w.operator.letters(ctx, t)
		if err != nil {
			return demo.Report{}, err
		}
		for _, l := range letters {
			f.Letters = append(f.Letters, l.Resource+"/"+l.ID)
		}
		found[t] = f
	}
	return w.audit.Compare(b, found)
}

// firstLoad announces the whole shop and wants Flow to agree before anything breaks.
func (w *world) firstLoad(ctx context.Context) error {
	var events []json.RawMessage
	if err := w.omnium.ask(ctx, "everything", struct{}{}, &events); err != nil {
		return err
	}
	var all [][]byte
	for _, e := range events {
		all = append(all, e)
	}
	for chunk := range slices.Chunk(all, 50) {
		if status, _, err := w.sender.send(ctx, w.replicas[0].hook, array(chunk)); status != http.StatusAccepted {
			return fmt.Errorf("announce the shop: status %d: %w", status, err)
		}
	}
	if err := w.drained(ctx); err != nil {
		return fmt.Errorf("before the storm: %w", err)
	}
	report, err := w.compare(ctx)
	if err == nil && len(report.Differences) > 0 {
		err = &demo.DisagreementError{Report: report}
	}
	if err != nil {
		return fmt.Errorf("before the storm: %w", err)
	}
	b, err := w.books(ctx)
	w.audit.Remember(b)
	return err
}

// shopOf is what a plan may change.
func shopOf() plan.Shop {
	b := demo.BooksOf(demo.NewOmnium("", time.Now()))
	s := plan.Shop{
		Persons:   []string{"kari.nordmann@example.com", "6c1f0f7e-0b61-4f0c-8a3e-5c7f6f1a2b11", "K-2003", "+46700000005"},
		Companies: []string{"B-1001", "B-1002"}, Suppliers: []string{"L-100", "L-200", "L-300"},
		Stores: []string{"oslo", "bergen", "goteborg", "nett"}, Categories: []string{"tur-sekker", "klaer-ull", "sko", "ski"},
		Orders: []string{"PO-1001", "PO-1002", "PO-2001"}, Deliveries: []string{"D-31", "D-32"},
		FiledPrices: []string{"trousers-no"}, SuppliersGone: []string{"L-400"}, StoresGone: []string{"malmo"},
	}
	for _, p := range b.Products {
		odd := strings.HasPrefix(p.ProductID, "XX-") || p.ProductID == filedFor || p.ProductID == "PU-2501"
		if !odd && !slices.Contains(s.Products, p.ProductID) {
			s.Products = append(s.Products, p.ProductID)
		}
	}
	for _, item := range b.Stock {
		s.Stock = append(s.Stock, item.SKU+"_"+item.WarehouseCode)
	}
	return s
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
