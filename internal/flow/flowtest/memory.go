package flowtest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// Transport carries requests to h within the process, without a socket, so that a client and a fake
// can run in a testing/synctest bubble together. It is safe for concurrent use. A handler that
// aborts looks like a connection that was dropped.
func Transport(h http.Handler) http.RoundTripper { return memory{h} }

type memory struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper. When the context of the request ends first, the handler
// sees the same end and is left to finish by itself.
func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context())
	served.RequestURI = r.URL.RequestURI()
	served.Host = r.URL.Host
	if served.Body == nil {
		served.Body = http.NoBody
	}
	done := make(chan *reply, 1)
	go func() { done <- serveMemory(m.handler, served) }()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case got := <-done:
		if got == nil {
			return nil, io.ErrUnexpectedEOF
		}
		return got.response(r), nil
	}
}

// serveMemory returns nil when the handler aborted.
func serveMemory(h http.Handler, r *http.Request) (got *reply) {
	defer func() {
		// The contract of a RoundTripper: the body is closed in any case.
		_ = r.Body.Close()
		if p := recover(); p != nil {
			if err, is := p.(error); !is || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			got = nil
		}
	}()
	got = &reply{header: make(http.Header)}
	h.ServeHTTP(got, r)
	return got
}

// reply is a ResponseWriter that keeps everything in memory.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *reply) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *reply) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write implements http.ResponseWriter.
func (r *reply) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *reply) response(req *http.Request) *http.Response {
	r.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:     http.StatusText(r.status),
		StatusCode: r.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        r.header,
		Body:          io.NopCloser(&r.body),
		ContentLength: int64(r.body.Len()),
		Request:       req,
	}
}
