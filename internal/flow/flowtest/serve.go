package flowtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// maxBody bounds a request body; the real limit is not known.
const maxBody = 1 << 20

// handler answers one operation. It is called with the tenant locked.
type handler func(t *tenant, in input) answer

// input is what a handler sees of a request.
type input struct {
	path  func(placeholder string) string
	query url.Values
	body  fields
}

// answer is what a handler says: a body that becomes JSON, or the text of a refusal.
type answer struct {
	status int
	header http.Header
	body   any
	text   string
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func created(body any) answer { return answer{status: http.StatusCreated, body: body} }

func refuse(status int, text string) answer { return answer{status: status, text: text} }

func bad(text string) answer { return refuse(http.StatusBadRequest, text) }

func missing(what string) answer { return refuse(http.StatusNotFound, what+" does not exist") }

// serve is the life of a request: it is noticed, may meet a fault, is checked and answered.
func (s *Server) serve(op string, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "body cannot be read", http.StatusBadRequest)
			return
		}
		req := newRequest(op, r, raw)
		done := s.watch.begin(r.Context(), &req, raw)
		a, replied := s.answer(r, req, raw, h)
		done(a.status)
		if !replied {
			// The documented way to drop the connection.
			panic(http.ErrAbortHandler)
		}
		a.write(w)
	}
}

// answer reports false when the client shall not see the answer.
func (s *Server) answer(r *http.Request, req Request, raw []byte, h handler) (answer, bool) {
	fault := s.faultOf(req)
	if !s.wait(r.Context(), fault) {
		return answer{}, false
	}
	if fault.Status != 0 {
		return answer{status: fault.Status, header: fault.Header, text: "injected fault"}, true
	}
	return s.execute(r, req, raw, h), !fault.LoseReply
}

func (s *Server) execute(r *http.Request, req Request, raw []byte, h handler) answer {
	if h == nil {
		return missing("route")
	}
	t := s.tenants[req.Tenant]
	if t == nil || r.Header.Get("Authorization") != "Bearer "+t.token {
		return refuse(http.StatusUnauthorized, "token is not valid for this tenant")
	}
	if t.down.Load() {
		return refuse(http.StatusServiceUnavailable, "tenant is down")
	}
	if text := checkPath(r); text != "" {
		return bad(text)
	}
	body, text := parseBody(r, raw)
	if text != "" {
		return bad(text)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	a := h(t, input{path: r.PathValue, query: r.URL.Query(), body: body})
	if a.status < 300 {
		s.watch.executed(req, raw)
	}
	// Encoded while the tenant is locked, because the body shares its records.
	return a.encode()
}

// pathValue finds the placeholders of a pattern.
var pathValue = regexp.MustCompile(`\{([A-Za-z]+)\}`)

func checkPath(r *http.Request) string {
	for _, name := range pathValue.FindAllStringSubmatch(r.Pattern, -1) {
		if uid := r.PathValue(name[1]); !uidPattern.MatchString(uid) {
			return name[1] + " has a character that is not allowed"
		}
	}
	return ""
}

func parseBody(r *http.Request, raw []byte) (fields, string) {
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		return nil, ""
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return nil, "content type is not application/json"
	}
	var body fields
	if err := json.Unmarshal(raw, &body); err != nil || body == nil {
		return nil, "body is not a JSON object"
	}
	return body, ""
}

func (a answer) encode() answer {
	if a.body == nil {
		return a
	}
	raw, err := json.Marshal(a.body)
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	a.body = json.RawMessage(raw)
	return a
}

func (a answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if raw, is := a.body.(json.RawMessage); is {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		// The client may be gone; there is nobody left to tell.
		_, _ = w.Write(raw)
		return
	}
	if a.text != "" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.text)
}
