package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority is a certificate for 127.0.0.1 that vouches for itself.
type authority struct {
	certFile, keyFile string
	pool              *x509.CertPool
}

// TLS makes the server speak TLS alone, with a certificate that only those trust who are given
// Server.CertFile.
func TLS(t testing.TB) Option {
	t.Helper()
	a := newAuthority(t)
	return func(o *options) {
		o.tls = a
		o.extra = append(o.extra, "--port", "0", "--tls-cert-file", a.certFile, "--tls-key-file", a.keyFile,
			"--tls-ca-cert-file", a.certFile, "--tls-auth-clients", "no")
	}
}

// CertFile returns the path of the server's certificate in PEM form; it needs the option TLS.
func (s *Server) CertFile() string { return s.opts.tls.certFile }

// client returns what a client needs to trust the server; nil without TLS.
func (a *authority) client() *tls.Config {
	if a == nil {
		return nil
	}
	return &tls.Config{RootCAs: a.pool, MinVersion: tls.VersionTLS12}
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("redistest.TLS: %v", err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "redistest"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	a := &authority{pool: x509.NewCertPool()}
	dir := t.TempDir()
	write := func(name, kind string, content []byte) string {
		path := filepath.Join(dir, name)
		must(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600))
		return path
	}
	a.certFile = write("cert.pem", "CERTIFICATE", cert)
	a.keyFile = write("key.pem", "PRIVATE KEY", private)
	parsed, err := x509.ParseCertificate(cert)
	must(err)
	a.pool.AddCert(parsed)
	return a
}
