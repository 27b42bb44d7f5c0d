package flowtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// caller speaks to the fake without the real client, so that it can misbehave.
type caller struct {
	t      *testing.T
	server *flowtest.Server
	http   *http.Client
	token  string
}

func newCaller(t *testing.T, o flowtest.Options) caller {
	t.Helper()
	o.Tenants = []flowtest.Tenant{{UID: "no", Token: "token-no"}, {UID: "se", Token: "token-se"}}
	s := flowtest.New(o)
	t.Cleanup(s.Close)
	return caller{t: t, server: s, http: &http.Client{Transport: flowtest.Transport(s)}, token: "token-no"}
}

// call sends "METHOD /path" below /v2/tenants and returns status and body.
func (c caller) call(route, body string) (int, string) {
	c.t.Helper()
	status, answer, err := c.try(c.t.Context(), route, body)
	if err != nil {
		c.t.Fatalf("%s: %v", route, err)
	}
	return status, answer
}

func (c caller) try(ctx context.Context, route, body string) (int, string, error) {
	method, path, _ := strings.Cut(route, " ")
	r, err := http.NewRequestWithContext(ctx, method, "http://flow.test/v2/tenants"+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(answer), err
}

// must fails the test when a step that others build on is refused.
func (c caller) must(route, body string) {
	c.t.Helper()
	if status, answer := c.call(route, body); status > 299 {
		c.t.Fatalf("%s %s = %d %s, want success", route, body, status, answer)
	}
}

func (c caller) snapshot() flowtest.State {
	c.t.Helper()
	state, err := c.server.Snapshot("no")
	if err != nil {
		c.t.Fatalf("Snapshot: %v", err)
	}
	return state
}

// TestAnswers holds what the fake accepts and refuses.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		route, body string
		want        int
	}{
		{"GET /no", "", 200},
		{"POST /no/brands", `{"brandUid":"b2","name":"B2"}`, 200},
		{"POST /no/brands", `{"name":"Without uid"}`, 200},
		{"POST /no/brands", `{"brandUid":"b2"}`, 400},
		{"POST /no/brands", `{"brandUid":"b","name":"B"}`, 409},
		{"POST /no/brands", `{"brandUid":"b 2","name":"B"}`, 400},
		{"POST /no/brands", `{"brandUid":"","name":"B"}`, 400},
		{"POST /no/brands", `{"brandUid":7,"name":"B"}`, 400},
		{"POST /no/brands", `{"title":"B"}`, 400},
		{"POST /no/brands", `[]`, 400},
		{"POST /no/brands", `null`, 400},
		{"POST /no/brands", `{`, 400},
		{"GET /no/brands?pageNumber=0", "", 400},
		{"GET /no/brands?pageSize=x", "", 400},
		{"GET /no/brands?pageNumber=2147483647&pageSize=2147483647", "", 200},
		{"POST /no/brands/search", `{"query":"b","exactMatch":true}`, 200},
		{"POST /no/brands/search", `{"exactMatch":true}`, 400},
		{"GET /no/products/p", "", 200},
		{"GET /no/products/q", "", 404},
		{"GET /no/products/p%20q", "", 400},
		{"POST /no/products", `{"productUid":"q","brandUid":"b","productGroupUid":"g","purchasePrice":100}`, 201},
		{"POST /no/products", `{"productUid":"q","brandUid":null,"weight":-5}`, 201},
		{"POST /no/products", `{"productUid":"p"}`, 409},
		{"POST /no/products", `{"productUid":"q","brandUid":"nobody"}`, 400},
		{"POST /no/products", `{"productUid":"q","productGroupUid":"nowhere"}`, 400},
		{"POST /no/products", `{"productUid":"q","purchasePrice":1.5}`, 400},
		{"POST /no/products", `{"productUid":"q","purchasePrice":"150"}`, 400},
		{"POST /no/products", `{"productUid":"q","purchasePrice":1e2}`, 400},
		{"POST /no/products", `{"productUid":"q","purchasePrice":9223372036854775808}`, 400},
		{"POST /no/products", `{"productUid":"q","weight":0.5}`, 400},
		{"POST /no/products", `{"productUid":"q","currencyPurchasePrice":{"currency":"EUR","price":100}}`, 201},
		{"POST /no/products", `{"productUid":"q","currencyPurchasePrice":{"currency":"EUR","price":1.5}}`, 400},
		{"POST /no/products", `{"productUid":"q","currencyPurchasePrice":{"price":100}}`, 400},
		{"POST /no/products", `{"productUid":"q","allowPurchase":"true"}`, 400},
		{"POST /no/products", `{"productUid":"q","discontinuedFrom":"tomorrow"}`, 400},
		{"POST /no/products", `{"productUid":"q","categoryUids":["a","b"]}`, 400},
		{"POST /no/products", `{"productUid":"q","categoryUids":["top","below"]}`, 201},
		{"POST /no/categories", `{"categoryUid":"a","name":"A"}`, 200},
		{"POST /no/categories", `{"categoryUid":"a","name":"A","parentUid":"below"}`, 200},
		{"POST /no/categories", `{"categoryUid":"a","parentUid":"top"}`, 400},
		{"POST /no/categories", `{"categoryUid":"a","name":"A","parentUid":"nowhere"}`, 400},
		{"POST /no/categories", `{"categoryUid":"top","name":"A"}`, 409},
		{"POST /no/categories", `{"categoryUid":"a","name":"A","scope":"SALE"}`, 400},
		{"GET /no/categories/top", "", 200},
		{"GET /no/categories/nowhere", "", 404},
		{"GET /no/categories?categoryParentUid=top", "", 200},
		{"PUT /no/categories/below", `{"name":"New","parentUid":""}`, 200},
		{"PUT /no/categories/top", `{"parentUid":"below"}`, 400},
		{"PUT /no/categories/top", `{"parentUid":"top"}`, 400},
		{"PUT /no/categories/top", `{"name":null}`, 400},
		{"PUT /no/categories/top", `{"categoryUid":"top"}`, 400},
		{"PUT /no/categories/nowhere", `{"name":"N"}`, 404},
		{"POST /no/suppliers", `{"supplierUid":"t","name":"T","active":true,"bankInfo":{"iban":"NO1"}}`, 200},
		{"POST /no/suppliers", `{"supplierUid":"t","active":true}`, 400},
		{"POST /no/suppliers", `{"supplierUid":"s","name":"S"}`, 409},
		{"POST /no/suppliers", `{"supplierUid":"t","name":"T","active":"yes"}`, 400},
		{"POST /no/suppliers", `{"supplierUid":"t","name":"T","taxId":"1"}`, 400},
		{"GET /no/suppliers?supplierExternalId=1", "", 200},
		{"PUT /no/suppliers/s", `{"active":false,"email":null}`, 200},
		{"PUT /no/suppliers/s", `{"supplierUid":"s"}`, 400},
		{"PUT /no/suppliers/s", `{"name":null}`, 400},
		{"PUT /no/suppliers/nobody", `{"active":false}`, 404},
		{"DELETE /no/suppliers/s", "", 404},
		{"POST /no/products", `{"productUid":"q","categoryUids":["a b"]}`, 400},
		{"PUT /no/products/p", `{"name":"New"}`, 200},
		{"PUT /no/products/p", `{"productUid":"p"}`, 400},
		{"PUT /no/products/p", `{"brandUid":"nobody"}`, 400},
		{"PUT /no/products/q", `{"name":"New"}`, 404},
		{"PATCH /no/products/p", `{"name":"New"}`, 404},
		{"GET /no/products/p/variants", "", 200},
		{"GET /no/products/q/variants", "", 404},
		{"POST /no/products/p/variants", `{"productUid":"p2"}`, 201},
		{"POST /no/products/p/variants", `{"productUid":"q"}`, 404},
		{"POST /no/products/q/variants", `{"productUid":"p"}`, 404},
		{"POST /no/products/p/variants", `{"productUid":"p"}`, 400},
		{"POST /no/products/p/variants", `{}`, 400},
		{"GET /no/products/p/media", "", 200},
		{"GET /no/products/q/media", "", 404},
		{"POST /no/products/p/media", `{"mainUrl":"https://x.example/1.jpg"}`, 201},
		{"POST /no/products/p/media", `{"mainUrl":"https://x.example/1.jpg","productMediaUid":""}`, 201},
		{"POST /no/products/p/media", `{"mainUrl":"ftp://x.example/1.jpg"}`, 400},
		{"POST /no/products/p/media", `{"mainUrl":"/1.jpg"}`, 400},
		{"POST /no/products/p/media", `{"productMediaUid":"m"}`, 400},
		{"POST /no/products/q/media", `{"mainUrl":"https://x.example/1.jpg"}`, 404},
		{"GET /no/properties", "", 200},
		{"POST /no/properties", `{"propertyUid":"size","propertyName":"Size","type":"TEXT"}`, 409},
		{"POST /no/properties", `{"propertyUid":"x","propertyName":"Size","type":"LIST"}`, 400},
		{"POST /no/properties", `{"propertyUid":"x","type":"TEXT"}`, 400},
		{"PUT /no/products/p/properties/size", `{"propertyText":""}`, 200},
		{"PUT /no/products/p/properties/size", `{}`, 400},
		{"PUT /no/products/p/properties/none", `{"propertyText":"x"}`, 404},
		{"PUT /no/products/q/properties/size", `{"propertyText":"x"}`, 404},
		{"GET /no/product-groups", "", 200},
		{"GET /no/product-groups/g", "", 200},
		{"GET /no/product-groups/h", "", 404},
		{"POST /no/product-groups", `{"productGroupUid":"g","name":"G"}`, 409},
		{"POST /no/product-groups", `{"productGroupUid":"h","name":"H","parentUid":""}`, 200},
		{"POST /no/product-groups", `{"productGroupUid":"h","name":"H","parentUid":"nowhere"}`, 400},
		{"PUT /no/product-groups/parent", `{"parentUid":"g"}`, 400},
		{"POST /no/product-groups", `{"productGroupUid":"h","name":"H","scope":"RENT"}`, 400},
		{"PUT /no/product-groups/g", `{"name":"New"}`, 200},
		{"PUT /no/product-groups/g", `{"name":null}`, 400},
		{"PUT /no/product-groups/h", `{"name":"New"}`, 404},
		{"DELETE /no/product-groups/empty", "", 204},
		{"DELETE /no/product-groups/g", "", 403},
		{"DELETE /no/product-groups/parent", "", 403},
		{"DELETE /no/product-groups/h", "", 404},
		{"GET /no/nothing", "", 404},
		{"GET /se", "", 401},
		{"GET /fi", "", 401},
	} {
		t.Run(tt.route+" "+tt.body, func(t *testing.T) {
			t.Parallel()
			c := newCaller(t, flowtest.Options{})
			c.must("POST /no/brands", `{"brandUid":"b","name":"B"}`)
			c.must("POST /no/product-groups", `{"productGroupUid":"parent","name":"P"}`)
			c.must("POST /no/product-groups", `{"productGroupUid":"g","name":"G","parentUid":"parent"}`)
			c.must("POST /no/categories", `{"categoryUid":"top","name":"Top"}`)
			c.must("POST /no/categories", `{"categoryUid":"below","name":"Below","parentUid":"top"}`)
			c.must("POST /no/suppliers", `{"supplierUid":"s","name":"S","email":"s@s.example"}`)
			c.must("POST /no/product-groups", `{"productGroupUid":"empty","name":"E"}`)
			c.must("POST /no/properties", `{"propertyUid":"size","propertyName":"Size","type":"TEXT"}`)
			c.must("POST /no/products", `{"productUid":"p","productGroupUid":"g"}`)
			c.must("POST /no/products", `{"productUid":"p2"}`)
			got, answer := c.call(tt.route, tt.body)
			if got != tt.want {
				t.Errorf("%s %s = %d %s, want %d", tt.route, tt.body, got, answer, tt.want)
			}
			if isJSON := json.Valid([]byte(answer)); got > 299 && isJSON {
				t.Errorf("%s = %d with a JSON body %s, want plain text", tt.route, got, answer)
			}
		})
	}
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{ExistingStatus: 400, AcceptDangling: true})
	c.must("POST /no/products", `{"productUid":"p","brandUid":"nobody"}`)
	if got, _ := c.call("POST /no/products", `{"productUid":"p"}`); got != 400 {
		t.Errorf("create of an existing product = %d, want the configured 400", got)
	}
}

func TestRefusesOtherContentTypes(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{})
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/v2/tenants/no/brands", strings.NewReader(`{"name":"B"}`))
	r.Header.Set("Authorization", "Bearer token-no")
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)
	if w.Code != 400 {
		t.Errorf("POST without a content type = %d, want 400", w.Code)
	}
}

func TestMergeAndClear(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := newCaller(t, flowtest.Options{Now: func() time.Time { return now }})
	c.must("POST /no/products", `{"productUid":"p","name":"A","weight":5,"height":6,"discontinuedFrom":"2026-01-01T00:00:00.000Z"}`)
	now = now.Add(time.Hour)
	_, answer := c.call("PUT /no/products/p", `{"name":"B","weight":null,"discontinuedFrom":null}`)
	want := `{"createdAt":"2026-01-01T00:00:00.000Z","height":6,"lastModifiedAt":"2026-01-01T01:00:00.000Z","name":"B","productUid":"p"}`
	if answer != want {
		t.Errorf("product after a merge = %s, want %s", answer, want)
	}
}

func TestGroupScopes(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{})
	c.must("POST /no/product-groups", `{"productGroupUid":"a","name":"A","scope":"SERVICE"}`)
	c.must("POST /no/product-groups", `{"productGroupUid":"b","name":"B","parentUid":"a"}`)
	c.must("POST /no/product-groups", `{"productGroupUid":"c","name":"C","parentUid":"b"}`)
	c.must("POST /no/product-groups", `{"productGroupUid":"d","name":"D"}`)
	scopes := func() string {
		var got []string
		for _, uid := range []string{"a", "b", "c", "d"} {
			var g struct{ Scope string }
			_, answer := c.call("GET /no/product-groups/"+uid, "")
			if err := json.Unmarshal([]byte(answer), &g); err != nil {
				t.Fatalf("group %s: %v", uid, err)
			}
			got = append(got, g.Scope)
		}
		return strings.Join(got, " ")
	}
	if got, want := scopes(), "SERVICE SERVICE SERVICE SALE"; got != want {
		t.Errorf("scopes after create = %s, want %s", got, want)
	}
	c.must("PUT /no/product-groups/a", `{"scope":"NO_SEARCH"}`)
	if got, want := scopes(), "NO_SEARCH NO_SEARCH NO_SEARCH SALE"; got != want {
		t.Errorf("scopes after update = %s, want %s", got, want)
	}
}

func TestPagingAndFilters(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{MaxPageSize: 3})
	for i := range 7 {
		c.must("POST /no/brands", fmt.Sprintf(`{"brandUid":"b%d","name":"Brand %d","externalId":"e%d"}`, i, i, i))
	}
	for query, want := range map[string]string{
		"":                           "b0 b1 b2 of 7 by 3",
		"?pageNumber=3&pageSize=3":   "b6 of 7 by 3",
		"?pageNumber=4&pageSize=3":   " of 7 by 3",
		"?pageNumber=2&pageSize=2":   "b2 b3 of 7 by 2",
		"?pageSize=100":              "b0 b1 b2 of 7 by 3",
		"?brandName=brand%204":       "b4 of 1 by 3",
		"?brandExternalId=e5":        "b5 of 1 by 3",
		"?brandName=x":               " of 0 by 3",
		"/search":                    "b0 b1 b2 of 7 by 3",
		"/search?pageNumber=3":       "b6 of 7 by 3",
		"?brandName=&pageNumber=999": " of 7 by 3",
	} {
		route, body := "GET", ""
		if strings.HasPrefix(query, "/search") {
			route, body = "POST", `{"query":"brand"}`
		}
		_, answer := c.call(route+" /no/brands"+query, body)
		var page struct {
			Items  []flow.Brand
			Paging struct{ PageSize, TotalCount int }
		}
		if err := json.Unmarshal([]byte(answer), &page); err != nil {
			t.Fatalf("brands%s = %s: %v", query, answer, err)
		}
		var uids []string
		for _, b := range page.Items {
			uids = append(uids, b.BrandUID)
		}
		if got := fmt.Sprintf("%s of %d by %d", strings.Join(uids, " "), page.Paging.TotalCount, page.Paging.PageSize); got != want {
			t.Errorf("brands%s = %s, want %s", query, got, want)
		}
	}
}

func TestCoverMovesToTheNewest(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{})
	c.must("POST /no/products", `{"productUid":"p"}`)
	c.must("POST /no/products/p/media", `{"productMediaUid":"a","mainUrl":"https://x.example/a","setAsCoverImage":true}`)
	c.must("POST /no/products/p/media", `{"productMediaUid":"b","mainUrl":"https://x.example/b","position":2}`)
	c.must("POST /no/products/p/media", `{"productMediaUid":"c","mainUrl":"https://x.example/c","setAsCoverImage":true}`)
	want := []flow.Media{
		{ProductMediaUID: "a", MainURL: "https://x.example/a"},
		{ProductMediaUID: "b", MainURL: "https://x.example/b", Position: 2},
		{ProductMediaUID: "c", MainURL: "https://x.example/c", SetAsCoverImage: true},
	}
	if diff := cmp.Diff(want, c.snapshot().Media["p"]); diff != "" {
		t.Errorf("media (-want +got):\n%s", diff)
	}
}

func TestSnapshotIsACopyPerTenant(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{})
	c.must("POST /no/products", `{"productUid":"a","name":"A"}`)
	c.must("POST /no/products", `{"productUid":"b"}`)
	c.must("POST /no/products/b/variants", `{"productUid":"a"}`)
	c.must("POST /no/properties", `{"propertyUid":"size","propertyName":"Size","type":"TEXT"}`)
	c.must("PUT /no/products/a/properties/size", `{"propertyText":"42"}`)
	c.must("POST /no/brands", `{"brandUid":"x","name":"X","externalId":"e"}`)
	c.must("POST /no/product-groups", `{"productGroupUid":"g","name":"G"}`)
	want := flowtest.State{
		Products:   map[string]flow.Product{"a": {ProductUID: "a", Name: "A"}, "b": {ProductUID: "b"}},
		Brands:     map[string]flow.Brand{"x": {BrandUID: "x", Name: "X", ExternalID: "e"}},
		Groups:     map[string]flow.ProductGroup{"g": {ProductGroupUID: "g", Name: "G"}},
		Properties: map[string]flow.Property{"size": {PropertyUID: "size", PropertyName: "Size", Type: "TEXT"}},
		Media:      map[string][]flow.Media{},
		Texts:      map[string]map[string]string{"a": {"size": "42"}},
		Siblings:   map[string][]string{"a": {"b"}, "b": {"a"}},
		PriceLists: map[string]flow.PriceList{},
		Prices:     map[string]map[string]flow.Price{},
	}
	got := c.snapshot()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Snapshot (-want +got):\n%s", diff)
	}
	got.Texts["a"]["size"] = "changed"
	got.Siblings["a"][0] = "changed"
	if diff := cmp.Diff(want, c.snapshot(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Snapshot after its copy was changed (-want +got):\n%s", diff)
	}
	other, err := c.server.Snapshot("se")
	if err != nil || len(other.Products)+len(other.Brands) != 0 {
		t.Errorf("Snapshot(se) = %v, %v, want it empty", other, err)
	}
	if _, err := c.server.Snapshot("fi"); err == nil {
		t.Error("Snapshot of an unknown tenant = nil, want an error")
	}
}

func TestDownIsPerTenant(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{})
	c.server.SetDown("no", true)
	c.server.SetDown("fi", true) // Unknown: ignored.
	if got, _ := c.call("GET /no", ""); got != 503 {
		t.Errorf("GET /no while down = %d, want 503", got)
	}
	se := c
	se.token = "token-se"
	if got, _ := se.call("GET /se", ""); got != 200 {
		t.Errorf("GET /se while no is down = %d, want 200", got)
	}
	c.server.SetDown("no", false)
	if got, _ := c.call("GET /no", ""); got != 200 {
		t.Errorf("GET /no when up again = %d, want 200", got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, flowtest.Options{})
		var fault flowtest.Fault
		c.server.SetFault(func(flowtest.Request) flowtest.Fault { return fault })

		fault = flowtest.Fault{Delay: time.Minute}
		start := time.Now()
		c.must("POST /no/products", `{"productUid":"p"}`)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("a delay of 1m took %s", took)
		}

		fault = flowtest.Fault{Status: 429, Header: http.Header{"retry-after": {"3"}}}
		r, err := http.NewRequestWithContext(t.Context(), "PUT", "http://flow.test/v2/tenants/no/products/p", bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "3" {
			t.Errorf("injected status = %d %v, want 429 with Retry-After", resp.StatusCode, resp.Header)
		}

		fault = flowtest.Fault{LoseReply: true}
		if status, _, err := c.try(t.Context(), "PUT /no/products/p", `{"name":"lost"}`); err == nil {
			t.Errorf("lost reply = %d, want an error", status)
		}
		if got := c.snapshot().Products["p"].Name; got != "lost" {
			t.Errorf("name after a lost reply = %q, want the write to have taken effect", got)
		}

		fault = flowtest.Fault{Hang: true}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if status, _, err := c.try(ctx, "PUT /no/products/p", `{"name":"hung"}`); err == nil {
			t.Errorf("hang = %d, want no answer", status)
		}
		go func() {
			time.Sleep(time.Second)
			c.server.Close()
		}()
		if status, _, err := c.try(t.Context(), "PUT /no/products/p", `{"name":"hung"}`); err == nil {
			t.Errorf("hang until Close = %d, want no answer", status)
		}
		if got := c.snapshot().Products["p"].Name; got != "lost" {
			t.Errorf("name after a hang = %q, want no effect", got)
		}

		c.server.SetFault(nil)
		c.must("PUT /no/products/p", `{"name":"fine"}`)
		synctest.Wait()
		var statuses []int
		for _, e := range c.server.Log() {
			statuses = append(statuses, e.Status)
		}
		if diff := cmp.Diff([]int{201, 429, 200, 0, 0, 200}, statuses); diff != "" {
			t.Errorf("logged statuses (-want +got):\n%s", diff)
		}
		if got := c.server.Overlaps(); len(got) != 0 {
			t.Errorf("Overlaps() = %v, want none", got)
		}
	})
}

func TestWatch(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{})
	c.must("POST /no/products", `{"productUid":"p","name":"1"}`)
	c.must("PUT /no/products/p", `{"name":"2"}`)
	c.call("PUT /no/products/p", `{"name":3}`)
	c.must("POST /no/products/p/media", `{"mainUrl":"https://x.example/a"}`)
	c.must("GET /no/products/p", "")
	c.call("GET /no/unknown", "")

	var bodies []string
	for _, w := range c.server.History("no", "p") {
		bodies = append(bodies, w.Op+" "+string(w.Body))
	}
	wantBodies := []string{`product.create {"productUid":"p","name":"1"}`, `product.update {"name":"2"}`}
	if diff := cmp.Diff(wantBodies, bodies); diff != "" {
		t.Errorf("History (-want +got):\n%s", diff)
	}
	if got := c.server.Writes("no", "p"); got != 3 {
		t.Errorf("Writes(p) = %d, want 3", got)
	}
	if got := c.server.Calls("no", flow.ProductUpdate); got != 2 {
		t.Errorf("Calls(product.update) = %d, want 2", got)
	}
	if got := c.server.Requests(); got != 6 {
		t.Errorf("Requests() = %d, want 6", got)
	}
	var log []string
	for _, e := range c.server.Log() {
		log = append(log, fmt.Sprintf("%d %s %s %d", e.Seq, e.Op, e.ProductUID, e.Status))
	}
	want := []string{
		"1 product.create p 201", "2 product.update p 200", "3 product.update p 400",
		"4 media.add p 201", "5 product.get p 200", "6   404",
	}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("Log (-want +got):\n%s", diff)
	}
}

func TestWatchIsBounded(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{MaxLog: 10, MaxHistory: 4})
	c.must("POST /no/products", `{"productUid":"p"}`)
	for i := range 50 {
		c.must("PUT /no/products/p", fmt.Sprintf(`{"name":"%d"}`, i))
	}
	if n := len(c.server.Log()); n > 10 {
		t.Errorf("Log() has %d entries, want at most 10", n)
	}
	history := c.server.History("no", "p")
	if n := len(history); n > 4 || string(history[n-1].Body) != `{"name":"49"}` {
		t.Errorf("History() = %v, want at most 4 with the newest last", history)
	}
}

// TestOverlaps has two writes of one product at the same time, and neighbours that are none.
func TestOverlaps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, flowtest.Options{})
		c.must("POST /no/products", `{"productUid":"p"}`)
		c.must("POST /no/products", `{"productUid":"q"}`)
		c.server.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Delay: time.Second} })
		together := func(routes ...string) {
			var all sync.WaitGroup
			for _, route := range routes {
				all.Go(func() { _, _, _ = c.try(t.Context(), route, `{"name":"x"}`) })
			}
			all.Wait()
		}
		together("PUT /no/products/p", "PUT /no/products/q", "GET /no/products/p", "PUT /se/products/p")
		together("PUT /no/products/p")
		if got := c.server.Overlaps(); len(got) != 0 {
			t.Fatalf("Overlaps() = %v, want none", got)
		}
		together("PUT /no/products/p", "POST /no/products/p/media")
		got := c.server.Overlaps()
		if len(got) != 1 || got[0].First.ProductUID != "p" || got[0].Second.Seq != got[0].First.Seq+1 {
			t.Errorf("Overlaps() = %v, want the one of p", got)
		}
	})
}

// TestOverSockets holds that the faults work over real connections too.
func TestOverSockets(t *testing.T) {
	t.Parallel()
	c := newCaller(t, flowtest.Options{})
	srv := httptest.NewServer(c.server)
	t.Cleanup(srv.Close)
	t.Cleanup(c.server.Close)
	c.server.SetFault(func(r flowtest.Request) flowtest.Fault {
		return flowtest.Fault{LoseReply: r.Method == "POST", Hang: r.Method == "PUT"}
	})
	for route, patience := range map[string]time.Duration{
		"POST /v2/tenants/no/products":  time.Minute,
		"PUT /v2/tenants/no/products/p": 50 * time.Millisecond,
	} {
		method, path, _ := strings.Cut(route, " ")
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, method, srv.URL+path, strings.NewReader(`{"productUid":"p"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer token-no")
		resp, err := srv.Client().Do(r)
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s = %d, want no answer", route, resp.StatusCode)
		}
	}
	if got := c.server.Writes("no", "p"); got != 1 {
		t.Errorf("Writes(p) = %d, want 1: the write whose reply was lost", got)
	}
}
