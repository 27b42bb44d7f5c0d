package flow

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Fields is a set of the optional fields of a body: bit i is the i-th field of its struct that is left
// out when empty. Callers keep it, so fields are only ever added at the end of a body's struct.
type Fields uint32

// Present returns the optional fields that body, a struct, names.
func Present(body any) Fields {
	var present Fields
	v := reflect.ValueOf(body)
	eachOptional(v.Type(), func(bit Fields, field int, _ string) {
		if !v.Field(field).IsZero() {
			present |= bit
		}
	})
	return present
}

// eachOptional calls visit for the optional fields of a struct type in their order.
func eachOptional(t reflect.Type, visit func(bit Fields, field int, name string)) {
	bit := Fields(1)
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") {
			visit(bit, i, name)
			bit <<= 1
		}
	}
}

// clearing is a body in which the fields of clear that it does not name are null. That null clears a
// field, and that what is left out stays, is documented for product groups and warehouses and assumed
// elsewhere (reference flow-api.md §1.8).
type clearing struct {
	body  any
	clear Fields
}

// MarshalJSON implements json.Marshaler.
func (c clearing) MarshalJSON() ([]byte, error) {
	nulls := make(map[string]any)
	missing := c.clear &^ Present(c.body)
	eachOptional(reflect.TypeOf(c.body), func(bit Fields, _ int, name string) {
		if missing&bit != 0 {
			nulls[name] = nil
		}
	})
	raw, err := encode(c.body)
	if err != nil || len(nulls) == 0 {
		return raw, err
	}
	more, err := json.Marshal(nulls)
	if err != nil {
		return nil, err
	}
	// Both are objects: the second continues the first.
	if raw = raw[:len(raw)-1]; len(raw) > 1 {
		raw = append(raw, ',')
	}
	return append(raw, more[1:]...), nil
}
