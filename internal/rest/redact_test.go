package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/rest"
)

// odd is a token of the characters that encoders change: those of base64, of .NET's and of HTML.
const odd = "Zm9v+YmFy/cXV4&ZG9v<bGFh>=='s"

// TestEchoesInAnyEncodingAreRedacted: vendors quote a header or an address as their language encodes it.
func TestEchoesInAnyEncodingAreRedacted(t *testing.T) {
	t.Parallel()
	marshalled, err := json.Marshal(odd)
	if err != nil {
		t.Fatal(err)
	}
	for name, echo := range map[string]string{
		"as it is":       odd,
		"query":          url.QueryEscape(odd),
		"path":           url.PathEscape(odd),
		"lower-case":     strings.NewReplacer("%2B", "%2b", "%2F", "%2f").Replace(url.QueryEscape(odd)),
		"JSON of Go":     string(marshalled),
		"JSON of .NET":   strings.NewReplacer("+", `\u002B`, "&", `\u0026`, "<", `\u003C`, ">", `\u003E`, "'", `\u0027`).Replace(odd),
		"JSON of PHP":    strings.ReplaceAll(odd, "/", `\/`),
		"HTML":           html.EscapeString(odd),
		"HTML in hex":    strings.NewReplacer("+", "&#x2B;", "/", "&#x2f;", "=", "&#61;").Replace(odd),
		"JSON in JSON":   strings.ReplaceAll(odd, "/", `\\\/`),
		"twice in a row": odd + odd,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for where, r := range map[string]rest.Request{
				"bearer": {Bearer: odd}, "query": {Query: url.Values{"clientSecret": {odd}}},
			} {
				r.Method, r.Path, r.Label = "GET", "/", "thing.get"
				c := newClient(t, rest.Options{Transport: answering(400, "before "+echo+" after")})
				_, err := c.Do(t.Context(), r, nil)
				answer, ok := errors.AsType[*rest.Error](err)
				if !ok {
					t.Fatalf("Do = %v, want *rest.Error", err)
				}
				if strings.Contains(answer.Body, "Zm9v") || strings.Contains(answer.Body, "ZG9v") {
					t.Errorf("body with the %s quoted = %q, want it redacted", where, answer.Body)
				}
				if !strings.HasPrefix(answer.Body, "before ") || !strings.HasSuffix(answer.Body, " after") {
					t.Errorf("body with the %s quoted = %q, want the rest of it kept", where, answer.Body)
				}
			}
		})
	}
}

// TestGarbageAnswersKeepSecrets has something that speaks no HTTP at the other end, and quotes what it was
// sent: net/http quotes that in its error.
func TestGarbageAnswersKeepSecrets(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"another protocol": "500 unknown command: POST /?clientSecret=" + secret + "\r\n",
		"a header":         "HTTP/1.1 200 OK\r\nAuthorization Bearer " + secret + "\r\n\r\n",
		"a status":         "HTTP/1.1 " + secret + "\r\n\r\n",
		"a length":         "HTTP/1.1 200 OK\r\nContent-Length: " + secret + "\r\n\r\n",
		"a coding":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + "\r\n\r\n",
		"a location":       "HTTP/1.1 301 Moved\r\nLocation: http://%zz" + secret + "\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, rest.Options{BaseURL: "http://" + speak(t, answer)})
			_, err := c.Do(t.Context(), rest.Request{
				Method: "POST", Path: "/", Label: "thing.add", Bearer: secret, Query: url.Values{"clientSecret": {secret}},
			}, nil)
			if err == nil {
				t.Fatal("Do = nil, want an error")
			}
			if text := fmt.Sprintf("%v %+v %s", err, err, errors.Unwrap(err)); strings.Contains(text, secret) {
				t.Errorf("Do = %q, want it without the secret", text)
			}
		})
	}
}

// TestRedactedErrorsKeepTheirKind: what is decided by the cause of an error still can be.
func TestRedactedErrorsKeepTheirKind(t *testing.T) {
	t.Parallel()
	c := newClient(t, rest.Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("proxy said %s: %w", r.Header.Get("Authorization"), context.DeadlineExceeded)
	})})
	_, err := c.Do(t.Context(), rest.Request{Method: "GET", Path: "/", Label: "thing.get", Bearer: secret}, nil)
	if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), secret) {
		t.Errorf("Do = %v, want a deadline without the secret", err)
	}
}

// speak answers every connection with a text and returns where.
func speak(t *testing.T, answer string) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

// FuzzRedact wants no secret to be left, whatever surrounds it and however it is encoded, and nothing else
// to be changed.
func FuzzRedact(f *testing.F) {
	f.Add("before ", odd, " after", uint8(0))
	f.Add("&", "&amp;secret", ";", uint8(1))
	f.Add(`\`, `\\u0041%41`, "u", uint8(2))
	f.Add("%", "%25%2B+ +", "%", uint8(3))
	f.Add("s", "ssssssss", "s", uint8(4))
	f.Fuzz(func(t *testing.T, before, secret, after string, how uint8) {
		encoded := secret
		switch how % 5 {
		case 1:
			encoded = html.EscapeString(secret)
		case 2:
			raw, err := json.Marshal(secret)
			if err != nil {
				t.Fatal(err)
			}
			encoded = string(raw[1 : len(raw)-1])
		case 3:
			encoded = url.QueryEscape(secret)
		case 4:
			encoded = url.PathEscape(secret)
		}
		text := before + encoded + after
		if len(text) > 4<<10 {
			return
		}
		got := rest.Redact(text, secret)
		if len(secret) < 8 || strings.Contains("[redacted]", secret) || !isVisible(secret) {
			return
		}
		if strings.Contains(got, encoded) && !strings.Contains("[redacted]", encoded) && !made(got, encoded) {
			t.Errorf("Redact(%q, %q) = %q, want the secret gone", text, secret, got)
		}
		if !strings.Contains(text, secret[:1]) && how == 0 && got != text {
			t.Errorf("Redact(%q, %q) = %q, want it unchanged", text, secret, got)
		}
	})
}

// isVisible reports whether s is what a header or an address can hold.
func isVisible(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' })
}

// made reports whether a text is made by what stands for a secret, together with what is around it.
func made(text, part string) bool {
	return !strings.Contains(strings.ReplaceAll(text, "[redacted]", "\x00"), part)
}
