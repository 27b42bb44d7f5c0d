package queue

import (
	"strconv"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
)

// encodeCause packs a cause as "milliseconds change event-id"; the scripts pass it on unread.
func encodeCause(c job.Cause) string {
	var at int64
	if !c.Time.IsZero() {
		at = c.Time.UnixMilli()
	}
	return strconv.FormatInt(at, 10) + " " + string(c.Change) + " " + c.EventID
}

func decodeCause(s string) job.Cause {
	at, rest, _ := strings.Cut(s, " ")
	change, id, _ := strings.Cut(rest, " ")
	c := job.Cause{EventID: id, Change: event.Change(change)}
	if ms, err := strconv.ParseInt(at, 10, 64); err == nil && ms != 0 {
		c.Time = time.UnixMilli(ms).UTC()
	}
	return c
}
