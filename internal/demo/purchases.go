package demo

import (
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// The purchase orders and deliveries that scenes play with.
const (
	orderWool   = "PO-1001"
	orderTents  = "PO-1002"
	orderPlaced = "PO-1010" // is placed in the course of the day
	orderLate   = "PO-1011" // names a supplier and a product that come later
	orderShoes  = "PO-2001"

	deliveryFirst  = "D-31"
	deliverySecond = "D-32"
)

func purchases(now time.Time) []omnium.PurchaseOrder {
	list := []omnium.PurchaseOrder{
		order(orderWool, supplierWool, storeOslo, "UV-1102-S", "UV-1102-M", "UV-1103-41"),
		order(orderTents, supplierTents, depotNO, "LY-1801", "LY-1802"),
		order("PO-1003", supplierWool, storeBergen, "UV-1104-rod"),
		order("PO-1004", supplierWool, storeOslo, "UV-1105-rod"),
		order("PO-1005", supplierWool, storeOslo, "UV-1105-bla"),
		order("PO-1006", supplierWool, storeOslo, "UV-1105-bla", "UV-1104-bla"),
		order(orderShoes, supplierShoes, storeGoteborg, "ST-1303-41", "ST-1303-42", "ST-1303-43"),
		order("PO-2002", supplierShoes, storeGoteborg, "ST-1303-44"),
	}
	for i := range list {
		list[i].Created = omnium.Time{Time: now}
	}
	wool, received, cancelled := &list[0], &list[2], &list[3]
	wool.Notes = []omnium.Comment{{Title: "Ring før levering"}, {Title: "Pall", Detail: "Leveres på pall"}}
	wool.ReferenceNumber, wool.RequestedDeliveryDate = "UV/77", date(time.November, 2)
	list[1].BillingCurrency, list[1].MarketID = "eur", marketNO
	received.Form.LineItems[0].DeliveredQuantity = received.Form.LineItems[0].Quantity
	cancelled.Status = "OrderCanceled"
	list[4].SupplierWarehouseCode = depotNO // a transfer
	list[5].Form.LineItems[1].CanceledQuantity = list[5].Form.LineItems[1].Quantity
	shoes := list[6].Form.LineItems
	shoes[0].DeliveryID, shoes[1].DeliveryID = deliveryFirst, deliverySecond
	return list
}

// order is a purchase order with one line per sku: ten pieces of the first, twenty of the second, and
// so on.
func order(id, supplier, store string, skus ...string) omnium.PurchaseOrder {
	po := omnium.PurchaseOrder{ID: id, Status: "New", StoreID: store, SupplierID: supplier}
	for i, sku := range skus {
		po.Form.LineItems = append(po.Form.LineItems, orderLine(id, i+1, sku))
	}
	return po
}

func orderLine(id string, number int, sku string) omnium.PurchaseOrderLine {
	return omnium.PurchaseOrderLine{
		LineItemID: fmt.Sprintf("%s-%d", id, number), PurchaseOrderID: id, Code: sku, SupplierSkuID: "S/" + sku,
		Quantity:               omnium.Number(fmt.Sprint(10 * number)),
		PlacedPriceExclTax:     "120",
		DiscountedPriceExclTax: omnium.Number(fmt.Sprint(1000*number + 1)),
	}
}

func deliveries() []omnium.Delivery {
	return []omnium.Delivery{
		{ID: deliveryFirst, EstimatedTimeOfArrival: date(time.October, 20)},
		{ID: deliverySecond},
	}
}

// sale is a customer's order, as far as it matters here.
type sale struct {
	ID   string   `json:"id"`
	Form saleForm `json:"orderForm"`
}

type saleForm struct {
	LineItems []saleLine `json:"lineItems"`
}

// saleLine is a line with its sku, by which sales orders are found.
type saleLine struct {
	omnium.OrderLine

	Code string `json:"code"`
}

// reservedSale is a customer's order that waits for pieces of the first line of a purchase order.
func reservedSale(id, po, sku string, pieces omnium.Number) sale {
	line := omnium.OrderLine{
		LineItemID: id + "-1", IsAwaitingPurchaseOrder: true, ReservedQuantity: pieces,
		PurchaseOrderID: po, PurchaseOrderLineID: po + "-1",
	}
	return sale{ID: id, Form: saleForm{LineItems: []saleLine{{line, sku}}}}
}
