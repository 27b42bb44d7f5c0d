package config

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// text is a value of the file together with where it came from.
type text struct {
	s    string
	path string // empty for a default
	env  bool   // came from the environment: never shown in a message
	bad  bool   // already reported: not judged any further
}

func (t *text) decode(d *decoder, n *yaml.Node, path string) { *t = d.text(n, path) }

// text reads any scalar as it is written, so that 1.10 and NO stay what they look like.
func (d *decoder) text(n *yaml.Node, path string) text {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	t := text{path: path, bad: true}
	switch {
	case n.Kind != yaml.ScalarNode:
		d.fail(path, "must be a single value, not %s", kindOf(n))
	case isNull(n):
		d.fail(path, "has no value")
	default:
		t.s, t.env, t.bad = d.expand(n.Value, path)
	}
	return t
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces each ${NAME} once; what the environment gives is not looked at again.
func (d *decoder) expand(raw, path string) (expanded string, env, bad bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(raw, "${")
		b.WriteString(before)
		if !found {
			return b.String(), env, bad
		}
		env = true
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !variableName.MatchString(name) {
			d.fail(path, "has ${ that does not begin a reference of the form ${NAME}; "+
				"put a value that holds ${ into an environment variable")
			return "", env, true
		}
		value, set := d.getenv(name)
		if !set {
			d.fail(path, "environment variable %s is not set", name)
			bad = true
		}
		b.WriteString(value)
		raw = after
	}
}

func (d *decoder) scalar(v reflect.Value, n *yaml.Node, path string) {
	t := d.text(n, path)
	if t.bad {
		return
	}
	if v.Kind() == reflect.String {
		v.SetString(t.s)
		return
	}
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	if quoted && !t.env && !isDuration(v) {
		d.fail(path, "must be %s, not quoted text", wanted(v))
		return
	}
	if err := setScalar(v, t.s); err != nil {
		d.fail(path, "must be %s", wanted(v))
	}
}

func setScalar(v reflect.Value, s string) error {
	switch v.Kind() { //nolint:exhaustive // The kinds that the sections use.
	case reflect.Bool:
		b, err := parseBool(s)
		v.SetBool(b)
		return err
	case reflect.Uint32:
		u, err := strconv.ParseUint(s, 10, 32)
		v.SetUint(u)
		return err
	case reflect.Float64:
		f, err := strconv.ParseFloat(s, 64)
		v.SetFloat(f)
		return err
	}
	if isDuration(v) {
		duration, err := time.ParseDuration(s)
		v.SetInt(int64(duration))
		return err
	}
	i, err := strconv.ParseInt(s, 10, v.Type().Bits())
	v.SetInt(i)
	return err
}

// parseBool takes true and false in any case, and nothing else.
func parseBool(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, strconv.ErrSyntax
}

func isDuration(v reflect.Value) bool { return v.Type() == reflect.TypeFor[time.Duration]() }

func wanted(v reflect.Value) string {
	if isDuration(v) {
		return "a duration such as 15s, 10m or 1h30m"
	}
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}
