package omniumtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// Event describes a webhook body. The zero value of every field but ObjectID is filled in after the
// documented example: a product patched through the API.
type Event struct {
	ID          string
	OperationID int // 0: 140105
	ClassName   string
	Category    string
	ObjectID    string
	Market      string
	StoreID     string
	UserID      string
	Time        time.Time // zero: the server's clock
}

// body has the fields in the order of the documented example.
type body struct {
	ID          string `json:"id"`
	OperationID int    `json:"operationId"`
	Timestamp   string `json:"timestamp"`
	ClassName   string `json:"className"`
	Category    string `json:"category"`
	ObjectID    string `json:"objectId"`
	Market      string `json:"market,omitempty"`
	StoreID     string `json:"storeId,omitempty"`
	Message     string `json:"message"`
	User        string `json:"user"`
	UserID      string `json:"userId"`
	Origin      string `json:"origin"`
	IsError     bool   `json:"isError"`
	IsRead      bool   `json:"isRead"`
	Tags        []any  `json:"tags"`
	ExternalIDs []any  `json:"externalIds"`
	Properties  []any  `json:"properties"`
	Attachments []any  `json:"attachments"`
	References  []any  `json:"references"`
}

// Event returns the body of the webhook for e, with an event id of its own unless e has one. It
// posts nothing.
func (s *Server) Event(e Event) []byte {
	s.mu.Lock()
	s.eventNo++
	id := fmt.Sprintf("omniumtestevent%05d", s.eventNo)
	s.mu.Unlock()
	if e.Time.IsZero() {
		e.Time = s.stamp()
	}
	none := []any{}
	raw, err := json.Marshal(body{
		ID:          cmp.Or(e.ID, id),
		OperationID: cmp.Or(e.OperationID, 140105),
		Timestamp:   e.Time.UTC().Format("2006-01-02T15:04:05.0000000Z"),
		ClassName:   cmp.Or(e.ClassName, "Product"),
		Category:    cmp.Or(e.Category, "Updated"),
		ObjectID:    e.ObjectID,
		Market:      e.Market,
		StoreID:     e.StoreID,
		Message:     fmt.Sprintf("%s %s changed", cmp.Or(e.ClassName, "Product"), e.ObjectID),
		User:        "erp",
		UserID:      cmp.Or(e.UserID, "erp-5f3a"),
		Origin:      "PATCH /api/Products/" + e.ObjectID,
		Tags:        none, ExternalIDs: none, Properties: none, Attachments: none, References: none,
	})
	if err != nil {
		panic(fmt.Sprintf("omniumtest: an event does not marshal: %v", err))
	}
	return raw
}

// SetSkew steps the clock that stamps documents and events: ahead of Now, or behind it when negative.
// What searches see of the past does not change with it.
func (s *Server) SetSkew(ahead time.Duration) { s.skew.Store(int64(ahead)) }

func (s *Server) stamp() time.Time { return s.Now().Add(time.Duration(s.skew.Load())) }
