package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Comparison is a write beside what Flow has.
type Comparison struct {
	// Readable says that Flow can be asked for what the write is about. When it is false, the rest is not
	// known.
	Readable bool
	// Exists says that Flow has it.
	Exists bool
	// Changes are the fields of the body that differ, by name.
	Changes []Change
}

// Change is a field that would change. Both values are compact JSON; Before is empty when Flow does not
// have the field.
type Change struct {
	// Field is a path such as name or address.city.
	Field         string
	Before, After string
}

// Compare reads what Flow has of the object that a write is about. It writes nothing.
func (c *Client) Compare(ctx context.Context, s Sent) (Comparison, error) {
	o, ok := s.object()
	if !ok {
		return Comparison{}, nil
	}
	if row, ok := c.reader(o.path); ok {
		return c.compareOne(ctx, s, o, row)
	}
	if row, ok := c.reader(o.collection); ok {
		return c.compareListed(ctx, s, o, row)
	}
	return Comparison{}, nil
}

// object is what a write is about: a uid in a collection.
type object struct {
	// path and collection are templates of the table as it comes: what is overridden tells nothing about
	// which routes belong together.
	path, collection string
	uidName, uid     string
	// within are the uids of what the collection belongs to.
	within []string
}

// object finds out what s is about. A create names its uid in its body, under the name that the routes
// of one such object have for it.
func (s Sent) object() (object, bool) {
	table := DefaultRoutes().rows
	template := table[s.Name].Path
	collection, last := cutLast(template)
	if name, ok := placeholderOf(last); ok {
		i := slices.Index(s.uids, name)
		if i < 0 {
			return object{}, false
		}
		return object{template, collection, name, s.uids[i+1], slices.Delete(slices.Clone(s.uids), i, i+2)}, true
	}
	for _, row := range table {
		above, last := cutLast(row.Path)
		name, ok := placeholderOf(last)
		if ok && above == template && table[s.Name].Method == http.MethodPost {
			uid, known := s.field(name)
			return object{row.Path, template, name, uid, s.uids}, known
		}
	}
	return object{}, false
}

// cutLast cuts the last segment off a path.
func cutLast(path string) (above, last string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}

// placeholderOf is the name in {name}.
func placeholderOf(segment string) (string, bool) {
	if len(segment) < 3 || segment[0] != '{' || segment[len(segment)-1] != '}' {
		return "", false
	}
	return segment[1 : len(segment)-1], true
}

// field is a text in the body.
func (s Sent) field(name string) (string, bool) {
	var body map[string]json.RawMessage
	var text string
	if json.Unmarshal(s.Body, &body) != nil || json.Unmarshal(body[name], &text) != nil {
		return "", false
	}
	return text, text != ""
}

// reader is the route that reads at a template.
func (c *Client) reader(template string) (Route, bool) {
	for name, row := range DefaultRoutes().rows {
		if row.Method == http.MethodGet && row.Path == template {
			return c.routes.rows[name], true
		}
	}
	return Route{}, false
}

// compareOne trusts a route that is only assumed when it answers with the very object: what it says
// otherwise may be about the route.
func (c *Client) compareOne(ctx context.Context, s Sent, o object, row Route) (Comparison, error) {
	var now json.RawMessage
	err := c.do(ctx, call{op: row.Name, uids: append(slices.Clone(o.within), o.uidName, o.uid), out: &now})
	uid, _ := Sent{Body: now}.field(o.uidName)
	switch {
	case row.Evidence == Assumed && (err != nil && definite(err) || err == nil && uid != o.uid):
		return Comparison{}, nil
	case status(err) == http.StatusNotFound:
		return compared(s, nil), nil
	case err != nil:
		return Comparison{}, err
	}
	return compared(s, now), nil
}

func (c *Client) compareListed(ctx context.Context, s Sent, o object, row Route) (Comparison, error) {
	var now json.RawMessage
	_, err := find(ctx, c, call{op: row.Name, uids: o.within}, func(item json.RawMessage) bool {
		uid, known := Sent{Body: item}.field(o.uidName)
		if !known || uid != o.uid {
			return false
		}
		now = item
		return true
	})
	if err != nil && status(err) != http.StatusNotFound { // what it belongs to need not exist yet
		return Comparison{}, err
	}
	return compared(s, now), nil
}

// compared lists what the body changes; now is nil when Flow does not have the object. What the body
// does not name is left as it is.
func compared(s Sent, now json.RawMessage) Comparison {
	before, after := flat(now), flat(s.Body)
	c := Comparison{Readable: true, Exists: now != nil}
	for _, field := range slices.Sorted(maps.Keys(after)) {
		was, has := before[field]
		// Absent and null are the same to whoever reads.
		if was == after[field] || !has && after[field] == "null" {
			continue
		}
		c.Changes = append(c.Changes, Change{field, was, after[field]})
	}
	return c
}

// flat is the fields of an object by their paths, as compact JSON. Lists are one field.
func flat(raw json.RawMessage) map[string]string {
	fields := map[string]string{}
	flatten(fields, "", raw)
	return fields
}

func flatten(into map[string]string, path string, raw json.RawMessage) {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) == nil && len(object) > 0 {
		for name, value := range object {
			flatten(into, strings.TrimPrefix(path+"."+name, "."), value)
		}
		return
	}
	var compact bytes.Buffer
	if path != "" && json.Compact(&compact, raw) == nil {
		into[path] = compact.String()
	}
}
