package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// TestSlowClientsDoNotKeepTheServiceFromStopping opens connections that promise a body and never
// send it: with a wrong credential, to a route that does not exist, and with a good credential.
func TestSlowClientsDoNotKeepTheServiceFromStopping(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(s *settings) { s.Grace = "1s" })
	r := h.start()
	for _, request := range []string{
		"POST /webhooks/omnium HTTP/1.1\r\nAuthorization: Bearer wrong",
		"POST /nowhere HTTP/1.1",
		"GET /healthz HTTP/1.1",
		"POST /webhooks/omnium HTTP/1.1\r\nAuthorization: Bearer " + webhookToken,
	} {
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := fmt.Fprintf(conn, "%s\r\nHost: omniflow\r\nContent-Length: 100\r\n\r\n", request); err != nil {
			t.Fatal(err)
		}
	}
	r.stop()
}
