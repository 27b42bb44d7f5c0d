package queue

import (
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// EntriesOf asks for every object that an event names, as every target wants it. An event that names
// none leads to no entries.
func EntriesOf(e event.Event, targets []tenant.Target) []Entry {
	var entries []Entry
	for _, object := range e.Objects {
		if object == "" {
			continue
		}
		for _, target := range targets {
			for _, t := range target.Tenants {
				entries = append(entries, entryOf(e, t, job.Key{Resource: event.Resource(target.Resource), ID: object}))
			}
		}
	}
	return entries
}

func entryOf(e event.Event, t tenant.ID, key job.Key) Entry {
	return Entry{
		Tenant: t,
		Key:    key,
		Cause:  job.Cause{EventID: e.ID, Change: e.Change, Time: e.Time},
		Dedupe: e.ID + "\x00" + string(key.Resource) + "\x00" + key.ID,
	}
}
