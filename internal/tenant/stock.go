package tenant

// PropStockMaster is the property that makes Omnium the stock master.
const PropStockMaster = "OmniumIsMasterForStock"

// StockMasters are the values of OmniumIsMasterForStock by market and by market group, which speaks for the
// members that the file does not name; both are empty when the whole tenant agrees. It is the one property
// in which the markets of a tenant need not (design §9.8). Ids are folded.
type StockMasters struct {
	Markets, Groups map[string]bool
}

// OmniumIsStockMaster reports whether Omnium is the stock master in a market: the market says so, else its
// group, which may be empty, else the tenant's properties.
func (t *Tenant) OmniumIsStockMaster(market, group string) bool {
	if master, told := t.StockMasters.Markets[Fold(market)]; told {
		return master
	}
	if master, told := t.StockMasters.Groups[Fold(group)]; told && group != "" {
		return master
	}
	return t.Properties.Bool(PropStockMaster)
}
