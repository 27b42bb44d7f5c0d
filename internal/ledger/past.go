package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/tenant"
)

// ErrCursor means that a cursor is not one that was given out.
var ErrCursor = errors.New("ledger: unknown cursor")

// The kinds of a Record.
const (
	KindEvent   = "event"   // something was received
	KindOutcome = "outcome" // a run ended
)

// Record is one entry of the history: an event that was received, or a run that ended.
type Record struct {
	// ID is its place in the history; it grows.
	ID   string
	Kind string
	At   time.Time
	// EventID is the event, or the newest event that asked for the job.
	EventID  string
	Resource event.Resource
	// Change and Market are those of an event.
	Change event.Change
	Market string
	// Objects are the first ones that an event names, or the one that a run was about.
	Objects []string
	// ObjectCount is how many objects there are, those that Objects leaves out included.
	ObjectCount int
	// Tenants are those the event was queued for, or the one of the run.
	Tenants []tenant.ID
	// Result is what came of it and Reason a word for why.
	Result, Reason string
	// Attempt, Settled and Error are those of a run.
	Attempt        int
	Settled, Error string
}

// Records returns up to limit records, the newest first: those older than the cursor, which is the
// ID of one, or the newest of all when it is empty.
func (l *Ledger) Records(ctx context.Context, cursor string, limit int) ([]Record, error) {
	start := "+"
	if cursor != "" {
		if !recordID.MatchString(cursor) {
			return nil, ErrCursor
		}
		start = "(" + cursor
	}
	entries, err := l.rdb.XRevRangeN(ctx, eventsKey, start, "-", int64(limit)).Result()
	return records(entries, err)
}

// RecordsAfter returns up to limit records, the oldest first: those younger than the one with the ID.
func (l *Ledger) RecordsAfter(ctx context.Context, id string, limit int) ([]Record, error) {
	if !recordID.MatchString(id) {
		return nil, ErrCursor
	}
	entries, err := l.rdb.XRangeN(ctx, eventsKey, "("+id, "+", int64(limit)).Result()
	return records(entries, err)
}

var recordID = regexp.MustCompile(`^\d{1,19}-\d{1,19}$`)

func records(entries []redis.XMessage, err error) ([]Record, error) {
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	list := make([]Record, 0, len(entries))
	for _, e := range entries {
		list = append(list, parseRecord(e))
	}
	return list, nil
}

// parseRecord takes what is missing or unreadable as not told.
func parseRecord(e redis.XMessage) Record {
	field := func(name string) string {
		s, _ := e.Values[name].(string)
		return s
	}
	r := Record{
		ID: e.ID, Kind: field("kind"), At: parseStamp(field("at")), EventID: field("event"),
		Resource: event.Resource(field("resource")), Change: event.Change(field("change")),
		Market: field("market"), Result: field("result"), Reason: field("reason"),
		Settled: field("settled"), Error: field("error"),
	}
	if r.Kind == KindOutcome {
		r.Objects, r.ObjectCount = []string{field("object")}, 1
		r.Tenants = []tenant.ID{tenant.ID(field("tenant"))}
		r.Attempt, _ = strconv.Atoi(field("attempt"))
		return r
	}
	_ = json.Unmarshal([]byte(field("objects")), &r.Objects)
	_ = json.Unmarshal([]byte(field("tenants")), &r.Tenants)
	r.ObjectCount, _ = strconv.Atoi(field("objectCount"))
	return r
}

// Rejection is a body that was answered 400.
type Rejection struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	// Body is its beginning; bytes that are no text are replaced.
	Body string `json:"body"`
}

// Rejections returns up to limit refused bodies, the newest first, and the cursor for the next page,
// which is empty after the last one. The first page has the empty cursor. Bodies that are refused
// between two pages move the others down the list: none of those is missed or seen twice. The error
// is ErrCursor when the cursor is not one that was given out.
func (l *Ledger) Rejections(ctx context.Context, cursor string, limit int) ([]Rejection, string, error) {
	at, seen, err := parseRejectedCursor(cursor)
	if err != nil || limit < 1 {
		return nil, "", err
	}
	var list []Rejection
	for {
		raw, err := l.rdb.LRange(ctx, rejectedKey, at, at+int64(limit)-1).Result()
		if err != nil {
			return nil, "", fmt.Errorf("list refused bodies: %w", err)
		}
		for _, r := range raw {
			at++
			switch {
			case seen == "":
				list = append(list, parseRejection(r))
			case seen == mark(r):
				seen = ""
			}
			if len(list) == limit {
				return list, strconv.FormatInt(at, 10) + " " + mark(r), nil
			}
		}
		if len(raw) < limit {
			return list, "", nil
		}
	}
}

func parseRejection(raw string) Rejection {
	var r Rejection
	if err := json.Unmarshal([]byte(raw), &r); err != nil {
		return Rejection{Reason: "unreadable entry"}
	}
	return r
}

// mark tells entries apart.
func mark(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// parseRejectedCursor reads "position mark": at least so far down the list is the entry with that
// mark, after which the page begins.
func parseRejectedCursor(cursor string) (at int64, seen string, err error) {
	if cursor == "" {
		return 0, "", nil
	}
	position, seen, _ := strings.Cut(cursor, " ")
	n, err := strconv.ParseInt(position, 10, 32)
	if err != nil || n < 1 || seen == "" {
		return 0, "", ErrCursor
	}
	return n - 1, seen, nil
}
