// Package omnium is everything Omnium-shaped: the webhook body and the operation table that turn
// its events into ours, the token, the reads and the rate budget. Comments name the source of every
// vendor rule.
package omnium
