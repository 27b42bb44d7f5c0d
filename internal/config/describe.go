package config

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Setting is one resolved value, with credentials redacted.
type Setting struct{ Path, Value string }

// Settings lists every setting outside the tenants in the order of the file, defaults included.
func (c *Config) Settings() []Setting {
	settings := flatten("server", c.Server)
	settings = append(settings,
		Setting{"redis.url", c.Redis.String()},
		Setting{"redis.strict", fmt.Sprint(c.Redis.Strict)})
	settings = append(settings, flatten("webhook", c.Webhook)...)
	settings = append(settings, flatten("omnium", c.Omnium)...)
	settings = append(settings, flatten("flow", c.Flow)...)
	settings = append(settings, flatten("queue", c.Queue)...)
	settings = append(settings, flatten("catchup", c.Catchup)...)
	settings = append(settings,
		Setting{"connector.name", c.Connector.Name},
		Setting{"connector.implementations", listed(c.Connector.Implementations)})
	settings = append(settings, flatten("log", c.Log)...)
	return append(settings, flatten("tracing", c.Tracing)...)
}

// Describe writes the resolved tenants and settings as aligned text for people. Credentials are
// redacted.
func (c *Config) Describe(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range c.Tenants {
		c.describeTenant(table, &c.Tenants[i])
	}
	fmt.Fprintln(table, "settings")
	for _, s := range c.Settings() {
		fmt.Fprintf(table, "  %s\t%s\n", s.Path, s.Value)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("describe configuration: %w", err)
	}
	return nil
}

// describeTenant leaves errors to Flush, which reports the first one.
func (c *Config) describeTenant(w io.Writer, t *tenant.Tenant) {
	fmt.Fprintf(w, "tenant %s\n", t.ID)
	fmt.Fprintf(w, "  markets\t%s\n", listed(t.Markets))
	for _, group := range t.Groups {
		members := "members are read from Omnium"
		if given, ok := c.GroupMarkets[group]; ok {
			members = listed(given)
		}
		fmt.Fprintf(w, "  market group %s\t%s\n", group, members)
	}
	fmt.Fprintf(w, "  resources\t%s\n", listed(t.Resources))
	fmt.Fprintf(w, "  access token\t%s\n", t.AccessToken)
	for _, key := range slices.Sorted(maps.Keys(t.Properties)) {
		fmt.Fprintf(w, "  %s\t%s\n", key, t.Properties[key])
	}
	for _, masters := range []map[string]bool{t.StockMasters.Groups, t.StockMasters.Markets} {
		for _, id := range slices.Sorted(maps.Keys(masters)) {
			fmt.Fprintf(w, "  %s of %s\t%v\n", tenant.PropStockMaster, id, masters[id])
		}
	}
	fmt.Fprintln(w)
}

func listed(items []string) string {
	if len(items) == 0 {
		return "-"
	}
	return strings.Join(items, ", ")
}

// flatten lists the leaves of a section. Secrets print themselves as redacted.
func flatten(path string, section any) []Setting {
	v := reflect.ValueOf(section)
	switch v.Kind() {
	case reflect.Struct:
		return flattenStruct(path, v)
	case reflect.Slice:
		return flattenList(path, v)
	case reflect.Map:
		return flattenMap(path, v)
	case reflect.String:
		return []Setting{{path, orElse(fmt.Sprint(section), "-")}}
	default:
		return []Setting{{path, fmt.Sprint(section)}}
	}
}

func flattenStruct(path string, v reflect.Value) []Setting {
	var settings []Setting
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("yaml")
		settings = append(settings, flatten(child(path, key), v.Field(i).Interface())...)
	}
	return settings
}

func flattenList(path string, v reflect.Value) []Setting {
	if v.Len() == 0 {
		return []Setting{{path, "-"}}
	}
	var settings []Setting
	for i := range v.Len() {
		at := fmt.Sprintf("%s[%d]", path, i)
		settings = append(settings, flatten(at, v.Index(i).Interface())...)
	}
	return settings
}

func flattenMap(path string, v reflect.Value) []Setting {
	routes, _ := reflect.TypeAssert[map[string]string](v)
	if len(routes) == 0 {
		return []Setting{{path, "-"}}
	}
	var settings []Setting
	for _, key := range slices.Sorted(maps.Keys(routes)) {
		settings = append(settings, Setting{child(path, key), routes[key]})
	}
	return settings
}
