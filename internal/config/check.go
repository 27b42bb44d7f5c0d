package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"
)

// check applies the rules of the sections: those of one field by the validate tags, the others here.
func (d *decoder) check(f *file) {
	broken, _ := errors.AsType[validator.ValidationErrors](newValidator().Struct(f))
	for _, field := range broken {
		d.checkField(field)
	}
	d.checkAdminTokens(f.Server.AdminTokens)
	d.checkWebhook(f.Webhook)
	d.checkRoutes(f.Flow.Routes)
	f.Omnium.BaseURL = strings.TrimRight(f.Omnium.BaseURL, "/")
	f.Flow.BaseURL = strings.TrimRight(f.Flow.BaseURL, "/")
	if name := f.Connector.Name; !name.bad && name.s == "" {
		d.fail("connector.name", "required")
	}
}

func (d *decoder) checkField(field validator.FieldError) {
	_, path, _ := strings.Cut(field.Namespace(), ".")
	if d.isBad(path) {
		return
	}
	if field.Tag() == "ltefield" && d.isBad(child(parent(path), strings.ToLower(field.Param()))) {
		return
	}
	d.fail(path, "%s", complaint(field))
}

func (d *decoder) checkAdminTokens(tokens []AdminToken) {
	for i, later := range tokens {
		for j, earlier := range tokens[:i] {
			path, first := fmt.Sprintf("server.adminTokens[%d]", i),
				fmt.Sprintf("server.adminTokens[%d]", j)
			if later.Name != "" && later.Name == earlier.Name && !d.isBad(path+".name") {
				d.fail(path+".name", "is already the name of %s (line %d)", first, d.line(first))
			}
			if later.Token != "" && later.Token == earlier.Token && !d.isBad(path+".token") {
				d.fail(path+".token", "is already the token of %s (line %d)", first, d.line(first))
			}
		}
	}
}

func (d *decoder) checkWebhook(w Webhook) {
	credentials := len(w.Bearer) + len(w.Basic) + len(w.Headers)
	if credentials > 0 || w.AllowAnonymous {
		return
	}
	for _, key := range []string{"bearer", "basic", "headers", "allowAnonymous"} {
		if d.isBad("webhook." + key) {
			return
		}
	}
	d.fail("webhook", "needs at least one credential under bearer, basic or headers, "+
		"or allowAnonymous: true")
}

// newValidator knows the tags of this package and names fields as the file does.
func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(field reflect.StructField) string { return field.Tag.Get("yaml") })
	rules := map[string]func(string) bool{
		"listen_address": isListenAddress,
		"base_url":       isBaseURL,
		"visible":        isVisible,
		"header_name":    headerName.MatchString,
		"header_value":   headerValue.MatchString,
	}
	for tag, rule := range rules {
		err := v.RegisterValidation(tag, func(field validator.FieldLevel) bool {
			return rule(field.Field().String())
		})
		if err != nil {
			panic(err) // Only an empty or reserved tag name is refused.
		}
	}
	return v
}

var (
	visible     = regexp.MustCompile(`^[!-~]+$`)
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	headerValue = regexp.MustCompile(`^[!-~]([ -~]*[!-~])?$`)
)

// isVisible reports whether s can follow the word Bearer in a request header.
func isVisible(s string) bool { return visible.MatchString(s) }

func isListenAddress(s string) bool {
	host, port, err := net.SplitHostPort(s)
	return err == nil && isPort(port, 0) && !strings.ContainsAny(host, " \t/")
}

func isBaseURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	plain := u.User == nil && u.RawQuery == "" && u.Fragment == "" && !u.ForceQuery
	return plain && (u.Port() == "" || isPort(u.Port(), 1))
}

const messageVisible = "must be visible ASCII characters without white space, at least one"

// complaint says what a field must be. It never shows the value: it may be secret.
func complaint(field validator.FieldError) string {
	param := field.Param()
	switch field.Tag() {
	case "required":
		return "required"
	case "min", "max":
		return bound(field)
	case "gt":
		return "must be greater than " + param
	case "ltefield":
		return "must not exceed " + strings.ToLower(param)
	case "oneof":
		return "must be one of " + strings.ReplaceAll(param, " ", ", ")
	case "excludes":
		return "must not contain " + param
	case "visible":
		return messageVisible
	case "listen_address":
		return "must be host:port or :port"
	case "base_url":
		return "must be an absolute http or https URL without user, query and fragment"
	case "header_name":
		return "must be the name of an HTTP header"
	case "header_value":
		return "must be printable ASCII that neither begins nor ends with a space"
	}
	return "breaks the rule " + field.Tag()
}

func bound(field validator.FieldError) string {
	word := "at least"
	if field.Tag() == "max" {
		word = "at most"
	}
	if field.Kind() == reflect.String {
		return fmt.Sprintf("must have %s %s characters", word, field.Param())
	}
	if limit, err := time.ParseDuration(field.Param()); err == nil {
		return fmt.Sprintf("must be %s %s", word, limit)
	}
	return fmt.Sprintf("must be %s %s", word, field.Param())
}
