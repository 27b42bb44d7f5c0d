package queue

import (
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// EntriesOf asks for every object that an event names, for every tenant. An event that names none
// leads to no entries.
func EntriesOf(e event.Event, tenants []tenant.ID) []Entry {
	var entries []Entry
	for _, object := range e.Objects {
		if object == "" {
			continue
		}
		for _, t := range tenants {
			entries = append(entries, Entry{
				Tenant: t,
				Key:    job.Key{Resource: e.Resource, ID: object},
				Cause:  job.Cause{EventID: e.ID, Change: e.Change, Time: e.Time},
				Dedupe: e.ID + "\x00" + string(e.Resource) + "\x00" + object,
			})
		}
	}
	return entries
}
