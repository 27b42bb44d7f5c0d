package api_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/tenant"
)

// archive is a ledger in memory. The ids of its records are their numbers, counted from 1.
type archive struct {
	mu       sync.Mutex
	records  []ledger.Record // the oldest first
	rejected []ledger.Rejection
	samples  []ledger.Sample
	outcomes map[job.Key]ledger.LastOutcome
	pushes   map[job.Key]time.Time
	uids     map[job.Key][]string
	prints   map[string]ledger.Print // by kind/uid
	aliases  map[string]string

	err   error // what every method answers
	reads int   // pages of records that were read
}

func newArchive() *archive {
	return &archive{
		outcomes: map[job.Key]ledger.LastOutcome{}, pushes: map[job.Key]time.Time{},
		uids: map[job.Key][]string{}, prints: map[string]ledger.Print{}, aliases: map[string]string{},
	}
}

// add appends records, a second apart.
func (a *archive) add(records ...ledger.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range records {
		n := len(a.records) + 1
		r.ID = fmt.Sprintf("%d-0", n)
		r.At = died.Add(time.Duration(n) * time.Second)
		a.records = append(a.records, r)
	}
}

// fail makes every method answer err; nil ends it.
func (a *archive) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

func numberOf(id string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(id, "-0"))
	if err != nil {
		return 0, ledger.ErrCursor
	}
	return n, nil
}

func (a *archive) Records(_ context.Context, cursor string, limit int) ([]ledger.Record, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reads++
	end := len(a.records)
	if cursor != "" {
		n, err := numberOf(cursor)
		if err != nil {
			return nil, err
		}
		end = n - 1
	}
	page := slices.Clone(a.records[max(0, end-limit):end])
	slices.Reverse(page)
	return page, a.err
}

func (a *archive) RecordsAfter(_ context.Context, id string, limit int) ([]ledger.Record, error) {
	n, err := numberOf(id)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.records[n:min(len(a.records), n+limit)]), a.err
}

func (a *archive) Rejections(
	_ context.Context, cursor string, limit int,
) ([]ledger.Rejection, string, error) {
	start := 0
	if cursor != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(cursor, cursorPrefix))
		if err != nil {
			return nil, "", ledger.ErrCursor
		}
		start = n
	}
	end := min(start+limit, len(a.rejected))
	if end == len(a.rejected) {
		return a.rejected[start:], "", a.err
	}
	return a.rejected[start:end], cursorPrefix + strconv.Itoa(end), a.err
}

func (a *archive) LastOutcomes(
	_ context.Context, _ tenant.ID, r event.Resource, ids []string,
) (map[string]ledger.LastOutcome, error) {
	found := map[string]ledger.LastOutcome{}
	for _, id := range ids {
		if o, ok := a.outcomes[job.Key{Resource: r, ID: id}]; ok {
			found[id] = o
		}
	}
	return found, a.err
}

func (a *archive) LastPush(
	_ context.Context, _ tenant.ID, r event.Resource, id string,
) (time.Time, error) {
	return a.pushes[job.Key{Resource: r, ID: id}], a.err
}

func (a *archive) ObjectUIDs(
	_ context.Context, _ tenant.ID, r event.Resource, id string,
) ([]string, error) {
	return a.uids[job.Key{Resource: r, ID: id}], a.err
}

func (a *archive) Prints(
	_ context.Context, _ tenant.ID, kind string, uids []string,
) (map[string]ledger.Print, error) {
	found := map[string]ledger.Print{}
	for _, uid := range uids {
		if p, ok := a.prints[kind+"/"+uid]; ok {
			found[uid] = p
		}
	}
	return found, a.err
}

func (a *archive) Aliases(
	_ context.Context, _ tenant.ID, _ event.Resource, _ []string,
) (map[string]string, error) {
	return a.aliases, a.err
}

// settings are those of a small configuration file.
func settings() api.Settings {
	return api.Settings{
		Settings: []api.Setting{
			{Path: "server.listen", Value: ":8080"},
			{Path: "omnium.clientSecret", Value: tenant.Secret("canary").String()},
		},
		Tenants: []api.TenantSettings{{
			Tenant: "fjell_no", Markets: []string{"NOR"}, Groups: []string{}, Resources: []string{"product"},
			AccessToken: "canary", Properties: map[string]string{"DefaultTenantUid": "fjell_no"},
		}},
		Warnings: []string{"redis.strict is off"},
	}
}

func (a *archive) Samples(
	_ context.Context, _ tenant.ID, from, to time.Time,
) ([]ledger.Sample, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	within := func(s ledger.Sample) bool {
		return !s.At.Before(from.Truncate(time.Minute)) && !s.At.After(to)
	}
	var list []ledger.Sample
	for _, s := range a.samples {
		if within(s) {
			list = append(list, s)
		}
	}
	return list, a.err
}
