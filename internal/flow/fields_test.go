package flow

import (
	"encoding/json"
	"testing"
)

func TestClearing(t *testing.T) {
	t.Parallel()
	type body struct {
		UID    string `json:"uid,omitempty"`
		Name   string `json:"name"`
		Mail   string `json:"mail,omitempty"`
		Rate   *int64 `json:"rate,omitempty"`
		Active bool   `json:"active"`
		Until  Date   `json:"until,omitzero"`
	}
	rate := int64(0)
	full := body{UID: "a", Name: "n", Mail: "m", Rate: &rate, Until: Date{Set: true}}
	if got := Present(full); got != 0b1111 {
		t.Errorf("Present(full) = %b, want 1111", got)
	}
	type bare struct {
		Mail string `json:"mail,omitempty"`
	}
	tests := map[string]struct {
		body  any
		clear Fields
		want  string
	}{
		"nothing to clear":   {full, 0, `{"uid":"a","name":"n","mail":"m","rate":0,"active":false,"until":null}`},
		"named is not null":  {full, 0b1111, `{"uid":"a","name":"n","mail":"m","rate":0,"active":false,"until":null}`},
		"what is gone":       {body{Name: "n"}, 0b0110, `{"name":"n","active":false,"mail":null,"rate":null}`},
		"nothing else":       {bare{}, 1, `{"mail":null}`},
		"no HTML escapes":    {bare{Mail: "<a&b>"}, 1, `{"mail":"<a&b>"}`},
		"beyond the struct":  {bare{Mail: "x"}, 0xff, `{"mail":"x"}`},
		"an empty body":      {bare{}, 0, `{}`},
		"a date that is set": {body{Name: "n", Until: Date{Set: true}}, 0b1000, `{"name":"n","active":false,"until":null}`},
	}
	for name, test := range tests {
		raw, err := encode(clearing{test.body, test.clear})
		if err != nil || string(raw) != test.want || !json.Valid(raw) {
			t.Errorf("%s: encode = %s, %v; want %s", name, raw, err, test.want)
		}
	}
}
