package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/omniflow/omniflow/internal/event"
)

// newValidator checks request bodies and names fields as JSON does.
func newValidator() (*validator.Validate, error) {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return name
	})
	v.RegisterAlias("percent", "min=0,max=100")
	err := v.RegisterValidation("resource", func(field validator.FieldLevel) bool {
		return event.Resource(field.Field().String()).Valid()
	})
	if err != nil {
		return nil, fmt.Errorf("register validation: %w", err)
	}
	return v, nil
}

// decodeStrict decodes exactly one JSON value without unknown fields.
func decodeStrict(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decode body: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("decode body: something follows the value")
	}
	return nil
}

// invalidFields turns what the validator found into a fault that lists the fields.
func invalidFields(err error) error {
	found, _ := errors.AsType[validator.ValidationErrors](err)
	fields := make([]fieldError, 0, len(found))
	for _, f := range found {
		_, path, _ := strings.Cut(f.Namespace(), ".") // without the name of our type
		fields = append(fields, fieldError{Field: path, Detail: rule(f)})
	}
	return &fault{kind: errInvalid, detail: "Some fields are not valid.", fields: fields, cause: err}
}

// rule says in words what a field must be.
func rule(f validator.FieldError) string {
	switch f.Tag() {
	case "required":
		return "must not be empty"
	case "required_with":
		return "must not be empty when ids are given"
	case "resource":
		return "must be one of " + resourceNames()
	case "oneof":
		return "must be one of " + strings.ReplaceAll(f.Param(), " ", ", ")
	case "percent":
		return "must be a number from 0 to 100"
	case "max":
		return "must have at most " + f.Param() + " " + unit(f.Kind())
	default:
		return "must satisfy " + f.Tag()
	}
}

// unit is what the length of a field counts.
func unit(kind reflect.Kind) string {
	if kind == reflect.Slice {
		return "elements"
	}
	return "characters"
}
