package reconcile_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/omnium"
)

// specimen is a document with one thing odd about it.
type specimen struct {
	odd string // what, such as "prices[0].unitPrice = null"
	doc any
}

// absent stands for a field that is not there.
type absent struct{}

// oddValues are what can stand in the place of a good value: nothing, values of every other type, and odd
// ones of its own.
func oddValues(good any) map[string]any {
	odd := map[string]any{
		"missing": absent{}, "null": nil, "true": true, "{}": map[string]any{}, "[]": []any{},
		"[null]": []any{nil}, `["x"]`: []any{"x"}, `{"x":[{}]}`: map[string]any{"x": []any{map[string]any{}}},
	}
	switch v := good.(type) {
	case string:
		maps.Copy(odd, oddTexts)
		if omnium.ParseTime(v).Year() > 1 {
			maps.Copy(odd, oddDates)
		}
	case json.Number:
		maps.Copy(odd, oddNumbers)
	case bool:
		maps.Copy(odd, map[string]any{"1": 1, `"true"`: "true", `""`: ""})
	case []any:
		maps.Copy(odd, map[string]any{
			"twice": append(slices.Clone(v), v...), "with null": append([]any{nil}, v...), "text": "x", "1": 1,
			"nested": []any{v},
		})
	default:
		maps.Copy(odd, map[string]any{"text": "x", "1": 1})
	}
	return odd
}

var oddTexts = map[string]any{
	"42": 42, `""`: "", "blank": "  \t", "long": strings.Repeat("lang", 2000), "path": "../a/b?c#d%2F%00",
	"control": "a\x00b\x1b\r\n\u202e\u2028", "emoji": "😀é漢\ufffd", "punctuation": "!!!", "formula": "=1+1",
	"html": "<script>x</script><p>&nbsp;&#0;", "braces": "{tenantUid}${X}",
}

var oddDates = map[string]any{
	"year 9999": "9999-12-31T23:59:59.9999999Z", "year 1": "0001-01-01T00:00:00", "local": "31.12.2025 10:00",
	"no such day": "2025-02-30T00:00:00Z", "odd zone": "2025-10-14T09:31:07+99:00", "unix": json.Number("1760000000"),
	"year 10000": "10000-01-01T00:00:00Z", "negative": "-0001-01-01T00:00:00Z",
}

var oddNumbers = map[string]any{
	"text": "abc", "NaN": "NaN", "Infinity": "-Infinity", "comma": "12,5", "in quotes": "12.5", `""`: "", "blank": " ",
	"negative": json.Number("-1"), "huge": json.Number("1e30"), "beyond": json.Number("1e400"),
	"tiny": json.Number("1e-400"), "digits": json.Number("0." + strings.Repeat("3", 400)), "zero": json.Number("-0"),
	"billions": json.Number("9223372036854775807"), "hex": "0x10",
}

// specimens are the good document with every field, at every depth, odd in every way, in a fixed order.
func specimens(good map[string]any) []specimen {
	var all []specimen
	var walk func(at string, v any, put func(any) any)
	walk = func(at string, v any, put func(any) any) {
		if at != "" {
			odd := oddValues(v)
			for _, name := range slices.Sorted(maps.Keys(odd)) {
				all = append(all, specimen{strings.TrimPrefix(at, ".") + " = " + name, put(odd[name])})
			}
		}
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(at+"."+key, v[key], func(odd any) any { return put(withField(v, key, odd)) })
			}
		case []any:
			if len(v) > 0 {
				walk(at+"[0]", v[0], func(odd any) any { return put(withItem(v, odd)) })
			}
		}
	}
	walk("", good, func(v any) any { return v })
	for name, doc := range map[string]any{"null": nil, "list": []any{}, "text": "x", "number": 7, "empty": map[string]any{}} {
		all = append(all, specimen{"the document is " + name, doc})
	}
	slices.SortStableFunc(all, func(a, b specimen) int { return strings.Compare(a.odd, b.odd) })
	return all
}

func withField(m map[string]any, key string, v any) any {
	m = maps.Clone(m)
	if _, gone := v.(absent); gone {
		delete(m, key)
	} else {
		m[key] = v
	}
	return m
}

func withItem(list []any, v any) any {
	if _, gone := v.(absent); gone {
		return list[1:]
	}
	list = slices.Clone(list)
	list[0] = v
	return list
}

// known reduces a sample to what T reads of it, with every field that T has.
func known[T any](raw []byte) (map[string]any, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	full, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	dec := json.NewDecoder(strings.NewReader(string(full)))
	dec.UseNumber()
	return doc, dec.Decode(&doc)
}

// renamed gives a document another identity: every id that is base, or begins with it, gets another one.
func renamed(v any, base, id string) any {
	switch v := v.(type) {
	case string:
		rest, ok := strings.CutPrefix(v, base)
		if !ok || rest != "" && !strings.ContainsAny(rest[:1], "-_") {
			return v
		}
		return id + rest
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, item := range v {
			m[key] = renamed(item, base, id)
		}
		return m
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			list = append(list, renamed(item, base, id))
		}
		return list
	default:
		return v
	}
}

// numbered is the id of the n-th object of a kind.
func numbered(kind string, n int) string { return fmt.Sprintf("%s-%05d", kind, n) }
