package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/rest"
)

// decision is the part of an outcome that the tables are about.
type decision struct {
	verdict job.Verdict
	reason  string
	delay   time.Duration
}

func decided(o job.Outcome) decision { return decision{o.Verdict, o.Reason, o.Delay} }

// answer is an answer that asks for a wait of retryAfter; none when zero.
func answer(status int, retryAfter time.Duration) error {
	return fmt.Errorf("call: %w", &rest.Error{
		Method: "PUT", Label: "op", StatusCode: status, RetryAfter: retryAfter, Body: "why",
	})
}

const asked = 7 * time.Second

// flowTable is what design §6 makes of Flow's answers; of those that are not here the class decides.
var flowTable = map[int]struct{ plain, asked decision }{
	401: {decision{job.Suspended, "flow_credential_refused", 0}, decision{job.Suspended, "flow_credential_refused", 0}},
	403: {decision{job.Suspended, "flow_credential_refused", 0}, decision{job.Suspended, "flow_credential_refused", 0}},
	408: {decision{job.Failed, "flow_failed", 0}, decision{job.Failed, "flow_failed", 0}},
	425: {decision{job.Failed, "flow_failed", 0}, decision{job.Failed, "flow_failed", 0}},
	429: {decision{job.Snoozed, "flow_throttled", 5 * time.Second}, decision{job.Snoozed, "flow_throttled", asked}},
	503: {decision{job.Failed, "flow_failed", 0}, decision{job.Snoozed, "flow_busy", asked}},
}

func flowClass(status int) decision {
	switch status / 100 {
	case 3:
		return decision{job.Failed, "flow_unexpected", 0}
	case 4:
		return decision{job.Permanent, fmt.Sprintf("flow_refused_%d", status), 0}
	default:
		return decision{job.Failed, "flow_failed", 0}
	}
}

func TestFlowAnswers(t *testing.T) {
	t.Parallel()
	for status := 300; status <= 599; status++ {
		plain, waiting := flowClass(status), flowClass(status)
		if row, ok := flowTable[status]; ok {
			plain, waiting = row.plain, row.asked
		}
		for wait, want := range map[time.Duration]decision{0: plain, asked: waiting} {
			o := reconcile.FromFlow(answer(status, wait))
			if got := decided(o); got != want {
				t.Errorf("fromFlow(status %d, Retry-After %v) = %+v, want %+v", status, wait, got, want)
			}
			if o.Detail != "why" || o.Err == nil {
				t.Errorf("fromFlow(status %d): Detail %q, Err %v; want the answer's body and the error",
					status, o.Detail, o.Err)
			}
		}
	}
}

func TestFlowWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want decision
	}{
		"breaker open": {
			&flow.UnavailableError{Op: "op", Wait: asked}, decision{job.Snoozed, "flow_unavailable", asked},
		},
		"failed probe": {
			&flow.UnavailableError{Op: "op", Wait: asked, Cause: &rest.Error{StatusCode: 503}},
			decision{job.Snoozed, "flow_unavailable", asked},
		},
		"bad uid":   {fmt.Errorf("op: %w", flow.ErrBadUID), decision{job.Permanent, "uid_unusable", 0}},
		"network":   {io.ErrUnexpectedEOF, decision{job.Failed, "flow_unreachable", 0}},
		"timeout":   {context.DeadlineExceeded, decision{job.Failed, "flow_unreachable", 0}},
		"cancelled": {context.Canceled, decision{job.Failed, "flow_unreachable", 0}},
		"malformed": {
			&rest.DecodeError{Label: "op", Err: errors.New("not JSON")}, decision{job.Failed, "flow_unreachable", 0},
		},
	}
	for name, test := range tests {
		if got := decided(reconcile.FromFlow(fmt.Errorf("call: %w", test.err))); got != test.want {
			t.Errorf("fromFlow(%s) = %+v, want %+v", name, got, test.want)
		}
	}
}

// omniumTable is what becomes of Omnium's answers; all others are tried again by the job alone.
var omniumTable = map[int]struct{ plain, asked decision }{
	400: {decision{job.Permanent, "omnium_refused", 0}, decision{job.Permanent, "omnium_refused", 0}},
	401: {
		decision{job.Snoozed, "omnium_credential_refused", time.Minute},
		decision{job.Snoozed, "omnium_credential_refused", time.Minute},
	},
	403: {
		decision{job.Snoozed, "omnium_credential_refused", time.Minute},
		decision{job.Snoozed, "omnium_credential_refused", time.Minute},
	},
	429: {decision{job.Snoozed, "omnium_throttled", 5 * time.Second}, decision{job.Snoozed, "omnium_throttled", asked}},
	502: {decision{job.Snoozed, "omnium_unavailable", 5 * time.Second}, decision{job.Snoozed, "omnium_unavailable", asked}},
	503: {decision{job.Snoozed, "omnium_unavailable", 5 * time.Second}, decision{job.Snoozed, "omnium_unavailable", asked}},
	504: {decision{job.Snoozed, "omnium_unavailable", 5 * time.Second}, decision{job.Snoozed, "omnium_unavailable", asked}},
}

func TestOmniumAnswers(t *testing.T) {
	t.Parallel()
	for status := 300; status <= 599; status++ {
		plain := decision{job.Failed, "omnium_failed", 0}
		waiting := plain
		if row, ok := omniumTable[status]; ok {
			plain, waiting = row.plain, row.asked
		}
		for wait, want := range map[time.Duration]decision{0: plain, asked: waiting} {
			if got := decided(reconcile.FromOmnium(answer(status, wait))); got != want {
				t.Errorf("fromOmnium(status %d, Retry-After %v) = %+v, want %+v", status, wait, got, want)
			}
		}
	}
}

func TestOmniumWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want decision
	}{
		"throttled":        {&omnium.ThrottledError{Wait: asked}, decision{job.Snoozed, "omnium_throttled", asked}},
		"throttled for 0s": {&omnium.ThrottledError{}, decision{job.Snoozed, "omnium_throttled", 5 * time.Second}},
		"malformed":        {omnium.ErrMalformed, decision{job.Permanent, "omnium_unreadable", 0}},
		"network":          {io.ErrUnexpectedEOF, decision{job.Snoozed, "omnium_unreachable", 5 * time.Second}},
		"timeout":          {context.DeadlineExceeded, decision{job.Snoozed, "omnium_unreachable", 5 * time.Second}},
		"cancelled":        {context.Canceled, decision{job.Failed, "interrupted", 0}},
		"not JSON":         {&rest.DecodeError{Label: "op", Err: io.EOF}, decision{job.Failed, "omnium_failed", 0}},
		"token refused": {
			&rest.Error{Label: "token", StatusCode: 400}, decision{job.Snoozed, "omnium_credential_refused", time.Minute},
		},
	}
	for name, test := range tests {
		if got := decided(reconcile.FromOmnium(fmt.Errorf("read: %w", test.err))); got != test.want {
			t.Errorf("fromOmnium(%s) = %+v, want %+v", name, got, test.want)
		}
	}
	if o := reconcile.FromOmnium(answer(400, 0)); o.Detail != "why" {
		t.Errorf("fromOmnium(status 400): Detail %q, want the answer's body", o.Detail)
	}
}

func TestOwnErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		got  job.Outcome
		want decision
	}{
		"mapping": {
			reconcile.FromMapping(&mapping.Error{Reason: mapping.ReasonNegative, Detail: "cost"}),
			decision{job.Permanent, "negative", 0},
		},
		"unknown mapping": {reconcile.FromMapping(io.EOF), decision{job.Permanent, "unmappable", 0}},
		"ledger":          {reconcile.FromLedger(io.EOF), decision{job.Failed, "ledger_unavailable", 0}},
	}
	for name, test := range tests {
		if got := decided(test.got); got != test.want || test.got.Err == nil {
			t.Errorf("outcome of %s = %+v with error %v, want %+v with one", name, got, test.got.Err, test.want)
		}
	}
}
