package flow_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
)

func TestRoutesAndSpecAreTheSame(t *testing.T) {
	t.Parallel()
	inTable := make(map[string]string)
	for _, r := range flow.DefaultRoutes().Rows() {
		inTable[r.Name] = fmt.Sprintf("%s %s %v %s", r.Method, r.Path, r.Success, r.Evidence)
	}
	inSpec := make(map[string]string)
	for path, item := range loadSpec(t).Paths.Map() {
		for method, op := range item.Operations() {
			var success []int
			for code := range op.Responses.Map() {
				if n, err := strconv.Atoi(code); err == nil {
					success = append(success, n)
				}
			}
			slices.Sort(success)
			inSpec[op.OperationID] = fmt.Sprintf("%s %s %v %v", method, path, success, op.Extensions["x-evidence"])
		}
	}
	if diff := cmp.Diff(inSpec, inTable); diff != "" {
		t.Errorf("DefaultRoutes differs from openapi/flow.yaml (-spec +table):\n%s", diff)
	}
}

func TestRowsAreInOrderAndOwnedByTheCaller(t *testing.T) {
	t.Parallel()
	routes := flow.DefaultRoutes()
	rows := routes.Rows()
	if got, want := rows[0].Name, flow.TenantGet; got != want {
		t.Errorf("Rows()[0].Name = %q, want %q", got, want)
	}
	rows[0].Success[0] = 999
	rows[0].Path = "/elsewhere"
	if diff := cmp.Diff(flow.DefaultRoutes().Rows(), routes.Rows()); diff != "" {
		t.Errorf("changing the result of Rows changed the table:\n%s", diff)
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, op, value string
		method, path    string // want
	}{
		{"the documented form", flow.ProductUpdate, "PUT /tenants/{tenantUid}/items/{productUid}", "PUT", "/tenants/{tenantUid}/items/{productUid}"},
		{"another method", flow.ProductUpdate, "PATCH /tenants/{tenantUid}/products/{productUid}", "PATCH", "/tenants/{tenantUid}/products/{productUid}"},
		{"a placeholder left out", flow.ProductLink, "POST /siblings/{productUid}", "POST", "/siblings/{productUid}"},
		{"more white space", flow.ProductLink, "  POST \t /x ", "POST", "/x"},
		{"a custom verb", flow.ProductLink, "POST /tenants/{tenantUid}/products/{productUid}:link", "POST", "/tenants/{tenantUid}/products/{productUid}:link"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := flow.DefaultRoutes()
			after, err := before.Override(map[string]string{tt.op: tt.value})
			if err != nil {
				t.Fatalf("Override(%s: %q): %v", tt.op, tt.value, err)
			}
			want := before.Rows()
			i := slices.IndexFunc(want, func(r flow.Route) bool { return r.Name == tt.op })
			want[i].Method, want[i].Path, want[i].Evidence = tt.method, tt.path, flow.Configured
			if diff := cmp.Diff(want, after.Rows()); diff != "" {
				t.Errorf("Override(%s: %q) (-want +got):\n%s", tt.op, tt.value, diff)
			}
			if diff := cmp.Diff(flow.DefaultRoutes().Rows(), before.Rows()); diff != "" {
				t.Errorf("Override changed its receiver:\n%s", diff)
			}
		})
	}
}

func TestOverrideRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, op, value, want string }{
		{"unknown operation", "product.frobnicate", "PUT /x", "unknown operation"},
		{"empty", flow.ProductUpdate, "", "want a method and a path"},
		{"path only", flow.ProductUpdate, "/x", "want a method and a path"},
		{"three words", flow.ProductUpdate, "PUT /x /y", "want a method and a path"},
		{"unknown method", flow.ProductUpdate, "put /x", "method"},
		{"no leading slash", flow.ProductUpdate, "PUT x", "one leading slash"},
		{"another host", flow.ProductUpdate, "PUT https://evil.example/x", "one leading slash"},
		{"another host by two slashes", flow.ProductUpdate, "PUT //evil.example/x", "one leading slash"},
		{"unknown placeholder", flow.ProductUpdate, "PUT /x/{sku}", "placeholder {sku}"},
		{"placeholder of another row", flow.ProductUpdate, "PUT /x/{propertyUid}", "placeholder {propertyUid}"},
		{"empty placeholder", flow.ProductUpdate, "PUT /x/{}", "placeholder {}"},
		{"stray brace", flow.ProductUpdate, "PUT /x/{productUid", "stray braces"},
		{"nested brace", flow.ProductUpdate, "PUT /x/{{productUid}}", "stray braces"},
		{"query", flow.ProductUpdate, "PUT /x?y=z", "without query"},
		{"fragment", flow.ProductUpdate, "PUT /x#y", "fragment"},
		{"bad escape", flow.ProductUpdate, "PUT /x%zz", "plain path"},
		{"dot segment", flow.ProductUpdate, "PUT /tenants/{tenantUid}/../x", "dot segments"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := flow.DefaultRoutes().Override(map[string]string{tt.op: tt.value})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), tt.op) {
				t.Errorf("Override(%s: %q) = %v, want an error that starts with the name and has %q", tt.op, tt.value, err, tt.want)
			}
		})
	}
}

func TestOverrideNamesAllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	overrides := map[string]string{
		"nonsense":         "PUT /x",
		flow.MediaAdd:      "FETCH nowhere/{a}/{b}",
		flow.ProductUpdate: "PUT /x",
	}
	_, err := flow.DefaultRoutes().Override(overrides)
	if err == nil {
		t.Fatalf("Override(%v) = nil, want an error", slices.Sorted(maps.Keys(overrides)))
	}
	for _, want := range []string{"nonsense: unknown", `method "FETCH"`, "leading slash", "{a}", "{b}"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Override error = %q, want it to contain %q", err, want)
		}
	}
}

func ExampleRoutes_Override() {
	routes, err := flow.DefaultRoutes().Override(map[string]string{
		flow.ProductLink: "PUT /tenants/{tenantUid}/products/{productUid}/siblings",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range routes.Rows() {
		if r.Evidence == flow.Configured {
			fmt.Println(r.Name, r.Method, r.Path)
		}
	}
	// Output: product.link PUT /tenants/{tenantUid}/products/{productUid}/siblings
}
