package omnium

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Errors that callers branch on. Any other answer outside 2xx is a *rest.Error.
var (
	// ErrNotFound means that Omnium knows no such object: it was deleted, never existed, or the
	// role of the API user hides it.
	ErrNotFound = errors.New("omnium: not found")
	// ErrMalformed means that an answer is JSON but not the documented shape. Reading again does not
	// help until the object changes. An answer that is no JSON at all, such as a proxy's error page,
	// is *rest.DecodeError instead and may go away by itself.
	ErrMalformed = errors.New("omnium: malformed answer")
	// ErrChanged means that an object disappeared between the requests of one read. Another read
	// tells more; nothing is wrong with Omnium.
	ErrChanged = errors.New("omnium: object changed while it was read")
	// ErrNotListed means that Omnium has no way to list a resource.
	ErrNotListed = errors.New("omnium: no such list")
)

// ThrottledError means that Omnium asked this client to wait, or will, and that the wait is longer
// than a call may take.
type ThrottledError struct {
	// Wait is how long no request will be sent.
	Wait time.Duration
}

// Error names the wait.
func (e *ThrottledError) Error() string {
	return "omnium throttled: wait " + e.Wait.Round(time.Millisecond).String()
}

// decode turns a JSON answer into a value, or into ErrMalformed with the name of what was read.
func decode(what string, raw json.RawMessage, out any) error {
	if len(raw) == 0 {
		return fmt.Errorf("%w: %s: empty", ErrMalformed, what)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMalformed, what, err)
	}
	return nil
}
