package rest

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is an answer outside 2xx.
type Error struct {
	Method     string
	Label      string
	StatusCode int
	// RetryAfter is what the answer asked for; zero when it did not, or not readably.
	RetryAfter time.Duration
	// Body is the beginning of the answer, for people. Neither vendor documents its error bodies,
	// so nothing may be decided by it.
	Body string
}

// Error names the request and the status, never the URL or a credential.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: status %d", e.Method, e.Label, e.StatusCode)
}

// DecodeError is a 2xx answer that could not be read as the expected JSON.
type DecodeError struct {
	Label string
	Err   error
}

// Error describes what could not be read.
func (e *DecodeError) Error() string { return e.Label + ": decode answer: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

func newError(r Request, resp *http.Response) *Error {
	// What cannot be read of an error body is simply not shown. More is read than is kept, so that
	// the connection can be used again.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorRead))
	return &Error{
		Method:     r.Method,
		Label:      r.Label,
		StatusCode: resp.StatusCode,
		RetryAfter: RetryAfter(resp.Header.Get("Retry-After"), time.Now()),
		Body:       excerpt(string(body), r),
	}
}

// excerpt is the beginning of an error body without what the request must keep to itself.
func excerpt(body string, r Request) string {
	body = Redact(body, r.secrets()...)
	return strings.ToValidUTF8(body[:min(len(body), maxErrorBody)], "")
}

// maxRetryAfter caps what a server can ask for: a mistaken header must not silence a tenant.
const maxRetryAfter = time.Hour

// RetryAfter reads a Retry-After header (RFC 9110 §10.2.3): seconds or an HTTP date. It returns a
// duration between 0 and one hour; 0 for anything unreadable or in the past.
func RetryAfter(header string, now time.Time) time.Duration {
	if digits := strings.Trim(header, "0123456789"); header != "" && digits == "" {
		seconds, err := strconv.ParseInt(header, 10, 64)
		// Too many digits for an integer is still a request for a very long wait.
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
