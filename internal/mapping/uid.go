package mapping

import (
	"fmt"
	"strings"
)

// UID makes a Flow uid of an Omnium id by stripping every character outside A-Z, a-z, 0-9 and the
// underscore; nothing takes the place of a stripped one (reference mapping.md §4). Different ids can
// fall on one uid: telling them apart is the caller's part. It fails with uid_empty when nothing is
// left.
func UID(id string) (string, error) {
	uid := strip(id)
	if uid == "" {
		return "", &Error{ReasonUIDEmpty, fmt.Sprintf("id %q holds no letter a-z, digit or underscore", id)}
	}
	return uid, nil
}

// BrandUID makes the uid of a brand, which Omnium knows by name only: lower case, each run of white
// space one underscore, the rest stripped, so that "Nike Air" is nike_air (reference mapping.md §4).
// White space around the name does not count. It fails with uid_empty when nothing is left.
func BrandUID(name string) (string, error) {
	uid := strip(strings.ReplaceAll(BrandKey(name), " ", "_"))
	if strings.Trim(uid, "_") == "" {
		return "", &Error{ReasonUIDEmpty, fmt.Sprintf("brand %q holds no letter a-z or digit", name)}
	}
	return uid, nil
}

// BrandKey tells whether two spellings are one brand: they are when their keys are equal. It is the
// name in lower case, trimmed, with each run of white space folded to one space. Names with one key
// have one uid; names with one uid and two keys collide.
func BrandKey(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(name)), " ")
}

func strip(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		default:
			return -1
		}
	}, s)
}
