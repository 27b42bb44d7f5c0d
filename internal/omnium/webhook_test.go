package omnium_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
)

// samples returns the sample events by name.
func samples(t testing.TB) map[string]json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile("testdata/events.json")
	if err != nil {
		t.Fatal(err)
	}
	var events map[string]json.RawMessage
	if err := json.Unmarshal(raw, &events); err != nil {
		t.Fatal(err)
	}
	return events
}

// meaning is what a sample is expected to be taken for.
type meaning struct {
	Resource event.Resource
	Change   event.Change
	Objects  []string
	Ignored  string
	Settings bool
}

func ids(list ...string) []string { return list }

func meanings() map[string]meaning {
	const customer = "7c5e6f0a-5d39-4a53-b3f1-1b6e0d4a9e21"
	const erased = "c1b0d2aa-9f0f-4a05-8d57-2f6a90b6f3c4"
	return map[string]meaning{
		"product_patched_api_no_market": {event.Product, event.Changed, ids("ff-1041"), "", false},
		"product_patched_document_id":   {event.Product, event.Changed, ids("ff-1041_no"), "", false},
		"product_added_api":             {event.Product, event.Changed, ids("ff-1041"), "", false},
		"product_deleted_api":           {event.Product, event.Deleted, ids("ff-0907"), "", false},
		"product_enriched_gui":          {event.Product, event.Changed, ids("ff-1041_no"), "", false},
		"product_prices_updated_gui":    {event.Product, event.Changed, ids("ff-1041_no"), "", false},
		"product_status_updated_gui":    {event.Product, event.Changed, ids("ff-0907_no"), "", false},
		"product_image_added_gui":       {event.Product, event.Changed, ids("ff-1041_no"), "", false},
		"product_variant_patched_api":   {event.Product, event.Changed, ids("ff-1041-navy-m"), "", false},
		"product_update_many_api":       {event.Product, event.Batch, nil, "", false},

		"product_batch_update_A_single_object": {event.Product, event.Batch, ids("ff-1041_no"), "", false},
		"product_batch_update_B_joined_ids": {
			event.Product, event.Batch, ids("ff-1041_no", "ff-2070_no", "ff-3055_no"), "", false,
		},
		"product_batch_update_C_empty_object_ids_in_properties": {
			event.Product, event.Batch, ids("ff-1041_no", "ff-2070_no"), "", false,
		},
		"product_batch_update_D_references": {
			event.Product, event.Batch, ids("ff-1041_no", "ff-2070_no"), "", false,
		},
		"product_batch_update_E_nothing": {event.Product, event.Batch, nil, "", false},

		"pricelist_activated_gui":             {event.Price, event.Batch, nil, "", false},
		"pricelist_deactivated_api":           {event.Price, event.Batch, nil, "", false},
		"pricelist_prices_updated_gui":        {event.Price, event.Batch, nil, "", false},
		"pricelist_prices_updated_api_343108": {event.Price, event.Batch, nil, "", false},
		"pricelist_deleted_gui":               {event.Price, event.Batch, nil, "", false},
		"promotion_updated_with_price_update": {event.Price, event.Batch, nil, "", false},

		"inventory_update_many_A_sku":       {event.Inventory, event.Batch, ids("ff-1041-navy-m"), "", false},
		"inventory_update_many_B_composite": {event.Inventory, event.Batch, ids("ff-1041-navy-m"), "", false},
		"inventory_update_many_C_nothing":   {event.Inventory, event.Batch, nil, "", false},
		"inventory_single_gui":              {event.Inventory, event.Changed, ids("ff-1041-navy-m"), "", false},
		"inventory_deleted_api":             {event.Inventory, event.Deleted, ids("ff-2070"), "", false},

		"private_customer_added_api":            {event.Customer, event.Changed, ids(customer), "", false},
		"private_customer_patched_by_flow_echo": {event.Customer, event.Changed, ids(customer), "", false},
		"private_customer_updated_gui":          {event.Customer, event.Changed, ids(customer), "", false},
		"private_customer_anonymized_api":       {event.Customer, event.Changed, ids(erased), "", false},
		"private_customer_merged_api":           {event.Customer, event.Changed, ids(customer, erased), "", false},
		"private_customer_deleted_api":          {event.Customer, event.Deleted, ids(erased), "", false},
		"private_customer_batch_update":         {event.Customer, event.Batch, nil, "", false},
		"business_customer_added_api":           {event.Customer, event.Changed, ids("BC-20417"), "", false},
		"business_customer_patched_api":         {event.Customer, event.Changed, ids("BC-20417"), "", false},
		"business_customer_contact_deleted_api": {event.Customer, event.Changed, ids("BC-20417"), "", false},
		"business_customer_deleted_api":         {event.Customer, event.Deleted, ids("BC-19998"), "", false},

		"purchase_order_added_api":          {event.PurchaseOrder, event.Changed, ids("PO-58213"), "", false},
		"purchase_order_status_gui":         {event.PurchaseOrder, event.Changed, ids("PO-58213"), "", false},
		"purchase_order_workflow_completed": {event.PurchaseOrder, event.Changed, ids("PO-58213"), "", false},
		"purchase_order_deleted_api":        {event.PurchaseOrder, event.Deleted, ids("PO-57990"), "", false},
		"delivery_created_api":              {event.Delivery, event.Changed, ids("DEL-9041"), "", false},
		"delivery_eta_updated_gui":          {event.Delivery, event.Changed, ids("DEL-9041"), "", false},
		"delivery_goods_reception_api":      {event.Delivery, event.Changed, ids("DEL-9041"), "", false},
		"delivery_deleted_api":              {event.Delivery, event.Deleted, ids("DEL-8877"), "", false},
		"supplier_updated_api":              {event.Supplier, event.Changed, ids("SUP-77"), "", false},
		"supplier_deleted_api":              {event.Supplier, event.Deleted, ids("SUP-12"), "", false},
		"store_patched_api":                 {event.Store, event.Changed, ids("101"), "", false},
		"store_deleted_gui":                 {event.Store, event.Deleted, ids("118"), "", false},
		"category_updated_gui":              {event.Category, event.Changed, ids("jakker_no"), "", false},
		"category_added_api":                {event.Category, event.Changed, ids("jakker"), "", false},
		"category_deleted_api":              {event.Category, event.Deleted, ids("utgaatt_no"), "", false},
		"category_batch_update_gui":         {event.Category, event.Batch, nil, "", false},

		"order_reservation_changed":  {Ignored: omnium.IgnoredOrder},
		"tenant_settings_published":  {Ignored: omnium.IgnoredSettings, Settings: true},
		"subscription_result_failed": {Ignored: omnium.IgnoredSubscription},
		"unknown_operation":          {Ignored: omnium.IgnoredUnknown},
		"error_event":                {Ignored: omnium.IgnoredErrorEvent},
		"minimal_event":              {event.Product, event.Changed, ids("ff-1041"), "", false},
		"nulls_everywhere":           {event.Product, event.Changed, ids("ff-1041"), "", false},
	}
}

func TestParseWebhookSamples(t *testing.T) {
	t.Parallel()
	want := meanings()
	events := samples(t)
	if len(events) != len(want) {
		t.Errorf("testdata has %d events, the table %d", len(events), len(want))
	}
	for name, body := range events {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notices, err := omnium.ParseWebhook(body)
			if err != nil || len(notices) != 1 {
				t.Fatalf("ParseWebhook = %d notices, %v, want 1", len(notices), err)
			}
			n := notices[0]
			got := meaning{n.Event.Resource, n.Event.Change, n.Event.Objects, n.Ignored, n.SettingsChanged}
			if diff := cmp.Diff(want[name], got); diff != "" {
				t.Errorf("ParseWebhook(%s) (-want +got):\n%s", name, diff)
			}
			if n.Event.ID == "" || n.Event.Time.IsZero() {
				t.Errorf("ParseWebhook(%s): id %q, time %v, want both", name, n.Event.ID, n.Event.Time)
			}
		})
	}
}

func TestParseWebhookFields(t *testing.T) {
	t.Parallel()
	notices, err := omnium.ParseWebhook(samples(t)["inventory_single_gui"])
	if err != nil {
		t.Fatal(err)
	}
	want := []omnium.Notice{{
		Event: event.Event{
			ID: "Kq7vTz4Bn1Sx9Rw00025", Resource: event.Inventory, Change: event.Changed,
			Objects: ids("ff-1041-navy-m"), Market: "NOR", Store: "101",
			Actor: "kari.lunde@fjordogfjell.example",
			Time:  time.Date(2025, 10, 14, 9, 31, 7, 441820300, time.UTC),
		},
		OperationID: 250108, ClassName: "Inventory",
	}}
	if diff := cmp.Diff(want, notices); diff != "" {
		t.Errorf("ParseWebhook (-want +got):\n%s", diff)
	}
}

func TestParseWebhookOperations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		want       meaning
	}{
		{
			"delete of several", `{"operationId":240102,"className":"Product","objectId":"a; b,a\tc"}`,
			meaning{event.Product, event.Deleted, ids("a", "b", "c"), "", false},
		},
		{
			"forced export of a product is a change", `{"operationId":240119,"objectId":"a"}`,
			meaning{event.Product, event.Changed, ids("a"), "", false},
		},
		{
			"incomplete product", `{"operationId":142100,"className":"IncompleteProduct","objectId":"a"}`,
			meaning{event.Product, event.Changed, ids("a"), "", false},
		},
		{
			"unlisted id of a family", `{"operationId":240187,"objectId":"a"}`,
			meaning{event.Product, event.Changed, ids("a"), "", false},
		},
		{
			"batch category on an ordinary operation",
			`{"operationId":140105,"category":"BatchUpdate","objectId":"a,b"}`,
			meaning{event.Product, event.Batch, ids("a", "b"), "", false},
		},
		{
			"id with a comma on an ordinary operation", `{"operationId":140105,"objectId":"a,b c"}`,
			meaning{event.Product, event.Changed, ids("a,b c"), "", false},
		},
		{
			"unknown id, known class", `{"operationId":777777,"className":"products","objectId":"a"}`,
			meaning{event.Product, event.Changed, ids("a"), "", false},
		},
		{
			"class alone, deleted", `{"className":"OmniumPurchase_Order","category":"deleted","objectId":"a"}`,
			meaning{event.PurchaseOrder, event.Deleted, ids("a"), "", false},
		},
		{
			"class alone, plural in ie", `{"className":"ProductCategories","objectId":"a"}`,
			meaning{event.Category, event.Changed, ids("a"), "", false},
		},
		{
			"price list names no products", `{"operationId":243105,"objectId":"pl-1"}`,
			meaning{event.Price, event.Batch, nil, "", false},
		},
		{
			"price list with product ids",
			`{"operationId":243108,"objectId":"pl-1","properties":[{"key":"ProductIds","value":"a;b"}]}`,
			meaning{event.Price, event.Batch, ids("a", "b"), "", false},
		},
		{
			"promotion without price update", `{"operationId":145103,"className":"Promotion","objectId":"p"}`,
			meaning{Ignored: omnium.IgnoredPromotion},
		},
		{
			"goods reception names the delivery",
			`{"operationId":150102,"className":"Delivery","objectId":"DEL-1"}`,
			meaning{event.Inventory, event.Batch, nil, "", false},
		},
		{
			"stock of a product", `{"operationId":250108,"className":"Product","objectId":"a_7","storeId":8}`,
			meaning{event.Inventory, event.Changed, ids("a_7"), "", false},
		},
		{
			"references of another class do not count",
			`{"operationId":510102,"className":"Product","objectId":"a b",
			  "references":[{"objectId":"o","className":"Order"},{"objectId":"s","className":"Store"}]}`,
			meaning{event.Product, event.Batch, ids("a", "b"), "", false},
		},
		{
			"plain references", `{"operationId":510102,"references":["a",{"id":7},null,"a",[1],{"id":""}]}`,
			meaning{event.Product, event.Batch, ids("a", "7"), "", false},
		},
		{
			"array in an attachment", `{"operationId":510102,"attachments":[{"name":"sku_ids","value":["a","b"]}]}`,
			meaning{event.Product, event.Batch, ids("a", "b"), "", false},
		},
		{
			"array inside a string", `{"operationId":510102,"properties":[{"key":"Ids","value":"[\"a,b\",\"c\"]"}]}`,
			meaning{event.Product, event.Batch, ids("a,b", "c"), "", false},
		},
		{
			"ids of something else",
			`{"operationId":510102,"properties":[{"key":"MarketIds","value":"NOR"},{"key":"id","value":"x"}]}`,
			meaning{event.Product, event.Batch, nil, "", false},
		},
		{
			"change without an id", `{"operationId":140105,"references":[{"objectId":"a","className":"Product"}]}`,
			meaning{event.Product, event.Changed, ids("a"), "", false},
		},
		{
			"order that names a purchase order",
			`{"operationId":310100,"className":"Order","objectId":"o-1",
			  "references":[{"objectId":"PO-1","className":"PurchaseOrder"},{"objectId":"x"}]}`,
			meaning{event.PurchaseOrder, event.Changed, ids("PO-1"), "", false},
		},
		{
			"order that names purchase orders in attachments and properties",
			`{"operationId":310100,"className":"Order","objectId":"o-1",
			  "properties":[{"key":"purchaseOrderIds","value":"[\"PO-1\",\"PO-2\"]"},{"key":"objectId","value":"o-2"}],
			  "attachments":[{"name":"ShipmentId","value":"2"},{"name":"PurchaseOrderId","value":"PO-3"}]}`,
			meaning{event.PurchaseOrder, event.Changed, ids("PO-1", "PO-2", "PO-3"), "", false},
		},
		{"order workflow", `{"operationId":111102,"className":"Order"}`, meaning{Ignored: omnium.IgnoredWorkflow}},
		{"workflow starts", `{"operationId":151101}`, meaning{Ignored: omnium.IgnoredWorkflow}},
		{"export", `{"operationId":151104}`, meaning{Ignored: omnium.IgnoredExport}},
		{"cleared error", `{"operationId":240110}`, meaning{Ignored: omnium.IgnoredErrorEvent}},
		{"availability", `{"operationId":150106}`, meaning{Ignored: omnium.IgnoredAvailability}},
		{"scheduled task", `{"operationId":195100}`, meaning{Ignored: omnium.IgnoredScheduledTask}},
		{"scheduled task by class", `{"className":"ScheduledTask"}`, meaning{Ignored: omnium.IgnoredScheduledTask}},
		{"import goes on", `{"operationId":190101}`, meaning{Ignored: omnium.IgnoredImport}},
		{
			"import ends", `{"operationId":190103,"objectId":"import-7"}`,
			meaning{event.Product, event.Batch, nil, "", false},
		},
		{"cart", `{"className":"Cart","objectId":"c"}`, meaning{Ignored: omnium.IgnoredOrder}},
		{"user", `{"className":"User","objectId":"u"}`, meaning{Ignored: omnium.IgnoredClass}},
		{"settings by class", `{"className":"tenantSettings"}`, meaning{Ignored: omnium.IgnoredSettings, Settings: true}},
		{"object id alone", `{"objectId":"x"}`, meaning{Ignored: omnium.IgnoredUnknown}},
		{
			"longest id", `{"className":"Product","objectId":"` + strings.Repeat("x", 512) + `"}`,
			meaning{event.Product, event.Changed, ids(strings.Repeat("x", 512)), "", false},
		},
		{
			"longer id", `{"className":"Product","objectId":"` + strings.Repeat("x", 513) + `"}`,
			meaning{event.Product, event.Changed, nil, omnium.IgnoredObjectID, false},
		},
		{
			"batch drops impossible ids", `{"operationId":510102,"objectId":"a,` + strings.Repeat("x", 513) + `"}`,
			meaning{event.Product, event.Batch, ids("a"), "", false},
		},
		{
			"control characters stay", `{"className":"Product","objectId":"a\u0000\nb"}`,
			meaning{event.Product, event.Changed, ids("a\x00\nb"), "", false},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			notices, err := omnium.ParseWebhook([]byte(test.body))
			if err != nil || len(notices) != 1 {
				t.Fatalf("ParseWebhook(%s) = %d notices, %v, want 1", test.body, len(notices), err)
			}
			n := notices[0]
			got := meaning{n.Event.Resource, n.Event.Change, n.Event.Objects, n.Ignored, n.SettingsChanged}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("ParseWebhook(%s) (-want +got):\n%s", test.body, diff)
			}
		})
	}
}

func TestParseWebhookRefuses(t *testing.T) {
	t.Parallel()
	ok := `{"className":"Product","objectId":"a"}`
	for name, body := range map[string]string{
		"nothing":               "",
		"blank":                 " \n",
		"text":                  "hello",
		"null":                  "null",
		"number":                "7",
		"cut off":               `{"className":"Product"`,
		"two values":            ok + ok,
		"no identifying field":  `{"id":"x","category":"Updated","market":"NOR"}`,
		"only nulls":            `{"className":null,"objectId":" ","operationId":0}`,
		"wrong types":           `{"className":{},"objectId":[],"operationId":true}`,
		"empty array":           "[]",
		"array of text":         `["x"]`,
		"array in an array":     "[[" + ok + "]]",
		"null in an array":      "[" + ok + ",null]",
		"one bad element":       "[" + ok + `,{"id":"x"}]`,
		"too many":              "[" + strings.Repeat(ok+",", omnium.MaxNotices) + ok + "]",
		"nested too deep":       `{"className":"Product","x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}",
		"not UTF-8 in objectId": "{\"className\":\"Product\",\"objectId\":\"a\xff\"}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notices, err := omnium.ParseWebhook([]byte(body))
			refused, typed := errors.AsType[*omnium.BodyError](err)
			if !typed || notices != nil {
				t.Fatalf("ParseWebhook = %v, %v, want a *BodyError", notices, err)
			}
			if len(refused.Error()) > 100 || strings.Contains(refused.Error(), "Product") {
				t.Errorf("Error() = %q, want nothing of the body", refused.Error())
			}
		})
	}
}

func TestParseWebhookAccepts(t *testing.T) {
	t.Parallel()
	ok := `{"className":"Product","objectId":"a"}`
	for name, test := range map[string]struct {
		body string
		want int
	}{
		"byte order mark":         {"\ufeff" + ok, 1},
		"white space":             {"\r\n " + ok + "\n", 1},
		"array":                   {"[" + ok + ", " + ok + "]", 2},
		"as many as allowed":      {"[" + strings.Repeat(ok+",", omnium.MaxNotices-1) + ok + "]", omnium.MaxNotices},
		"odd case of field names": {`{"CLASSNAME":"Product","ObjectId":"a"}`, 1},
		"odd types":               {`{"className":"Product","objectId":17,"market":7,"tags":"x","timestamp":5,"properties":{}}`, 1},
		"not UTF-8 in a message":  {"{\"className\":\"Product\",\"objectId\":\"a\",\"message\":\"\xff\"}", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notices, err := omnium.ParseWebhook([]byte(test.body))
			if err != nil || len(notices) != test.want {
				t.Fatalf("ParseWebhook = %d notices, %v, want %d", len(notices), err, test.want)
			}
			if n := notices[0]; n.Event.Resource != event.Product || len(n.Event.Objects) != 1 {
				t.Errorf("first notice = %+v, want a product with one id", n)
			}
		})
	}
}

func TestParseWebhookIdentity(t *testing.T) {
	t.Parallel()
	identity := func(body string) string {
		t.Helper()
		notices, err := omnium.ParseWebhook([]byte(body))
		if err != nil {
			t.Fatalf("ParseWebhook(%s): %v", body, err)
		}
		return notices[0].Event.ID
	}
	const base = `{"className":"Product","objectId":"a","operationId":140105,"category":"Updated","timestamp":"2025-10-14T09:31:07Z"`
	if got := identity(base + `,"id":"e-1"}`); got != "e-1" {
		t.Errorf("identity with an id = %q, want it", got)
	}
	hashed := identity(base + "}")
	if !strings.HasPrefix(hashed, "sha256:") || len(hashed) != len("sha256:")+32 {
		t.Errorf("identity without an id = %q, want sha256: and 32 hex digits", hashed)
	}
	if again := identity(base + `,"message":"x","id":null}`); again != hashed {
		t.Errorf("identity of a repetition = %q, want %q", again, hashed)
	}
	for _, other := range []string{
		strings.Replace(base, `"a"`, `"b"`, 1) + "}",
		strings.Replace(base, "140105", "140106", 1) + "}",
		strings.Replace(base, "07Z", "08Z", 1) + "}",
		base + `,"status":"x"}`,
	} {
		if identity(other) == hashed {
			t.Errorf("identity(%s) = that of another event", other)
		}
	}
	const timeless = `{"className":"Product","objectId":"a"}`
	if first, second := identity(timeless), identity(timeless); first == second {
		t.Error("two events without id and timestamp have one identity: the second would be lost")
	}
	long := identity(base + `,"id":"` + strings.Repeat("i", 600) + `"}`)
	if !strings.HasPrefix(long, "sha256:") || len(long) > 64 {
		t.Errorf("identity with a huge id = %q, want a hash", long)
	}
}

func FuzzParseWebhook(f *testing.F) {
	for _, body := range samples(f) {
		f.Add([]byte(body))
		f.Add([]byte("[" + string(body) + "]"))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		notices, err := omnium.ParseWebhook(body)
		if err != nil {
			if _, ok := errors.AsType[*omnium.BodyError](err); !ok || notices != nil {
				t.Fatalf("ParseWebhook = %v, %v, want a *BodyError alone", notices, err)
			}
			return
		}
		if len(notices) == 0 || len(notices) > omnium.MaxNotices {
			t.Fatalf("ParseWebhook = %d notices", len(notices))
		}
		for _, n := range notices {
			checkNotice(t, n)
		}
	})
}

// checkNotice holds for every notice whatever the body.
func checkNotice(t *testing.T, n omnium.Notice) {
	t.Helper()
	e := n.Event
	if e.ID == "" {
		t.Errorf("%+v has no id", n)
	}
	if n.Ignored == "" && !e.Resource.Valid() {
		t.Errorf("%+v leads to a job of no resource", n)
	}
	for i, id := range e.Objects {
		if strings.TrimSpace(id) == "" || len(id) > 512 || slices.Index(e.Objects, id) != i {
			t.Errorf("%+v has an empty, oversized or repeated object id %q", n, id)
		}
	}
}
