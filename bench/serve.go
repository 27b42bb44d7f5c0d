package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// benchTenant serves the market of the load's events.
const (
	benchTenant  = tenant.ID("bench")
	webhookToken = "bench-webhook-token"
)

// The intakes that are compared. All but bare share omniflow's HTTP handler.
const (
	intakeBare     = "bare"     // net/http that reads the body and answers 202
	intakeParse    = "parse"    // the handler, which keeps nothing
	intakeAsynq    = "asynq"    // the handler, which enqueues with asynq
	intakeOmniflow = "omniflow" // the handler with the group commit
	intakeHistory  = "history"  // the same, writing the operator's history beside it
)

// serveTask says which intake a service process has.
type serveTask struct {
	Intake  string
	Redis   string
	Profile string
}

// serving is what a service process says when it takes requests.
type serving struct{ Addr string }

func serve(ctx context.Context, task []byte, out *json.Encoder) error {
	var t serveTask
	if err := json.Unmarshal(task, &t); err != nil {
		return err
	}
	stop, err := profile(t.Profile)
	if err != nil {
		return err
	}
	defer stop()
	handler, closeIntake, err := newIntake(ctx, t)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	go func() { _ = server.Serve(l) }()
	if err := out.Encode(serving{l.Addr().String()}); err != nil {
		return err
	}
	untilEOF()
	err = server.Shutdown(ctx)
	closeIntake()
	return err
}

// newIntake returns the handler of one of the intakes and what ends it.
func newIntake(ctx context.Context, t serveTask) (http.Handler, func(), error) {
	rdb := redis.NewClient(redisOptions(t.Redis))
	q, err := queue.New(rdb, queue.Options{})
	if err != nil {
		return nil, nil, err
	}
	closing := func() { _ = rdb.Close() }
	switch t.Intake {
	case intakeBare:
		return http.HandlerFunc(answerAccepted), closing, nil
	case intakeParse:
		h, err := newHandler(rdb, q, instantly{}, nil)
		return h, closing, err
	case intakeAsynq:
		peer := newAsynqIntake(t.Redis)
		h, err := newHandler(rdb, q, peer, nil)
		return h, func() { _ = peer.client.Close() }, err
	}
	committer := queue.NewCommitter(q, queue.CommitterOptions{})
	stopCommits := background(ctx, committer.Run)
	if t.Intake == intakeOmniflow {
		h, err := newHandler(rdb, q, committer, nil)
		return h, func() { stopCommits(); closing() }, err
	}
	history := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	stopHistory := background(ctx, history.Run)
	h, err := newHandler(rdb, q, committer, recorder{history})
	return h, func() { stopCommits(); stopHistory(); closing() }, err
}

// background runs a part and returns what stops it and waits for it.
func background(ctx context.Context, run func(context.Context) error) func() {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = run(ctx)
	}()
	return func() { cancel(); <-ended }
}

func newHandler(
	rdb redis.UniversalClient, q *queue.Queue, in api.Intake, listener api.Recorder,
) (http.Handler, error) {
	directory, err := tenant.NewDirectory([]tenant.Tenant{{
		ID: benchTenant, Markets: []string{"NOR"}, Resources: []string{string(event.Product)},
	}}, tenant.Topology{})
	if err != nil {
		return nil, err
	}
	return api.New(api.Options{
		Credentials: api.Credentials{Bearer: []tenant.Secret{webhookToken}},
		Directory:   func() *tenant.Directory { return directory },
		Intake:      in,
		Recorder:    listener,
		Jobs:        q,
		Archive:     ledger.New(rdb),
		Syncs:       ledger.New(rdb),
		Settings:    func() api.Settings { return api.Settings{} },
		Health:      healthy{},
		Ready:       func(context.Context) error { return nil },
		Metrics:     http.NotFoundHandler(),
		Log:         zerolog.New(io.Discard).Level(zerolog.InfoLevel),
	})
}

func answerAccepted(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"accepted":1}`)
}

// instantly is an intake that keeps nothing.
type instantly struct{}

// Enqueue implements api.Intake.
func (instantly) Enqueue(_ context.Context, entries []queue.Entry) ([]queue.Result, error) {
	results := make([]queue.Result, len(entries))
	for i := range results {
		results[i] = queue.Accepted
	}
	return results, nil
}

// Park implements api.Intake.
func (instantly) Park(context.Context, []queue.Parked) error { return nil }

// recorder writes the history as the service does.
type recorder struct{ history *ledger.History }

// Rejected implements api.Recorder.
func (r recorder) Rejected(body []byte, reason string) { r.history.Rejected(body, reason) }

// Received implements api.Recorder.
func (r recorder) Received(n omnium.Notice, tenants []tenant.ID, result string) {
	r.history.Event(n.Event, tenants, result, n.Ignored)
}

// healthy is a target that nothing is wrong with.
type healthy struct{}

// Breaker implements api.TenantHealth.
func (healthy) Breaker(tenant.ID) string { return "closed" }

// LastSuccess implements api.TenantHealth.
func (healthy) LastSuccess(context.Context, tenant.ID) (time.Time, error) { return time.Time{}, nil }

// profile writes a CPU profile until the returned function is called; no path, no profile.
func profile(path string) (func(), error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}
