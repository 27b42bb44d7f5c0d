package api_test

import (
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/omnium"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"className":"Product","objectId":"a"}`:                "queued every_tenant [fjell_no product/a fjell_se product/a]",
		`{"className":"Product","objectId":"a","market":"swe"}`: "queued market [fjell_se product/a]",
		`{"className":"Product","objectId":"a","market":"FIN"}`: "unrouted market_not_served []",
		`{"className":"Product","market":"NOR"}`:                "unrouted no_object_ids []",
		`{"className":"Order","objectId":"a"}`:                  "ignored order []",
		`{"className":"Supplier","objectId":"a"}`:               "ignored not_configured []",
	} {
		notices, err := omnium.ParseWebhook([]byte(body))
		if err != nil {
			t.Fatalf("ParseWebhook(%s) = %v", body, err)
		}
		h := newHarness(t)
		// The webhook agrees.
		got := api.Explain(newDirectory(t), append(notices, notices...))
		if len(got) != 2 {
			t.Fatalf("Explain of two events = %v", got)
		}
		for _, p := range got {
			jobs := []string{}
			for _, j := range p.Jobs {
				jobs = append(jobs, string(j.Tenant)+" "+j.String())
			}
			if text := fmt.Sprint(p.Result, " ", p.Reason, " ", jobs); text != want {
				t.Errorf("Explain(%s) = %s, want %s", body, text, want)
			}
		}
		counts := decode[struct{ Accepted, Ignored, Unrouted int }](t, h.post(body))
		agreed := map[string]int{
			"queued": counts.Accepted, "ignored": counts.Ignored, "unrouted": counts.Unrouted,
		}
		if agreed[got[0].Result] != 1 {
			t.Errorf("Explain(%s) = %s, the webhook counts %+v", body, got[0].Result, counts)
		}
	}
}
