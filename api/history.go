package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// record is an entry of the history as the admin API shows it. What does not apply to its kind is
// left out.
type record struct {
	ID          string         `json:"id"`
	Kind        string         `json:"kind"`
	At          time.Time      `json:"at"`
	Event       string         `json:"event"`
	Resource    event.Resource `json:"resource"`
	Objects     []string       `json:"objects"`
	ObjectCount int            `json:"objectCount"`
	Tenants     []tenant.ID    `json:"tenants"`
	Result      string         `json:"result"`
	Reason      string         `json:"reason"`
	Change      event.Change   `json:"change,omitempty"`
	Market      string         `json:"market,omitempty"`
	Attempt     int            `json:"attempt,omitempty"`
	Settled     string         `json:"settled,omitempty"`
	Error       string         `json:"error,omitempty"`
}

func shownRecord(r ledger.Record) record {
	return record{
		ID: r.ID, Kind: r.Kind, At: r.At.UTC(), Event: r.EventID, Resource: r.Resource,
		Objects: append([]string{}, r.Objects...), ObjectCount: r.ObjectCount,
		Tenants: append([]tenant.ID{}, r.Tenants...), Result: r.Result, Reason: r.Reason,
		Change: r.Change, Market: r.Market, Attempt: r.Attempt, Settled: r.Settled, Error: r.Error,
	}
}

// recordSearch selects entries of the history; what is empty does not narrow down.
type recordSearch struct {
	tenant   tenant.ID
	resource event.Resource
	result   string
	window
}

func (c recordSearch) matches(r ledger.Record) bool {
	return (c.tenant == "" || slices.Contains(r.Tenants, c.tenant)) &&
		(c.resource == "" || c.resource == r.Resource) &&
		(c.result == "" || c.result == r.Result)
}

// listEvents answers GET /admin/v1/events: what was received and what came of it.
func (s *server) listEvents(w http.ResponseWriter, r *http.Request) error {
	resource, err := resourceParam(r)
	if err != nil {
		return err
	}
	window, err := windowOf(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	list, err := s.scanRecords(r.Context(), recordSearch{
		tenant.ID(query.Get("tenant")), resource, query.Get("result"), window,
	})
	if err != nil {
		return storeFault(fmt.Errorf("list events: %w", err))
	}
	return writeJSON(w, http.StatusOK, list)
}

// scanRecords goes through the history until the page is full, all was seen, or historyPages.
func (s *server) scanRecords(ctx context.Context, c recordSearch) (page[record], error) {
	list := page[record]{Items: []record{}}
	for range historyPages {
		records, err := s.Archive.Records(ctx, c.cursor, historyPage)
		if err != nil {
			return list, err
		}
		for _, rec := range records {
			if len(list.Items) == c.limit {
				list.NextCursor = sealed(c.cursor)
				return list, nil
			}
			c.cursor = rec.ID
			if c.matches(rec) {
				list.Items = append(list.Items, shownRecord(rec))
			}
		}
		if len(records) < historyPage {
			return list, nil
		}
	}
	list.NextCursor = sealed(c.cursor)
	return list, nil
}

// parkedEvent is an event that no tenant takes now.
type parkedEvent struct {
	ID       string         `json:"id"`
	Reason   string         `json:"reason"`
	Resource event.Resource `json:"resource"`
	Change   event.Change   `json:"change"`
	Objects  []string       `json:"objects"`
	Market   string         `json:"market"`
	Store    string         `json:"store"`
	Time     *time.Time     `json:"time"`
}

// listUnrouted answers GET /admin/v1/unrouted.
func (s *server) listUnrouted(w http.ResponseWriter, r *http.Request) error {
	window, err := windowOf(r)
	if err != nil {
		return err
	}
	cursor := uint64(0)
	if window.cursor != "" {
		if cursor, err = strconv.ParseUint(window.cursor, 10, 64); err != nil {
			return refuse(errInvalid, badCursor, err)
		}
	}
	parked, next, err := s.Jobs.ParkedPage(r.Context(), cursor, window.limit)
	if err != nil {
		return storeFault(fmt.Errorf("list unrouted events: %w", err))
	}
	list := page[parkedEvent]{Items: make([]parkedEvent, 0, len(parked))}
	for _, p := range parked {
		list.Items = append(list.Items, shownParked(p))
	}
	if next != 0 {
		list.NextCursor = sealed(strconv.FormatUint(next, 10))
	}
	return writeJSON(w, http.StatusOK, list)
}

func shownParked(p queue.Parked) parkedEvent {
	e := p.Event
	return parkedEvent{
		ID: e.ID, Reason: p.Reason, Resource: e.Resource, Change: e.Change,
		Objects: append([]string{}, e.Objects...), Market: e.Market, Store: e.Store, Time: moment(e.Time),
	}
}

// listRejected answers GET /admin/v1/rejected: bodies that were answered 400.
func (s *server) listRejected(w http.ResponseWriter, r *http.Request) error {
	window, err := windowOf(r)
	if err != nil {
		return err
	}
	bodies, next, err := s.Archive.Rejections(r.Context(), window.cursor, window.limit)
	if err != nil {
		return storeFault(fmt.Errorf("list refused bodies: %w", err))
	}
	return writeJSON(w, http.StatusOK, page[ledger.Rejection]{
		Items: append([]ledger.Rejection{}, bodies...), NextCursor: sealed(next),
	})
}
