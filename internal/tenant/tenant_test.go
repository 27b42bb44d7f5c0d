package tenant_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/tenant"
)

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	holder := tenant.Tenant{ID: "no", AccessToken: "hunter2"}
	marshalled, err := json.Marshal(holder)
	if err != nil {
		t.Fatalf("Marshal() = %v, want no error", err)
	}
	prints := []string{string(marshalled)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		prints = append(prints, fmt.Sprintf(verb, holder.AccessToken), fmt.Sprintf(verb, holder))
	}
	for _, got := range prints {
		if strings.Contains(got, "hunter2") || !strings.Contains(got, "[redacted]") {
			t.Errorf("a secret prints as %s, want [redacted]", got)
		}
	}
	if got := holder.AccessToken.Reveal(); got != "hunter2" {
		t.Errorf("Reveal() = %q, want hunter2", got)
	}
}

func TestSecretEqual(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{"hunter2": true, "hunter3": false, "hunter": false, "": false}
	for other, want := range tests {
		if got := tenant.Secret("hunter2").Equal(other); got != want {
			t.Errorf("Equal(%q) = %v, want %v", other, got, want)
		}
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	p := tenant.Properties{"yes": " TRUE ", "no": "false", "odd": "1", "list": " a, ,b,"}
	for key, want := range map[string]bool{"yes": true, "no": false, "odd": false, "absent": false} {
		if got := p.Bool(key); got != want {
			t.Errorf("Bool(%s) = %v, want %v", key, got, want)
		}
	}
	if diff := cmp.Diff([]string{"a", "b"}, p.List("list")); diff != "" {
		t.Errorf("List(list) differs (-want +got):\n%s", diff)
	}
	if got := p.List("absent"); got != nil {
		t.Errorf("List(absent) = %v, want none", got)
	}
}
