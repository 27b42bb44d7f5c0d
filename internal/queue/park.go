package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Park keeps events that no tenant takes now. It returns when Redis has them.
func (q *Queue) Park(ctx context.Context, parked []Parked) error {
	if len(parked) == 0 {
		return nil
	}
	fields := make([]any, 0, 2*len(parked))
	for _, p := range parked {
		raw, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("encode parked event: %w", err)
		}
		fields = append(fields, parkedField(p), raw)
	}
	if err := q.rdb.HSet(ctx, parkedKey, fields...).Err(); err != nil {
		return fmt.Errorf("park events: %w", err)
	}
	return nil
}

// parkedField keeps the newest event per market, resource and objects: how many are parked is
// bounded by what exists, not by how often it changes.
func parkedField(p Parked) string {
	raw, _ := json.Marshal([]any{p.Reason, p.Event.Resource, p.Event.Market, p.Event.Store, p.Event.Objects})
	return string(raw)
}

// ParkedEvents calls visit for every parked event, in no particular order; visit ends the walk by
// returning false. An event may be visited twice.
func (q *Queue) ParkedEvents(ctx context.Context, visit func(Parked) bool) error {
	iter := q.rdb.HScan(ctx, parkedKey, 0, "", 100).Iterator()
	for field := true; iter.Next(ctx); field = !field {
		if field {
			continue
		}
		var p Parked
		if err := json.Unmarshal([]byte(iter.Val()), &p); err != nil {
			return fmt.Errorf("decode parked event: %w", err)
		}
		if !visit(p) {
			return nil
		}
	}
	if err := iter.Err(); err != nil {
		return fmt.Errorf("list parked events: %w", err)
	}
	return nil
}

// ParkedPage returns about limit parked events, in no particular order, and the cursor for the next
// page, which is 0 after the last one; the first page has the cursor 0. A page may be empty and not
// the last. An event that stays parked is returned at least once.
func (q *Queue) ParkedPage(
	ctx context.Context, cursor uint64, limit int,
) ([]Parked, uint64, error) {
	values, next, err := q.rdb.HScan(ctx, parkedKey, cursor, "", int64(limit)).Result()
	if err != nil {
		return nil, 0, fmt.Errorf("list parked events: %w", err)
	}
	var parked []Parked
	for pair := range slices.Chunk(values, 2) {
		var p Parked
		if err := json.Unmarshal([]byte(pair[len(pair)-1]), &p); err != nil {
			return nil, 0, fmt.Errorf("decode parked event: %w", err)
		}
		parked = append(parked, p)
	}
	return parked, next, nil
}

// ParkedCount returns how many events are parked.
func (q *Queue) ParkedCount(ctx context.Context) (int, error) {
	n, err := q.rdb.HLen(ctx, parkedKey).Result()
	if err != nil {
		return 0, fmt.Errorf("count parked events: %w", err)
	}
	return int(n), nil
}

// Unpark forgets a parked event, once it has been queued; a newer one that has taken its place stays.
func (q *Queue) Unpark(ctx context.Context, p Parked) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode parked event: %w", err)
	}
	return q.run(ctx, q.scripts.unpark, "unpark event", []string{parkedKey}, parkedField(p), raw).Err()
}
