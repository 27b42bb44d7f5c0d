package reconcile

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/rest"
)

const (
	// defaultWait is how long a tenant waits when the vendor is throttling or away and does not say
	// for how long. No object is to blame.
	defaultWait = 5 * time.Second
	// omniumRefusedWait is how long a tenant waits when Omnium refuses our credential or role. Only a
	// person can help, and all tenants are concerned.
	omniumRefusedWait = time.Minute
	// omniumToken labels the requests for a token: a refusal of one is not about an object.
	omniumToken = "token"
)

// fromMapping decides what a mapping error means: only a change of the object helps.
func fromMapping(err error) job.Outcome {
	if e, ok := errors.AsType[*mapping.Error](err); ok {
		return job.Bury(e.Reason, err)
	}
	return job.Bury(reasonUnmappable, err)
}

// fromFlow decides what an error of a Flow call means (design §6).
func fromFlow(err error) job.Outcome {
	if e, ok := errors.AsType[*flow.UnavailableError](err); ok {
		return job.Snooze(e.Wait, reasonFlowUnavailable, err)
	}
	if errors.Is(err, flow.ErrBadUID) {
		return job.Bury(reasonUIDUnusable, err)
	}
	if _, ok := errors.AsType[*flow.RefusedError](err); ok {
		return job.Bury(reasonRefusedItem, err)
	}
	if _, ok := errors.AsType[*missingListError](err); ok {
		return job.Bury(reasonPriceListMissing, err)
	}
	e, ok := errors.AsType[*rest.Error](err)
	if !ok {
		return job.Fail(reasonFlowUnreachable, err)
	}
	var o job.Outcome
	switch s := e.StatusCode; {
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		o = job.Suspend(reasonFlowDenied, err)
	case s == http.StatusTooManyRequests:
		o = job.Snooze(waitFor(e.RetryAfter), reasonFlowThrottled, err)
	case s == http.StatusServiceUnavailable && e.RetryAfter > 0:
		o = job.Snooze(e.RetryAfter, reasonFlowBusy, err)
	case s == http.StatusRequestTimeout || s == http.StatusTooEarly || s >= 500:
		o = job.Fail(reasonFlowFailed, err)
	case s >= 400:
		o = job.Bury(reasonRefused+strconv.Itoa(s), err)
	default: // a redirect or an informational answer: the base URL is wrong or something is between
		o = job.Fail(reasonFlowUnexpected, err)
	}
	o.Detail = e.Body
	return o
}

// isNotFound reports whether Flow answered that it does not have what a call is about.
func isNotFound(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.StatusCode == http.StatusNotFound
}

// fromOmnium decides what an error of an Omnium read means. Not found is not an error here: the
// caller has dealt with it.
func fromOmnium(err error) job.Outcome {
	if e, ok := errors.AsType[*omnium.ThrottledError](err); ok {
		return job.Snooze(waitFor(e.Wait), reasonOmniumThrottled, err)
	}
	if errors.Is(err, omnium.ErrMalformed) {
		return job.Bury(reasonUnreadable, err)
	}
	if errors.Is(err, omnium.ErrChanged) {
		return job.Fail(reasonOmniumChanged, err)
	}
	if errors.Is(err, context.Canceled) {
		return job.Fail(reasonInterrupted, err) // says nothing about Omnium: the tenant need not wait
	}
	if _, ok := errors.AsType[*rest.DecodeError](err); ok {
		return job.Fail(reasonOmniumFailed, err) // an answer arrived, so that only this job is concerned
	}
	e, ok := errors.AsType[*rest.Error](err)
	if !ok {
		return job.Snooze(defaultWait, reasonOmniumUnreachable, err)
	}
	if e.Label == omniumToken && e.StatusCode == http.StatusBadRequest {
		return job.Snooze(omniumRefusedWait, reasonOmniumDenied, err)
	}
	switch s := e.StatusCode; s {
	case http.StatusUnauthorized, http.StatusForbidden:
		return job.Snooze(omniumRefusedWait, reasonOmniumDenied, err)
	case http.StatusTooManyRequests:
		return job.Snooze(waitFor(e.RetryAfter), reasonOmniumThrottled, err)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return job.Snooze(waitFor(e.RetryAfter), reasonOmniumUnavailable, err)
	case http.StatusBadRequest:
		o := job.Bury(reasonOmniumRefused, err)
		o.Detail = e.Body
		return o
	default:
		return job.Fail(reasonOmniumFailed, err)
	}
}

// fromShared decides what an error means of a read that objects share, such as that of the markets:
// what is wrong with the answer is not the object's fault, and no event of its own would say that it is
// right again.
func fromShared(err error) job.Outcome {
	o := fromOmnium(err)
	if o.Verdict == job.Permanent {
		return job.Fail(o.Reason, o.Err)
	}
	return o
}

// fromLedger decides what an error of our own records means: Redis is away, the queue with it.
func fromLedger(err error) job.Outcome { return job.Fail(reasonLedger, err) }

func waitFor(asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	return defaultWait
}
