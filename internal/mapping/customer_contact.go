package mapping

import (
	"fmt"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// missingName stands for one of the two names, which Flow requires.
const missingName = "-"

// contacts maps the persons at a company. One that is empty is left out; one whose id is repeated is
// mapped once.
func contacts(persons []omnium.ContactPerson) ([]flow.CustomerContact, error) {
	var list []flow.CustomerContact
	keys := map[string]string{}
	for _, p := range persons {
		c, key, err := contact(p)
		if err != nil {
			return nil, err
		}
		other, taken := keys[c.CustomerContactUID]
		switch {
		case key == "" || taken && other == key:
			continue
		case taken:
			return nil, &Error{ReasonUIDDuplicate, fmt.Sprintf("contacts %q and %q fall on uid %s",
				other, key, c.CustomerContactUID)}
		}
		keys[c.CustomerContactUID] = key
		list = append(list, c)
	}
	return list, nil
}

// contact maps one person and returns what its uid was made from: the id, which Omnium allows to be
// missing, else the first thing that tells persons apart. It is "" when there is nothing. One of which
// nothing but the id is left goes to Flow all the same: it may have been erased.
func contact(p omnium.ContactPerson) (flow.CustomerContact, string, error) {
	first, last := strings.TrimSpace(p.FirstName), strings.TrimSpace(p.LastName)
	email, mobile := strings.TrimSpace(p.Email), strings.TrimSpace(p.Phone)
	key := firstText(p.ID, email, mobile, first+" "+last)
	if key == "" {
		return flow.CustomerContact{}, "", nil
	}
	uid, err := UID(key)
	if err != nil {
		return flow.CustomerContact{}, "", err
	}
	if first+last == "" {
		last = firstText(email, mobile)
	}
	return flow.CustomerContact{
		CustomerContactUID: uid,
		FirstName:          firstText(first, missingName), LastName: firstText(last, missingName),
		Email: email, Mobile: mobile,
	}, key, nil
}
