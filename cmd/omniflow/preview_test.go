package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// everyResource is a shop with an object of every kind, which norway exports.
func everyResource(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t, func(s *settings) {
		s.Also = []string{
			"FlowPriceScheduledTask", "IInventoryExporter", "IStoreExporter", "IPrivateCustomerExporter",
			"IPurchaseOrderSynchronousExporter", "IDeliveryExporter",
		}
		s.Prepare = func(oms *omniumtest.Server) {
			oms.SetStores([]omnium.Store{{
				ID: "oslo", Name: "Oslo", IsPrimaryStore: true, IsWarehouse: true, AvailableOnMarkets: []string{"NOR"},
				OrganizationalNumber: "999888777",
			}})
		}
	})
	h.rewrite("OrganizationUid: fjell_sport\n", "OrganizationUid: fjell_sport\n    PurchaseNumberSeriesUid: purchases\n"+
		"    SyncCategoriesToFlow: \"true\"\n    ProductGroupRootId: klaer\n")
	h.flow.PutPriceList(string(norway), "main")
	h.omnium.PutProduct(omnium.Product{
		ID: "lamp_no", ProductID: "lamp", SkuID: "lamp", Language: "no", Name: "Lamp", IsActive: true, Brand: "Fjell",
		Prices: []omnium.Price{{UnitPrice: "199.50", MarketID: "NOR"}},
	})
	line := omnium.PurchaseOrderLine{
		LineItemID: "L1", PurchaseOrderID: "PO-1", Code: "lamp", Quantity: "12", DiscountedPriceExclTax: "100",
	}
	h.put(omniumtest.InventoryItems, omnium.InventoryItem{SKU: "lamp", WarehouseCode: "oslo", Inventory: "2.5"})
	h.put(omniumtest.Suppliers, omnium.Supplier{ID: "SUP-77", Name: "Skare"})
	h.put(omniumtest.Categories, omnium.Category{ID: "tur_no", CategoryID: "tur", ParentID: "root", Name: "Tur", Language: "no"})
	h.put(omniumtest.PrivateCustomers, omnium.PrivateCustomer{
		CustomerScope: omnium.CustomerScope{MarketID: "NOR"}, CustomerID: "kari", FirstName: "Kari",
	})
	h.put(omniumtest.PurchaseOrders, omnium.PurchaseOrder{
		ID: "PO-1", Status: "Confirmed", MarketID: "NOR", StoreID: "oslo", SupplierID: "SUP-77", BillingCurrency: "NOK",
		Form: omnium.PurchaseOrderForm{LineItems: []omnium.PurchaseOrderLine{line}},
	})
	return h
}

func previewPath(r event.Resource, id string) string {
	return "/tenants/" + string(norway) + "/objects/" + string(r) + "/" + url.PathEscape(id)
}

func (r *replica) preview(resource event.Resource, id string) api.Preview {
	r.Helper()
	var p api.Preview
	r.admin(http.MethodGet, previewPath(resource, id)+"/preview", nil, &p)
	return p
}

// tap writes down what is written to norway on its way to Flow.
type tap struct {
	next http.Handler

	mu     sync.Mutex
	writes []string
}

// ServeHTTP implements http.Handler.
func (p *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body) // what is cut short, Flow does not understand
	r.Body = io.NopCloser(bytes.NewReader(raw))
	path, norways := strings.CutPrefix(r.URL.EscapedPath(), flowtest.BasePath)
	reads := r.Method == http.MethodGet || strings.HasSuffix(path, "/brands/search") || strings.HasSuffix(path, "/products/stock")
	if norways && strings.HasPrefix(path, "/tenants/"+string(norway)+"/") && !reads {
		p.mu.Lock()
		p.writes = append(p.writes, r.Method+" "+path+" "+canonical(raw))
		p.mu.Unlock()
	}
	p.next.ServeHTTP(w, r)
}

// take returns what was written since the last call.
func (p *tap) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.writes
	p.writes = nil
	return list
}

// tapped has the service write to Flow through a tap.
func (h *harness) tapped() *tap {
	h.Helper()
	p := &tap{next: h.flow}
	server := httptest.NewServer(p)
	h.Cleanup(server.Close)
	_, rest, _ := strings.Cut(h.configText(), "flow:\n  baseUrl: \"")
	address, _, _ := strings.Cut(rest, "\"")
	h.rewrite(address, server.URL+flowtest.BasePath)
	return p
}

func canonical(raw []byte) string {
	var v any
	if json.Unmarshal(raw, &v) != nil || v == nil {
		return ""
	}
	sorted, _ := json.Marshal(v) // what was read can be written
	return string(sorted)
}

// memory is everything that Redis holds of the ledger and the queue of norway.
func (h *harness) memory() map[string]string {
	h.Helper()
	client := h.redis.Client()
	keys, err := client.Keys(h.Context(), "omniflow:{"+string(norway)+"}*").Result()
	if err != nil {
		h.Fatal(err)
	}
	all := map[string]string{}
	for _, key := range keys {
		if strings.Contains(key, "meta") || strings.Contains(key, ":samples:") { // what workers ask, and the clock
			continue
		}
		if all[key], err = client.Dump(h.Context(), key).Result(); err != nil {
			h.Fatal(err)
		}
	}
	return all
}

// Of every kind of object the preview is what is sent then, and leaves no trace.
func TestPreviewIsWhatIsSentThen(t *testing.T) {
	t.Parallel()
	h := everyResource(t)
	flow := h.tapped()
	r := h.start()
	for _, object := range []struct {
		resource event.Resource
		id       string
	}{
		{event.Store, "oslo"},
		{event.Category, "tur"},
		{event.Supplier, "SUP-77"},
		{event.Product, "lamp"},
		{event.Price, "lamp"},
		{event.Inventory, "lamp"},
		{event.Customer, "kari"},
		{event.PurchaseOrder, "PO-1"},
	} {
		before := h.memory()
		p := r.preview(object.resource, object.id)
		if left := flow.take(); len(left) > 0 {
			t.Errorf("preview of %s has written %v to Flow", object.resource, left)
		}
		if diff := cmp.Diff(before, h.memory()); diff != "" {
			t.Errorf("preview of %s has written to Redis (-before +after):\n%s", object.resource, diff)
		}
		if p.Result != "pushed" || p.Error != "" || len(p.Requests) == 0 {
			t.Errorf("preview of %s = %+v, want something to be pushed", object.resource, p)
		}
		var shown []string
		for _, q := range p.Requests {
			shown = append(shown, q.Method+" "+q.Path+" "+canonical(q.Body))
		}
		if a := r.request(http.MethodPost, "/admin/v1"+previewPath(object.resource, object.id)+"/sync", adminToken, nil); a.status != http.StatusAccepted {
			t.Fatalf("sync of %s = %d %s", object.resource, a.status, a.body)
		}
		h.eventually("all jobs are done", h.drained)
		if diff := cmp.Diff(shown, flow.take()); diff != "" {
			t.Errorf("what was sent for %s differs from its preview (-shown +sent):\n%s", object.resource, diff)
		}
		if again := r.preview(object.resource, object.id); again.Result != "unchanged" || len(again.Requests) > 0 {
			t.Errorf("preview of %s after it was sent = %+v, want nothing to do", object.resource, again)
		}
	}
	r.stop()
}

// A delivery is exported with its purchase orders: one is shown in its place, several are named.
func TestPreviewOfADelivery(t *testing.T) {
	t.Parallel()
	h := everyResource(t)
	h.delivery("2026-12-01T00:00:00Z")
	order := func(id string) {
		h.put(omniumtest.PurchaseOrders, omnium.PurchaseOrder{
			ID: id, Status: "Confirmed", MarketID: "NOR", StoreID: "oslo", SupplierID: "SUP-77", BillingCurrency: "NOK",
			Form: omnium.PurchaseOrderForm{LineItems: []omnium.PurchaseOrderLine{{
				LineItemID: "1", PurchaseOrderID: id, DeliveryID: "D-1", Code: "lamp", Quantity: "1", DiscountedPriceExclTax: "9",
			}}},
		})
	}
	order("PO-1")
	r := h.start()
	if p := r.preview(event.Delivery, "D-1"); p.Resource != event.PurchaseOrder || p.ID != "PO-1" || p.Result != "waiting" {
		t.Errorf("preview of a delivery of one order = %+v, want that of the order, which waits for its store", p)
	}
	order("PO-2")
	p := r.preview(event.Delivery, "D-1")
	want := []api.PreviewKey{{Resource: event.PurchaseOrder, ID: "PO-1"}, {Resource: event.PurchaseOrder, ID: "PO-2"}}
	if p.Result != "rekeyed" || p.ID != "D-1" || len(p.Requests) > 0 || !slices.Equal(p.AlsoQueues, want) {
		t.Errorf("preview of a delivery of two orders = %+v, want both named", p)
	}
	if err := h.drained(); err != nil {
		t.Errorf("after the previews: %v, want no job", err)
	}
	r.stop()
}

// The difference is against what Flow has where it can be asked, and by fingerprint elsewhere.
func TestPreviewShowsWhatChanges(t *testing.T) {
	t.Parallel()
	h := everyResource(t)
	h.env[tokenVar] = adminToken
	p := &person{harness: h}
	r := h.start()
	preview := func(resource, id string) error {
		return p.call(r, "preview", "-t", string(norway), resource, id)
	}
	p.wantCode(preview("supplier", "SUP-77"), 0)
	p.wantPrinted("supplier/SUP-77 of fjell_no: pushed, 1 requests", "POST /tenants/fjell_no/suppliers",
		"# Flow does not have it yet", green+`  + name: "Skare"`+plain)
	for _, object := range []string{"supplier/SUP-77", "product/lamp"} {
		if a := r.request(http.MethodPost, "/admin/v1/tenants/fjell_no/objects/"+object+"/sync", adminToken, nil); a.status != http.StatusAccepted {
			t.Fatalf("sync = %d", a.status)
		}
	}
	h.eventually("all jobs are done", h.drained)
	h.put(omniumtest.Suppliers, omnium.Supplier{ID: "SUP-77", Name: "Skare AS"})
	p.wantCode(preview("supplier", "SUP-77"), 0)
	p.wantPrinted("PUT /tenants/fjell_no/suppliers/SUP77", red+`  - name: "Skare"`+plain, green+`  + name: "Skare AS"`+plain)
	if strings.Contains(p.stdout.String(), "active") {
		t.Errorf("preview shows what does not change: %s", &p.stdout)
	}
	p.wantCode(preview("product", "lamp_no"), 0) // the id of a document
	p.wantPrinted("product/lamp of fjell_no: unchanged, 0 requests")
	h.rename("lamp", "Lampe \x1b[2J")
	p.wantCode(preview("product", "lamp"), 0)
	p.wantPrinted("PUT /tenants/fjell_no/products/lamp   product.update, assumed", red+`  - name: "Lamp"`+plain, green+`  + name: "Lampe`)
	if strings.Contains(p.stdout.String(), "\x1b[2J") {
		t.Errorf("preview prints what Omnium said as it is: %q", &p.stdout)
	}
	p.wantCode(p.call(r, "preview", "-t", string(norway), "product", "lamp", "--json"), 0)
	var shown api.Preview
	if err := json.Unmarshal(p.stdout.Bytes(), &shown); err != nil || len(shown.Requests) != 1 || shown.Requests[0].Compared != "flow" {
		t.Errorf("preview --json = %s, %v, want one request", &p.stdout, err)
	}
	h.omnium.PatchProduct("lamp", func(p *omnium.Product) { p.Cost = "a lot" })
	p.wantCode(preview("product", "lamp"), exitAttention)
	p.wantPrinted("permanent (bad_number), 0 requests")
	p.wantCode(preview("starship", "1"), exitFailed)
	p.wantCode(p.call(r, "preview", "product"), exitUsage)
	r.stop()
}

// A preview of an object that is gone shows how it would be taken off sale, and an outage as it is.
func TestPreviewOfWhatIsGoneAndOfAnOutage(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	h := newHarness(t, func(s *settings) {
		s.Prepare = func(oms *omniumtest.Server) {
			oms.Fail = func(*http.Request) (int, http.Header, bool) {
				return http.StatusServiceUnavailable, nil, away.Load()
			}
		}
	})
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	r.deliver(h.changed("cup"))
	h.settled()
	h.omnium.SoftDelete("cup")
	p := r.preview(event.Product, "cup")
	if len(p.Requests) != 1 || !strings.Contains(string(p.Requests[0].Body), "discontinuedFrom") {
		t.Errorf("preview of a deleted product = %+v, want it taken off sale", p)
	}
	if got, exists := h.flowProduct(norway, "cup"); !exists || !got.AllowPurchase {
		t.Errorf("Flow holds %+v after the preview, want it on sale", got)
	}
	away.Store(true)
	began := time.Now()
	if p := r.preview(event.Product, "cup"); p.Result != "snoozed" || p.Error == "" {
		t.Errorf("preview with Omnium away = %+v, want snoozed with the error", p)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("preview took %v with Omnium away", took)
	}
	away.Store(false)
	if p := r.preview(event.Product, "nobody"); p.Result != "skipped" && p.Result != "deferred" {
		t.Errorf("preview of what nobody has = %+v, want it skipped", p)
	}
	r.stop()
}
