package flowtest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
)

// Request is what the server noticed of a request.
type Request struct {
	// Seq counts the requests of the server from 1.
	Seq    int64
	Tenant string
	// Op is the name of the operation in the table of package flow; empty for an unknown route.
	Op     string
	Method string
	Path   string
	// ProductUID is the product that the request is about: the one in the path, or the one that a
	// create names. Empty when it is about none.
	ProductUID string
	At         time.Time
}

func newRequest(op string, r *http.Request, raw []byte) Request {
	req := Request{
		Tenant:     r.PathValue("tenantUid"),
		Op:         op,
		Method:     r.Method,
		Path:       r.URL.Path,
		ProductUID: r.PathValue("productUid"),
	}
	if op == flow.ProductCreate {
		var body struct {
			ProductUID string `json:"productUid"`
		}
		// A body that cannot be read is refused later; here it only names no product.
		if json.Unmarshal(raw, &body) == nil {
			req.ProductUID = body.ProductUID
		}
	}
	return req
}

func (r Request) isWrite() bool { return r.Method != http.MethodGet && r.Op != flow.BrandSearch }

// Fault is what goes wrong with a request. The zero value is no fault.
type Fault struct {
	// Delay passes before anything else happens.
	Delay time.Duration
	// Hang never answers: until the client gives up or the server is closed.
	Hang bool
	// Status, when not zero, is answered with Header instead of executing the request.
	Status int
	Header http.Header
	// LoseReply executes the request and drops the connection.
	LoseReply bool
}

// SetFault sets the function that is asked about every request, from many goroutines at once. Nil
// ends the faults.
func (s *Server) SetFault(f func(Request) Fault) {
	if f == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&f)
}

func (s *Server) faultOf(req Request) Fault {
	if f := s.fault.Load(); f != nil {
		return (*f)(req)
	}
	return Fault{}
}

// wait reports false when the client went away, or the server was closed, before it was over.
func (s *Server) wait(ctx context.Context, f Fault) bool {
	if !f.Hang && f.Delay <= 0 {
		return true
	}
	// A nil channel never delivers: a hang ends by the other two.
	var over <-chan time.Time
	if !f.Hang {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	case <-s.closed:
		return false
	}
}
