package mapping

import (
	"cmp"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// orderLine maps one line; date is when it is expected unless it says so itself.
func orderLine(line *omnium.PurchaseOrderLine, date omnium.Time) (PurchaseOrderLine, error) {
	sku := strings.TrimSpace(line.Code)
	if sku == "" {
		return PurchaseOrderLine{}, &Error{ReasonNoProduct, "code is empty"}
	}
	if !line.EstimatedTimeOfArrival.IsZero() {
		date = line.EstimatedTimeOfArrival
	}
	item := flow.PurchaseOrderItem{
		SupplierSKU: strings.TrimSpace(line.SupplierSkuID), ExternalID: line.LineItemID,
		ExpectedDeliveryDate: day(date),
	}
	var errs [5]error
	item.PurchaseOrderItemUID, errs[0] = UID(line.LineItemID)
	item.ProductUID, errs[1] = UID(sku)
	item.QuantityOrdered, errs[2] = hundredths("quantity", line.Quantity)
	item.QuantityReceived, errs[3] = hundredths("deliveredQuantity", line.DeliveredQuantity)
	item.UnitPrice, errs[4] = LinePrice(line)
	if err := cmp.Or(errs[:]...); err != nil {
		return PurchaseOrderLine{}, err
	}
	return PurchaseOrderLine{LineItemID: line.LineItemID, SKU: sku, Item: item}, nil
}

// hundredths is Hundredths with nothing for a quantity that is not given.
func hundredths(field string, n omnium.Number) (int64, error) {
	i, err := Hundredths(field, n)
	if err != nil || i == nil {
		return 0, err
	}
	return *i, nil
}

// day is the date that Omnium gives, which is in UTC, as Flow writes dates; nil when there is none.
func day(t omnium.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(time.DateOnly)
	return &text
}

// LinePrice is what one unit of a line costs without tax, in hundredths: the line's total after discounts
// divided by its quantity, rounded once, half away from zero. Without a quantity or a total it is the
// undiscounted price per unit; nil when that is not given either.
func LinePrice(line *omnium.PurchaseOrderLine) (*int64, error) {
	total, err := parse("discountedPriceExclTax", line.DiscountedPriceExclTax)
	if err != nil {
		return nil, err
	}
	quantity, err := parse("quantity", line.Quantity)
	if err != nil {
		return nil, err
	}
	if total == nil || quantity == nil || quantity.IsZero() {
		return Cents("placedPriceExclTax", line.PlacedPriceExclTax)
	}
	price, err := quotient(total, quantity)
	if err != nil {
		return nil, outOfRange("discountedPriceExclTax by quantity", total)
	}
	if err := notNegative("discountedPriceExclTax by quantity", price); err != nil {
		return nil, err
	}
	return integer("discountedPriceExclTax by quantity", price)
}

// quotient is a hundred times total by quantity, in whole numbers, rounded half away from zero. A division
// to some number of digits that is rounded afterwards would be rounded twice.
func quotient(total, quantity *apd.Decimal) (*apd.Decimal, error) {
	hundred := new(apd.Decimal).Set(total)
	hundred.Exponent += 2
	c, whole, rest := exact(), new(apd.Decimal), new(apd.Decimal)
	_, err := c.QuoInteger(whole, hundred, quantity)
	_, failed := c.Rem(rest, hundred, quantity)
	_, doubled := c.Mul(rest, rest, apd.New(2, 0))
	if err := cmp.Or(err, failed, doubled); err != nil {
		return nil, err
	}
	if new(apd.Decimal).Abs(rest).Cmp(new(apd.Decimal).Abs(quantity)) >= 0 {
		away := apd.New(int64(total.Sign()*quantity.Sign()), 0)
		_, err = c.Add(whole, whole, away)
	}
	return whole, err
}
