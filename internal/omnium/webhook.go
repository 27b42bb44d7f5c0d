package omnium

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/omniflow/omniflow/internal/event"
)

// MaxNotices is the largest number of events in one webhook body.
const MaxNotices = 1000

// maxID is the longest object id that can exist: Omnium's storage, Elasticsearch, does not take a
// longer document id.
const maxID = 512

// Notice is one event of a webhook body and what it means for omniflow.
type Notice struct {
	// Event is complete when Ignored is empty; otherwise Resource, Change and Objects may be empty.
	Event event.Event
	// Ignored is the reason why the event leads to no job, one of the Ignored constants; empty when
	// it does.
	Ignored string
	// SettingsChanged marks tenant settings events: markets and groups are to be read again.
	SettingsChanged bool
	// OperationID (0 when not told) and ClassName (cut to 64 bytes) are for logs only.
	OperationID int
	ClassName   string
}

// BodyError says why a webhook body is refused. Its text holds nothing of the body.
type BodyError struct{ Reason string }

// Error returns the reason.
func (e *BodyError) Error() string { return "webhook body " + e.Reason }

// ParseWebhook reads what Omnium posts: one event, or an array of 1 to MaxNotices events, which is
// accepted or refused as a whole. It is lenient about everything that does not decide what an event
// means: fields may be missing, null, of another type, or unknown (reference omnium-api.md §2.2).
// The error is always a *BodyError. The caller bounds the size of the body.
func ParseWebhook(body []byte) ([]Notice, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch {
	case len(body) > 0 && body[0] == '{':
		n, err := parseNotice(body)
		if err != nil {
			return nil, err
		}
		return []Notice{n}, nil
	case len(body) > 0 && body[0] == '[':
		return parseNotices(body)
	default:
		return nil, &BodyError{"is neither a JSON object nor an array"}
	}
}

func parseNotices(body []byte) ([]Notice, error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(body, &elements); err != nil {
		return nil, bodyError(err)
	}
	switch {
	case len(elements) == 0:
		return nil, &BodyError{"is an empty array"}
	case len(elements) > MaxNotices:
		return nil, &BodyError{fmt.Sprintf("has %d events, the limit is %d", len(elements), MaxNotices)}
	}
	notices := make([]Notice, 0, len(elements))
	for i, raw := range elements {
		n, err := parseNotice(raw)
		if refused, ok := errors.AsType[*BodyError](err); ok {
			return nil, &BodyError{fmt.Sprintf("element %d %s", i, refused.Reason)}
		}
		notices = append(notices, n)
	}
	return notices, nil
}

// bodyError leaves out the text of the cause, which may quote the body.
func bodyError(err error) *BodyError {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return &BodyError{fmt.Sprintf("is not JSON, or nested too deep, at byte %d", syntax.Offset)}
	}
	return &BodyError{"is not a JSON object"}
}

// notice holds the fields that matter as they were sent.
type notice struct {
	ID          json.RawMessage
	OperationID json.RawMessage
	Timestamp   json.RawMessage
	ClassName   json.RawMessage
	ObjectID    json.RawMessage
	Category    json.RawMessage
	Market      json.RawMessage
	StoreID     json.RawMessage
	UserID      json.RawMessage
	Status      json.RawMessage
	Properties  json.RawMessage
	Attachments json.RawMessage
	References  json.RawMessage
}

func parseNotice(body []byte) (Notice, error) {
	if body[0] != '{' {
		return Notice{}, &BodyError{"is not a JSON object"}
	}
	var raw notice
	if err := json.Unmarshal(body, &raw); err != nil {
		return Notice{}, bodyError(err)
	}
	if !raw.validUTF8() {
		return Notice{}, &BodyError{"is not valid UTF-8"}
	}
	id, class := integer(raw.OperationID), strings.TrimSpace(text(raw.ClassName))
	if id == 0 && class == "" && strings.TrimSpace(text(raw.ObjectID)) == "" {
		return Notice{}, &BodyError{"has neither className, objectId nor operationId"}
	}
	op := operationOf(id, class, strings.TrimSpace(text(raw.Category)))
	n := Notice{
		Event: event.Event{
			ID:     raw.identity(),
			Market: bounded(strings.TrimSpace(text(raw.Market))),
			Store:  bounded(strings.TrimSpace(text(raw.StoreID))),
			Actor:  bounded(text(raw.UserID)),
			Time:   ParseTime(text(raw.Timestamp)),
		},
		OperationID:     id,
		ClassName:       class[:min(len(class), 64)],
		SettingsChanged: op.settings,
	}
	n.apply(raw.withReservation(op), &raw)
	return n, nil
}

// bounded cuts what is kept of a field that nobody promises a length of.
func bounded(s string) string { return s[:min(len(s), maxID)] }

// apply fills in what op makes of the event.
func (n *Notice) apply(op operation, raw *notice) {
	n.Ignored = op.ignored
	if n.Ignored != "" {
		return
	}
	n.Event.Resource, n.Event.Change = op.resource, op.change
	ids := raw.objects(op)
	n.Event.Objects = possible(ids)
	// A batch of impossible ids stays a batch whose ids could not be read.
	if len(ids) > 0 && len(n.Event.Objects) == 0 && op.ids == oneID {
		n.Ignored = IgnoredObjectID
	}
}

// possible drops the ids that no object can have.
func possible(ids []string) []string {
	var kept []string
	for _, id := range ids {
		if len(id) <= maxID {
			kept = append(kept, id)
		}
	}
	return kept
}

// withReservation turns an order event that names purchase orders into an event of those: a
// reservation on them may have changed (design §2).
func (n *notice) withReservation(op operation) operation {
	if op.ignored != IgnoredOrder || len(n.stated(event.PurchaseOrder)) == 0 {
		return op
	}
	return operation{resource: event.PurchaseOrder, change: event.Changed, ids: statedIDs}
}

// identity is the event's id, or a hash of what tells it from others. Without a timestamp nothing
// does: a second change of the same object would look like a repetition and be lost, so such an
// event is taken as new every time.
func (n *notice) identity() string {
	if id := text(n.ID); id != "" && len(id) <= maxID {
		return id
	} else if id != "" {
		return hash(id)
	}
	timestamp := text(n.Timestamp)
	if timestamp == "" {
		timestamp = rand.Text()
	}
	return hash(text(n.ClassName), text(n.ObjectID), text(n.OperationID), text(n.Category),
		text(n.Status), timestamp)
}

func hash(fields ...string) string {
	h := sha256.New()
	for _, field := range fields {
		// The length keeps ("a", "bc") apart from ("ab", "c").
		h.Write(fmt.Appendf(nil, "%d:%s", len(field), field))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)[:16])
}
