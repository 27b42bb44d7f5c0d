package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"
)

func TestContractIsValid(t *testing.T) {
	t.Parallel()
	doc, err := readContract()
	if err != nil {
		t.Fatalf("load the contract: %v", err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Errorf("Validate: %v", err)
	}
}

func TestRoutesAreTheContract(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	routes, ok := h.handler.(chi.Routes)
	if !ok {
		t.Fatalf("New returned a %T, want chi.Routes", h.handler)
	}
	var served []string
	err := chi.Walk(routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served = append(served, method+" "+route)
		return nil
	})
	if err != nil {
		t.Fatalf("Walk: %v", err)
	}
	var described []string
	for path, item := range h.doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if diff := cmp.Diff(described, served); diff != "" {
		t.Errorf("routes differ from the contract (-described +served):\n%s", diff)
	}
}

// Every operation below /admin asks for a token in the contract, too.
func TestAdminOperationsNameTheirCredential(t *testing.T) {
	t.Parallel()
	for path, item := range newHarness(t).doc.Paths.Map() {
		for method, op := range item.Operations() {
			admin := len(path) > 7 && path[:7] == "/admin/"
			named := op.Security != nil && len(*op.Security) == 1 && (*op.Security)[0]["adminToken"] != nil
			if admin != named {
				t.Errorf("%s %s: names adminToken = %t, want %t", method, path, named, admin)
			}
		}
	}
}
