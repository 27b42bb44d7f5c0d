package rest

import (
	"errors"
	"html"
	"slices"
	"strconv"
	"strings"
)

// redacted stands in for a secret, as tenant.Secret prints itself.
const redacted = "[redacted]"

// Redact replaces every secret that text quotes, as it is or as an encoder of JSON, URLs or HTML writes it:
// servers and proxies like to echo the address or the headers of what they refuse. Empty secrets are none.
func Redact(text string, secrets ...string) string {
	var clean strings.Builder
	kept := 0
	for at := 0; at < len(text); {
		n := quotedLength(text[at:], secrets)
		if n == 0 {
			at++
			continue
		}
		clean.WriteString(text[kept:at])
		clean.WriteString(redacted)
		at += n
		kept = at
	}
	if kept == 0 {
		return text
	}
	clean.WriteString(text[kept:])
	return clean.String()
}

// RedactError returns err, or when its text quotes a secret an error with the text redacted. errors.Is and
// errors.As see what they saw before; unwrapping gives nothing, so that nobody prints the cause.
func RedactError(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := Redact(text, secrets...)
	if clean == text {
		return err
	}
	return &redactedError{clean, err}
}

// redactedError is a cause whose text must not be shown.
type redactedError struct {
	text  string
	cause error
}

// Error returns the text without secrets.
func (e *redactedError) Error() string { return e.text }

// Is implements what errors.Is asks for.
func (e *redactedError) Is(target error) bool { return errors.Is(e.cause, target) }

// As implements what errors.As asks for.
func (e *redactedError) As(target any) bool { return errors.As(e.cause, target) }

// quotedLength is how many bytes text begins with that stand for one of the secrets.
func quotedLength(text string, secrets []string) int {
	longest := 0
	for _, secret := range secrets {
		// A byte such as & stands for itself or begins something longer: all ways are followed at once.
		ends := []int{0}
		for i := 0; i < len(secret) && len(ends) > 0; i++ {
			ends = following(text, ends, secret[i])
		}
		if len(ends) > 0 {
			longest = max(longest, slices.Max(ends))
		}
	}
	return longest
}

// following is where c may end in text when it begins at one of the places.
func following(text string, places []int, c byte) []int {
	var ends []int
	for _, at := range places {
		for _, n := range []int{plainLength(text[at:], c), encodedLength(text[at:], c)} {
			if n > 0 && !slices.Contains(ends, at+n) {
				ends = append(ends, at+n)
			}
		}
	}
	return ends
}

// plainLength is 1 when text begins with c itself, or with the + that stands for a space in a query.
func plainLength(text string, c byte) int {
	if text != "" && (text[0] == c || text[0] == '+' && c == ' ') {
		return 1
	}
	return 0
}

// encodedLength is how many bytes text begins with that an encoder has made of c; 0 when it has not.
func encodedLength(text string, c byte) int {
	if text == "" {
		return 0
	}
	switch text[0] {
	case '%':
		return hexLength(text, 1, 2, c)
	case '&':
		return entityLength(text, c)
	case '\\':
		return escapedLength(text, c)
	default:
		return 0
	}
}

// hexLength is where the digits end that are behind the first bytes, when they are the code of c.
func hexLength(text string, from, digits int, c byte) int {
	if len(text) < from+digits {
		return 0
	}
	if code, err := strconv.ParseUint(text[from:from+digits], 16, 16); err != nil || code != uint64(c) {
		return 0
	}
	return from + digits
}

// entityLength reads &amp;, &#38; and &#x26;.
func entityLength(text string, c byte) int {
	const longest = len("&#x00026;")
	end := strings.IndexByte(text[:min(len(text), longest)], ';') + 1
	if end == 0 || html.UnescapeString(text[:end]) != string(rune(c)) {
		return 0
	}
	return end
}

// escapedLength reads \/ and \u002b, with more backslashes when JSON was quoted in JSON.
func escapedLength(text string, c byte) int {
	slashes := len(text) - len(strings.TrimLeft(text, `\`))
	if slashes == len(text) {
		return 0
	}
	if text[slashes] == c {
		return slashes + 1
	}
	if text[slashes] == 'u' {
		return hexLength(text, slashes+1, 4, c)
	}
	return 0
}
