package queue

import (
	"strconv"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
)

// encodeCause packs a cause as "milliseconds change event-id", or as "milliseconds~trace change event-id";
// the scripts read nothing of it but the trace, which they join to those of earlier events.
func encodeCause(c job.Cause) string {
	var at int64
	if !c.Time.IsZero() {
		at = c.Time.UnixMilli()
	}
	trace := ""
	if c.Trace != "" {
		trace = "~" + c.Trace
	}
	return strconv.FormatInt(at, 10) + trace + " " + string(c.Change) + " " + c.EventID
}

func decodeCause(s string) job.Cause {
	at, rest, _ := strings.Cut(s, " ")
	change, id, _ := strings.Cut(rest, " ")
	at, trace, _ := strings.Cut(at, "~")
	c := job.Cause{EventID: id, Change: event.Change(change), Trace: trace}
	if ms, err := strconv.ParseInt(at, 10, 64); err == nil && ms != 0 {
		c.Time = time.UnixMilli(ms).UTC()
	}
	return c
}
