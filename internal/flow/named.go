package flow

import (
	"reflect"
	"slices"
)

// named returns the optional fields of body, a struct, that have one of the names on the wire.
func named(body any, names ...string) Fields {
	var fields Fields
	eachOptional(reflect.TypeOf(body), func(bit Fields, _ int, name string) {
		if slices.Contains(names, name) {
			fields |= bit
		}
	})
	return fields
}

// Without returns body, a struct, without some of its optional fields.
func Without[T any](body T, drop Fields) T {
	v := reflect.ValueOf(&body).Elem()
	eachOptional(v.Type(), func(bit Fields, field int, _ string) {
		if drop&bit != 0 {
			v.Field(field).SetZero()
		}
	})
	return body
}
