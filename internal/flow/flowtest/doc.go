// Package flowtest is a fake Flow: a server with several tenants that behaves as the vendor's
// reference says, refusals included. Where the reference is silent or not visible, the behaviour is
// an assumption and a comment says so. Error bodies are plain text, because the vendor's are not
// known and nothing may depend on them.
//
// Beside answering, the server watches: it logs requests, counts the writes of each product, keeps
// what was written to it in order, and notices when two writes of one product are in flight at once.
// Faults can be injected into any request. It needs no testing.T, so that the demo can run it too.
package flowtest
