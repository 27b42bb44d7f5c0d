package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue"
)

// What a handler can refuse a request for. problemFor turns them into a status.
var (
	errMalformedEvent  = errors.New("malformed event")
	errInvalid         = errors.New("invalid request")
	errNotExported     = errors.New("resource not exported")
	errConfig          = errors.New("invalid configuration")
	errCatchupOff      = errors.New("catch-up turned off")
	errUnauthenticated = errors.New("no valid credential")
	errForbidden       = errors.New("not allowed")
	errNotFound        = errors.New("not found")
	errMethod          = errors.New("method not allowed")
	errTooLarge        = errors.New("body too large")
	errIncomplete      = errors.New("incomplete body")
	errUnavailable     = errors.New("unavailable")
)

// retryAfter is what a sender is told to wait when Redis cannot take or give anything now. It is the
// shortest value that can be said: Omnium gives up after 21 s (reference omnium-api.md §2.6).
const retryAfter = time.Second

// problemType is the stem of the stable problem types. They are names, not addresses.
const problemType = "urn:omniflow:problem:"

// problem is a problem document (RFC 9457).
type problem struct {
	Type     string       `json:"type"`
	Title    string       `json:"title"`
	Status   int          `json:"status"`
	Detail   string       `json:"detail,omitempty"`
	Instance string       `json:"instance"`
	Errors   []fieldError `json:"errors,omitempty"`
}

// fieldError says what is wrong with one field of the request.
type fieldError struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// fault is an error whose detail and fields may be shown to the client; its cause may not.
type fault struct {
	kind   error // one of the errors above
	detail string
	fields []fieldError
	cause  error // nil when there is nothing more to log
}

// refuse is a fault without fields.
func refuse(kind error, detail string, cause error) error {
	return &fault{kind: kind, detail: detail, cause: cause}
}

// Error gives everything that is known, for the log.
func (f *fault) Error() string {
	text := f.kind.Error()
	if f.detail != "" {
		text += ": " + f.detail
	}
	if f.cause != nil {
		text += ": " + f.cause.Error()
	}
	return text
}

// Unwrap gives the kind and the cause.
func (f *fault) Unwrap() []error {
	if f.cause == nil {
		return []error{f.kind}
	}
	return []error{f.kind, f.cause}
}

// storeFault is an error of the queue as a client may see it: what is neither missing nor asked
// wrongly is Redis failing to answer.
func storeFault(err error) error {
	switch {
	case errors.Is(err, queue.ErrNotFound):
		return refuse(errNotFound, "There is no such dead letter.", err)
	case errors.Is(err, queue.ErrCursor), errors.Is(err, ledger.ErrCursor):
		return refuse(errInvalid, badCursor, err)
	default:
		return refuse(errUnavailable, "Redis cannot be reached; try again.", err)
	}
}

// problemFor is where an error becomes a status. What it does not know is our fault.
func problemFor(err error) problem {
	switch {
	case errors.Is(err, errTooLarge):
		return titled(http.StatusRequestEntityTooLarge, "body-too-large", "The body is too large")
	case errors.Is(err, errMalformedEvent):
		return titled(http.StatusBadRequest, "malformed-event", "The body is not an Omnium event")
	case errors.Is(err, errNotExported):
		return titled(http.StatusConflict, "not-exported", "The tenant does not export this resource")
	case errors.Is(err, errConfig):
		return titled(http.StatusUnprocessableEntity, "invalid-configuration", "The configuration file is not valid")
	case errors.Is(err, errCatchupOff):
		return titled(http.StatusConflict, "catchup-off", "The catch-up is turned off")
	case errors.Is(err, errInvalid):
		return titled(http.StatusBadRequest, "invalid-request", "The request is not valid")
	case errors.Is(err, errUnauthenticated):
		return plain(http.StatusUnauthorized)
	case errors.Is(err, errForbidden):
		return plain(http.StatusForbidden)
	case errors.Is(err, errNotFound):
		return plain(http.StatusNotFound)
	case errors.Is(err, errMethod):
		return plain(http.StatusMethodNotAllowed)
	case errors.Is(err, errIncomplete):
		return titled(http.StatusRequestTimeout, "incomplete-body", "The body did not arrive completely")
	case errors.Is(err, errUnavailable):
		return titled(http.StatusServiceUnavailable, "unavailable", "The service cannot take or give anything now")
	default:
		return plain(http.StatusInternalServerError)
	}
}

// titled is a problem of a type of ours.
func titled(status int, name, title string) problem {
	return problem{Type: problemType + name, Title: title, Status: status}
}

// plain is a problem that the status says everything about.
func plain(status int) problem {
	return problem{Type: "about:blank", Title: http.StatusText(status), Status: status}
}

// writeProblem answers with the problem that err is, and logs the cause, which is never shown.
func writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemFor(err)
	p.Instance = requestID(w)
	if f, ok := errors.AsType[*fault](err); ok {
		p.Detail, p.Errors = f.detail, f.fields
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
	zerolog.Ctx(r.Context()).WithLevel(problemLevel(p.Status)).Err(err).
		Int("status", p.Status).Msg("request refused")
	_ = writeAs(w, p.Status, "application/problem+json", p) // a problem can always be marshalled
}

// problemLevel is how much a refusal matters to people: a 503 is retried by the sender, a wrong
// credential is not mended by retrying, and other refusals are the client's own business.
func problemLevel(status int) zerolog.Level {
	switch status {
	case http.StatusServiceUnavailable, http.StatusUnauthorized, http.StatusForbidden:
		return zerolog.WarnLevel
	case http.StatusInternalServerError:
		return zerolog.ErrorLevel
	default:
		return zerolog.DebugLevel
	}
}

// requestID is the id that identify gave the request.
func requestID(w http.ResponseWriter) string { return w.Header().Get(requestIDHeader) }
