package omnium

import (
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/event"
)

// IgnoreEchoes marks the events about customers and stock that one of users, ids of Omnium's users, has
// caused: Flow writes both to Omnium by an API user of its own, and knows what it wrote (design §9.11,
// reference omnium-api.md §2.7). Ids compare without regard to case. The notices are changed in place.
func IgnoreEchoes(notices []Notice, users []string) {
	for i := range notices {
		n := &notices[i]
		if n.Ignored == "" && echoed(n.Event.Resource) && isOneOf(users, n.Event.Actor) {
			n.Ignored = IgnoredEcho
		}
	}
}

// echoed reports whether Flow writes objects of r to Omnium.
func echoed(r event.Resource) bool { return r == event.Customer || r == event.Inventory }

func isOneOf(users []string, actor string) bool {
	actor = strings.TrimSpace(actor)
	return actor != "" && slices.ContainsFunc(users, func(user string) bool {
		return strings.EqualFold(strings.TrimSpace(user), actor)
	})
}
