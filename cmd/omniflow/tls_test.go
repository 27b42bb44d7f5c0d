package main

import (
	"crypto/tls"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// TestOutgoingTLS: nothing is sent to a server that nobody vouches for, or that speaks a TLS older than 1.2.
func TestOutgoingTLS(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		newest uint16
		want   string
	}{
		"a certificate of nobody": {tls.VersionTLS13, "x509: "},
		"TLS 1.1":                 {tls.VersionTLS11, "protocol version"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
			server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tt.newest}
			server.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			for vendor, call := range map[string]func() error{
				"Flow": func() error {
					c, err := flow.New(flow.Options{Tenant: "t", BaseURL: server.URL, AccessToken: func() string { return norwayToken }})
					if err != nil {
						t.Fatal(err)
					}
					defer c.Close()
					return c.Probe(t.Context())
				},
				"Omnium": func() error {
					c, err := omnium.New(omnium.Options{BaseURL: server.URL, ClientID: "c", ClientSecret: omniumSecret})
					if err != nil {
						t.Fatal(err)
					}
					_, err = c.Product(t.Context(), "cup", "", time.Time{})
					return err
				},
				"Redis": func() error {
					address := strings.TrimPrefix(server.URL, "https://")
					rdb, end, err := openRedis(config.Redis{Mode: config.RedisSingle, Addrs: []string{address}, Password: redisPassword, TLS: true})
					if err != nil {
						t.Fatal(err)
					}
					defer end()
					return rdb.Ping(t.Context()).Err()
				},
			} {
				if err := call(); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s with %s = %v, want an error with %q", vendor, name, err, tt.want)
				}
			}
			if n := asked.Load(); n != 0 {
				t.Errorf("%d requests arrived, want none", n)
			}
		})
	}
}
