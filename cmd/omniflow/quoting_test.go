package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRedisThatQuotesItsPassword has a server that does not know AUTH, as when it was renamed, and quotes
// what it does not know with its arguments, as Redis does.
func TestRedisThatQuotesItsPassword(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.env["REDIS_PASSWORD"] = redisPassword
	address := h.quoteRedis()
	h.config = h.edited(strings.TrimSuffix(strings.TrimPrefix(h.redis.URL(), "redis://"), "/0"), "default:${REDIS_PASSWORD}@"+address)
	r := h.start()
	r.post(r.changed("cup"))
	r.get("/readyz")
	r.stop()
	if !strings.Contains(h.heard.String(), "unknown command") {
		t.Errorf("heard %s, want what Redis said", h.heard)
	}
}

// quoteRedis is a server that knows no command and quotes its arguments.
func (h *harness) quoteRedis() string {
	h.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(h.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go quoteCommands(conn)
		}
	}()
	return l.Addr().String()
}

func quoteCommands(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for {
		var n, size int
		if _, err := fmt.Fscanf(in, "*%d\r\n", &n); err != nil {
			return
		}
		var words []string
		for range n {
			if _, err := fmt.Fscanf(in, "$%d\r\n", &size); err != nil {
				return
			}
			word := make([]byte, size+2)
			if _, err := io.ReadFull(in, word); err != nil {
				return
			}
			words = append(words, fmt.Sprintf("`%s`", word[:size]))
		}
		_, err := fmt.Fprintf(conn, "-ERR unknown command %s, with args beginning with: %s\r\n", words[0], strings.Join(words[1:], ", "))
		if err != nil {
			return
		}
	}
}

// TestLibrariesAreSilent has libraries that print by themselves: OpenTelemetry a variable that it cannot
// read, net/http what a vendor sends unasked.
func TestLibrariesAreSilent(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.collect()
	h.env["OTEL_EXPORTER_OTLP_HEADERS"] = "api-key: " + canary + "-of-the-collector"
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		answer := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
		_, _ = io.WriteString(conn, answer+"HTTP/1.1 400 Bad\r\nX: "+r.Header.Get("Authorization")+"\r\nContent-Length: 0\r\n\r\n")
		<-h.Context().Done()
	}))
	t.Cleanup(vendor.Close)
	_, flow, _ := strings.Cut(h.configText(), "flow:\n  baseUrl: \"")
	flow, _, _ = strings.Cut(flow, "\"")
	h.config = h.edited(flow, vendor.URL)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.spawn()
	r.deliver(h.changed("cup"))
	r.wantRuns(1, ofTenant(norway))
	r.stop()
}
