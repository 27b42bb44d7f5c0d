package flow

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// idleConns bounds the connections one tenant keeps. It is above any sensible concurrency of one
// tenant, so that a steady load never dials.
const idleConns = 256

// newTransport returns the transport of one tenant. Nothing is shared between tenants, so that a
// hung one cannot take connections from its neighbours.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          idleConns,
		MaxIdleConnsPerHost:   idleConns,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}
