package main

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/storm/check"
)

// unversioned is the version of a write that tells none.
const unversioned = -1

// writesOf takes the journal of Flow apart into writes of single objects. Batches are one write per row.
func writesOf(pushes []flowtest.Push) []check.Write {
	var writes []check.Write
	for _, p := range pushes {
		for _, o := range objectsOf(p) {
			writes = append(writes, check.Write{
				Tenant: p.Tenant, Object: o.name, Version: o.version, Whole: o.whole,
				Arrived: p.At, End: p.End, GaveUp: p.GaveUp, Effect: p.Effect,
			})
		}
	}
	return writes
}

// written is an object that a push writes.
type written struct {
	name    string
	version int64
	whole   bool
}

// body are the fields of bodies that name objects and their versions.
type body struct {
	ProductUID           string
	CustomerUID          string
	SupplierUID          string
	StoreUID             string
	PurchaseOrderUID     string
	PurchaseOrderItemUID string
	ProductGroupUID      string
	CategoryUID          string

	QuantityOrdered *int64
	Upsert          []struct {
		ProductUID    string
		WarehouseUID  string
		Price         *int64
		QuantityStock *int64
	}
}

func objectsOf(p flowtest.Push) []written {
	var b body
	_ = json.Unmarshal(p.Body, &b) // a body that is none names nothing
	path := strings.Split(strings.TrimPrefix(p.Path, flowtest.BasePath+"/tenants/"+p.Tenant+"/"), "/")
	stamp := versionIn(p.Body)
	one := func(kind, uid string, version int64) []written {
		return []written{{kind + "/" + uid, version, true}}
	}
	switch p.Op {
	case flow.ProductCreate, flow.ProductUpdate:
		return one("product", p.ProductUID, stamp)
	case flow.ProductLink, flow.MediaAdd, flow.ProductPropertySet:
		return one("product", p.ProductUID, unversioned)
	case flow.PriceBatch, flow.StockBatch:
		return rowsOf(path[1], b)
	case flow.CustomerCreate, flow.CustomerUpdate:
		return one("customer", last(path, b.CustomerUID), stamp)
	case flow.SupplierCreate, flow.SupplierUpdate:
		return one("supplier", last(path, b.SupplierUID), stamp)
	case flow.StoreCreate, flow.StoreUpdate:
		return one("store", last(path, b.StoreUID), stamp)
	case flow.PurchaseOrderCreate, flow.PurchaseOrderUpdate:
		return one("order", last(path, b.PurchaseOrderUID), unversioned)
	case flow.PurchaseOrderItemCreate, flow.PurchaseOrderItemUpdate:
		return one("line", path[3]+"/"+last(path, b.PurchaseOrderItemUID), valueOf(b.QuantityOrdered))
	case flow.ProductGroupUpdate:
		return one("group", last(path, ""), stamp)
	case flow.CategoryUpdate:
		return one("category", last(path, ""), stamp)
	}
	return nil
}

// last is the uid at the end of an update's path, or the one in the body of a create.
func last(path []string, created string) string {
	if created != "" {
		return created
	}
	return path[len(path)-1]
}

// rowsOf are the rows of a batch of prices or stock. Deletes tell no version.
func rowsOf(list string, b body) []written {
	var rows []written
	for _, row := range b.Upsert {
		w := written{"price/" + list + "/" + row.ProductUID, valueOf(row.Price), true}
		if row.QuantityStock != nil {
			w = written{"stock/" + list + "/" + row.WarehouseUID + "/" + row.ProductUID, *row.QuantityStock, true}
		}
		rows = append(rows, w)
	}
	return rows
}

func valueOf(v *int64) int64 {
	if v == nil {
		return unversioned
	}
	return *v
}

// stamped finds the version in a name, as stamp has put it there.
var stamped = regexp.MustCompile(` v(\d+)\b`)

func versionIn(text []byte) int64 {
	found := stamped.FindSubmatch(text)
	if found == nil {
		return unversioned
	}
	v, err := strconv.ParseInt(string(found[1]), 10, 64)
	if err != nil {
		return unversioned
	}
	return v
}
