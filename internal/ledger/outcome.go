package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/tenant"
)

// LastOutcome is how the newest run of an object ended.
type LastOutcome struct {
	At time.Time
	// Result is what a run found that is done, such as pushed, else its verdict, such as failed.
	Result string
	// Reason is a word for why; often empty.
	Reason string
	// Error is the beginning of the cause; empty when there was none.
	Error string
}

// maxErrorBytes keeps what is remembered of an object below 200 bytes (design §2).
const maxErrorBytes = 120

// briefly is the beginning of an error's text, in one line.
func briefly(err error) string {
	if err == nil {
		return ""
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	return strings.ToValidUTF8(text[:min(len(text), maxErrorBytes)], "")
}

// encode packs it as "milliseconds result reason error".
func (o LastOutcome) encode() string {
	return strings.TrimRight(stamp(o.At)+" "+o.Result+" "+o.Reason+" "+o.Error, " ")
}

func parseOutcome(s string) LastOutcome {
	fields := append(strings.SplitN(s, " ", 4), "", "", "")
	return LastOutcome{At: parseStamp(fields[0]), Result: fields[1], Reason: fields[2], Error: fields[3]}
}

// parseStamp reads what stamp writes; anything else is the zero time.
func parseStamp(s string) time.Time {
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// LastOutcomes returns how the newest runs of objects ended; objects that never ran are absent.
func (l *Ledger) LastOutcomes(
	ctx context.Context, t tenant.ID, r event.Resource, ids []string,
) (map[string]LastOutcome, error) {
	values, err := l.fields(ctx, key(t, "outcome", string(r)), ids)
	if err != nil {
		return nil, fmt.Errorf("read last outcomes: %w", err)
	}
	outcomes := make(map[string]LastOutcome, len(values))
	for id, v := range values {
		outcomes[id] = parseOutcome(v)
	}
	return outcomes, nil
}

// LastPush returns when a run last wrote to Flow for an object; the zero time when none ever did.
func (l *Ledger) LastPush(
	ctx context.Context, t tenant.ID, r event.Resource, id string,
) (time.Time, error) {
	at, err := l.rdb.HGet(ctx, key(t, "pushed", string(r)), id).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return time.Time{}, fmt.Errorf("read last push: %w", err)
	}
	return parseStamp(at), nil
}

// LastSuccess returns when an object of the tenant last agreed; the zero time when none ever did.
func (l *Ledger) LastSuccess(ctx context.Context, t tenant.ID) (time.Time, error) {
	ms, err := l.rdb.HGet(ctx, key(t, "tenant", "state"), "lastSuccess").Int64()
	if errors.Is(err, redis.Nil) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read last success: %w", err)
	}
	return time.UnixMilli(ms).UTC(), nil
}
