package flow

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

var (
	// ErrNotFound means that Flow does not have the object that was to be changed. The *rest.Error
	// with the answer is in the same chain.
	ErrNotFound = errors.New("flow: not found")
	// ErrBadUID means that a uid is empty or a dot segment, and so cannot stand in a path. Nothing
	// was sent, and nothing but another uid helps.
	ErrBadUID = errors.New("flow: unusable uid")
)

// UnavailableError means that the tenant's circuit breaker refused the call, or that the call was the
// probe that failed: it says nothing about the object, and is no fault of the job.
type UnavailableError struct {
	// Op names the operation that was refused.
	Op string
	// Wait is how long until the breaker may let a call through again; always positive.
	Wait time.Duration
	// Cause is what became of the probe; nil when nothing was sent.
	Cause error
}

// Error says which operation was refused, and for how long to wait.
func (e *UnavailableError) Error() string {
	wait := e.Wait.Round(time.Millisecond)
	if e.Cause != nil {
		return fmt.Sprintf("%v; circuit breaker stays open, wait %s", e.Cause, wait)
	}
	return fmt.Sprintf("%s: circuit breaker is open, wait %s", e.Op, wait)
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Cause }

// status returns the status of the answer in err's chain, or 0 when Flow did not answer or answered
// with success.
func status(err error) int {
	if e, ok := errors.AsType[*rest.Error](err); ok {
		return e.StatusCode
	}
	return 0
}

// definite reports whether err is a refusal that says something about the request itself, so that
// sending the same again would be refused again.
func definite(err error) bool {
	switch s := status(err); s {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout,
		http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	default:
		return s >= 400 && s <= 499
	}
}

// settleCreate decides what the refusal of a create means. What Flow answers to a create of a uid
// that exists is not documented (reference flow-api.md §1.4): 409 is taken for "it exists", and so
// is 400 when find sees it. The result is nil when the object exists, else the error that tells
// most: the refusal, or find's own error when that is one that will pass.
func settleCreate(refusal error, find func() (bool, error)) error {
	switch status(refusal) {
	case http.StatusConflict:
		return nil
	case http.StatusBadRequest:
		found, err := find()
		if err != nil && !definite(err) {
			return err
		}
		if found && err == nil {
			return nil
		}
	}
	return refusal
}
