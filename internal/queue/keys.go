package queue

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// ringSlots is how many sets remember event ids: three that are looked at and one that is next.
const ringSlots = 4

// parkedKey holds the events of all tenants that nobody takes now.
const parkedKey = "omniflow:parked"

// keys are the names of one tenant's structures. They share a hash tag, so that a cluster keeps
// them on one node and a script may touch them all.
type keys struct {
	meta   string // hash: flags, the fencing counter, the clock guard
	jobs   string // hash: key → packed record, for every job that is not dead
	due    string // sorted set: key by the time it is due, in the live lane
	bulk   string // sorted set: the same, in the bulk lane
	leased string // sorted set: key by the end of its lease
	dead   string // hash: key → packed dead letter
	died   string // sorted set: key by the time it was buried
	ring   [ringSlots]string
}

func keysOf(t tenant.ID) keys {
	// Escaping keeps braces out of the tag: a tenant id cannot choose another tenant's slot.
	prefix := "omniflow:{" + url.QueryEscape(string(t)) + "}:"
	k := keys{
		meta: prefix + "meta", jobs: prefix + "jobs", due: prefix + "due", bulk: prefix + "bulk",
		leased: prefix + "leased", dead: prefix + "dead", died: prefix + "died",
	}
	for i := range ringSlots {
		k.ring[i] = prefix + "seen" + strconv.Itoa(i)
	}
	return k
}

// encodeKey names a job inside its tenant's structures. Resources hold no colon.
func encodeKey(k job.Key) string { return string(k.Resource) + ":" + k.ID }

func decodeKey(s string) job.Key {
	resource, id, _ := strings.Cut(s, ":")
	return job.Key{Resource: event.Resource(resource), ID: id}
}
