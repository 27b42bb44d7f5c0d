package omnium_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
)

func TestIgnoreEchoes(t *testing.T) {
	t.Parallel()
	const flow = "flow-pos-b17d9e52"
	tests := []struct {
		resource event.Resource
		actor    string
		ignored  string // before
		want     string
	}{
		{event.Customer, flow, "", omnium.IgnoredEcho},
		{event.Inventory, " Flow-POS-b17d9e52 ", "", omnium.IgnoredEcho},
		{event.Customer, "erp", "", ""},
		{event.Customer, "", "", ""},
		{event.Product, flow, "", ""},
		{event.PurchaseOrder, flow, "", ""},
		{event.Store, flow, "", ""},
		{"", flow, omnium.IgnoredOrder, omnium.IgnoredOrder},
	}
	var notices []omnium.Notice
	var want []string
	for _, test := range tests {
		e := event.Event{Resource: test.resource, Actor: test.actor}
		notices = append(notices, omnium.Notice{Event: e, Ignored: test.ignored})
		want = append(want, test.want)
	}
	omnium.IgnoreEchoes(notices, []string{"other", flow})
	var got []string
	for _, n := range notices {
		got = append(got, n.Ignored)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("IgnoreEchoes (-want +got):\n%s", diff)
	}
	omnium.IgnoreEchoes(notices[2:3], nil)
	if notices[2].Ignored != "" {
		t.Errorf("without users the event is ignored as %s, want it kept", notices[2].Ignored)
	}
}

// TestSampleEcho ignores the event of a customer that Flow has patched, and no other sample.
func TestSampleEcho(t *testing.T) {
	t.Parallel()
	for name, raw := range samples(t) {
		notices, err := omnium.ParseWebhook(raw)
		if err != nil {
			continue // some samples are refused on purpose
		}
		omnium.IgnoreEchoes(notices, []string{"flow-pos-b17d9e52-52b4-4ad6-8a2e-0c6e0e9f4d3a"})
		echo := name == "private_customer_patched_by_flow_echo"
		if got := notices[0].Ignored == omnium.IgnoredEcho; got != echo {
			t.Errorf("event %s ignored as echo: %v, want %v", name, got, echo)
		}
	}
}
