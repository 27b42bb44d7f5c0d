// Package demo is a small world for omniflow to work in: a fake Omnium with a Norwegian sports shop,
// a fake Flow with a tenant for Norway and one for Sweden, a day on which much happens to both, and
// an oracle that says what Flow shall hold at the end of it.
//
// The fakes are reached over HTTP on the loopback interface, and the service is too: this package
// knows nothing of it but its configuration file, its webhook and its admin API. The oracle shares
// package mapping with the service and nothing else: what was pushed before, what Flow has to have first,
// which images and links stay, and how things leave Flow are written down here a second time.
//
// The two tenants differ in their habits: in Norway categories are synchronised and stores have price
// lists, in Sweden every delivery is an order and stock is what is available, with its cost.
package demo
