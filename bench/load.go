package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// loadTask says what a load process sends: events from every connection, one after the other's
// answer, each with an id and an object of its own.
type loadTask struct {
	Addr  string
	Conns int
	// Seed tells the events of one load from those of another; 6 characters.
	Seed string
	// For is how long to send; Each, when not zero, ends a connection after so many events.
	For  time.Duration
	Each int
}

// loadResult is what the answers said.
type loadResult struct {
	Events, Accepted, Coalesced, Duplicates int
	Seconds                                 float64
	P50, P99                                time.Duration
}

func (r loadResult) rate() float64 { return float64(r.Events) / r.Seconds }

func load(ctx context.Context, task []byte, out *json.Encoder) error {
	var t loadTask
	if err := json.Unmarshal(task, &t); err != nil {
		return err
	}
	senders := make([]*sender, t.Conns)
	for i := range senders {
		s, err := newSender(ctx, t, i)
		if err != nil {
			return err
		}
		senders[i] = s
	}
	started := time.Now()
	var all sync.WaitGroup
	for _, s := range senders {
		all.Go(func() { s.err = s.send(t.Each, started.Add(t.For)) })
	}
	all.Wait()
	result := loadResult{Seconds: time.Since(started).Seconds()}
	var took []time.Duration
	for _, s := range senders {
		if s.err != nil {
			return s.err
		}
		result.Events += s.sent
		result.Accepted += s.counts[0]
		result.Coalesced += s.counts[1]
		result.Duplicates += s.counts[2]
		took = append(took, s.took...)
	}
	slices.Sort(took)
	result.P50, result.P99 = quantile(took, 0.5), quantile(took, 0.99)
	return out.Encode(result)
}

// sender is one connection. It speaks just enough HTTP to cost the machine little.
type sender struct {
	conn    net.Conn
	in      *bufio.Reader
	request []byte
	serials [][]byte // the parts of request that hold the serial number

	sent   int
	counts [3]int
	took   []time.Duration
	err    error
}

const serialDigits = 8

func newSender(ctx context.Context, t loadTask, n int) (*sender, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, err
	}
	serial := bytes.Repeat([]byte("#"), serialDigits)
	id := fmt.Sprintf("%s%03d", t.Seed, n)
	body := eventBody(id+string(serial), "p-"+id+string(serial))
	request := fmt.Appendf(nil, "POST /webhooks/omnium HTTP/1.1\r\nHost: bench\r\n"+
		"Authorization: Bearer "+webhookToken+"\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", len(body), body)
	s := &sender{conn: conn, in: bufio.NewReader(conn), request: request}
	for at := 0; ; {
		i := bytes.Index(request[at:], serial)
		if i < 0 {
			return s, nil
		}
		s.serials = append(s.serials, request[at+i:at+i+serialDigits])
		at += i + serialDigits
	}
}

// send goes on until the deadline or, when each is not zero, for that many events.
func (s *sender) send(each int, deadline time.Time) error {
	for each == 0 || s.sent < each {
		started := time.Now()
		if each == 0 && started.After(deadline) {
			break
		}
		s.number(s.sent)
		if _, err := s.conn.Write(s.request); err != nil {
			return err
		}
		if err := s.answer(); err != nil {
			return err
		}
		s.sent++
		s.took = append(s.took, time.Since(started))
	}
	return s.conn.Close()
}

func (s *sender) number(n int) {
	for _, part := range s.serials {
		v := n
		for i := serialDigits - 1; i >= 0; i-- {
			part[i] = byte('0' + v%10)
			v /= 10
		}
	}
}

// answer reads one response, which must be 202, and adds up its counts.
func (s *sender) answer() error {
	line, err := s.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 202")) {
		return fmt.Errorf("answer %q", line)
	}
	length := 0
	for {
		line, err := s.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return err
			}
		}
	}
	body, err := s.in.Peek(length)
	if err != nil {
		return err
	}
	for i, field := range []string{`"accepted":1`, `"coalesced":1`, `"duplicates":1`} {
		if bytes.Contains(body, []byte(field)) {
			s.counts[i]++
		}
	}
	_, err = io.CopyN(io.Discard, s.in, int64(length))
	return err
}

// eventBody is a product event of the size that the vendor's are.
func eventBody(id, object string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"operationId":140105,"timestamp":%q,"className":"Product",`+
		`"category":"Updated","objectId":%q,"objectNumber":%q,"market":"NOR","message":"Product changed by patch: `+
		`prices, inventory, properties","user":"erp-sync","userId":"erp-sync-3f0c2b64-8c0d-4b1e-9a57-7d2f5f1f6a11",`+
		`"origin":"PATCH /api/Products/%s","isError":false,"isRead":false,"tags":[],"externalIds":[],`+
		`"properties":[{"key":"ChangedFields","value":"Prices,Inventory,Properties,Description","valueType":"Text"}],`+
		`"attachments":[],"references":[]}`,
		id, time.Now().UTC().Format("2006-01-02T15:04:05.0000000Z"), object, object, object)
}
