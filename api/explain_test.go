package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
)

// TestExplain has the webhook say the same of every event, under the same rules.
func TestExplain(t *testing.T) {
	t.Parallel()
	catchUp := api.Rules{CatchUp: true}
	for _, tt := range []struct {
		body  string
		rules api.Rules
		want  string
	}{
		{`{"className":"Product","objectId":"a"}`, api.Rules{}, "queued every_tenant [fjell_no product/a fjell_se product/a]"},
		{`{"className":"Product","objectId":"a","market":"swe"}`, api.Rules{}, "queued market [fjell_se product/a]"},
		{`{"className":"Product","objectId":"a","market":"swe"}`, catchUp, "queued market [fjell_se product/a]"},
		{`{"className":"Product","objectId":"a","market":"FIN"}`, api.Rules{}, "unrouted market_not_served []"},
		{`{"className":"Product","objectId":"a","market":"FIN"}`, catchUp, "unrouted market_not_served []"},
		{`{"className":"Product","market":"NOR"}`, api.Rules{}, "unrouted no_object_ids []"},
		{`{"className":"Product","market":"NOR"}`, catchUp, "listed no_object_ids []"},
		{`{"className":"Product","market":"FIN"}`, catchUp, "unrouted no_object_ids []"},
		{`{"className":"Order","objectId":"a"}`, api.Rules{}, "ignored order []"},
		{`{"className":"Supplier","objectId":"a"}`, api.Rules{}, "ignored not_configured []"},
		{`{"className":"Supplier"}`, catchUp, "ignored not_configured []"},
		{
			`{"className":"Inventory","objectId":"a_1","userId":"Flow-POS"}`,
			api.Rules{EchoUsers: []string{"flow-pos"}},
			"ignored echo []",
		},
	} {
		notices, err := omnium.ParseWebhook([]byte(tt.body))
		if err != nil {
			t.Fatalf("ParseWebhook(%s) = %v", tt.body, err)
		}
		got := api.Explain(newDirectory(t), append(notices, notices...), tt.rules)
		if len(got) != 2 {
			t.Fatalf("Explain of two events = %v", got)
		}
		for _, p := range got {
			jobs := []string{}
			for _, j := range p.Jobs {
				jobs = append(jobs, string(j.Tenant)+" "+j.String())
			}
			if text := fmt.Sprint(p.Result, " ", p.Reason, " ", jobs); text != tt.want {
				t.Errorf("Explain(%s) under %+v = %s, want %s", tt.body, tt.rules, text, tt.want)
			}
		}
		wantWebhookAgrees(t, tt.body, tt.rules, got[0].Result)
	}
}

// wantWebhookAgrees posts the event to an API that is set up like the rules.
func wantWebhookAgrees(t *testing.T, body string, rules api.Rules, result string) {
	t.Helper()
	w := &wishes{since: map[event.Resource]time.Time{}}
	h := newHarness(t, func(o *api.Options) {
		o.EchoUsers = rules.EchoUsers
		if rules.CatchUp {
			o.Wishes = w
		}
	})
	counts := decode[struct{ Accepted, Ignored, Unrouted int }](t, h.post(body))
	agreed := map[string]int{
		"queued": counts.Accepted - len(w.since), "listed": len(w.since), "ignored": counts.Ignored, "unrouted": counts.Unrouted,
	}
	if agreed[result] != 1 {
		t.Errorf("Explain(%s) under %+v = %s, the webhook counts %+v and wishes for %v", body, rules, result, counts, w.since)
	}
}
