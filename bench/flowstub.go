package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// flowTask says how long the Flow of a drain takes to answer.
type flowTask struct{ Delay time.Duration }

// flowCount is what that Flow has seen.
type flowCount struct{ Requests, Distinct int }

// flowStub answers every write after the delay and counts; GET answers the counts.
func flowStub(_ context.Context, task []byte, out *json.Encoder) error {
	var t flowTask
	if err := json.Unmarshal(task, &t); err != nil {
		return err
	}
	var mu sync.Mutex
	requests, distinct := 0, map[string]bool{}
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			mu.Lock()
			defer mu.Unlock()
			_ = json.NewEncoder(w).Encode(flowCount{requests, len(distinct)})
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		if t.Delay > 0 {
			pause(r.Context(), t.Delay)
		}
		mu.Lock()
		requests++
		distinct[r.URL.Path] = true
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{}`)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(handler), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }()
	if err := out.Encode(serving{l.Addr().String()}); err != nil {
		return err
	}
	untilEOF()
	return server.Close()
}

// flowCaller makes the request that a job ends in; the worker, the peer and the bare loop share it.
type flowCaller struct {
	base string
	http *http.Client
}

func newFlowCaller(addr string) flowCaller {
	return flowCaller{"http://" + addr + "/v2/tenants/bench/products/", &http.Client{
		Transport: &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 512},
		Timeout:   15 * time.Second,
	}}
}

// put writes one product of the usual size.
func (f flowCaller) put(ctx context.Context, id string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, f.base+id, bytes.NewReader(productBody))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("Content-Type", "application/json")
	resp, err := f.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

var productBody = []byte(`{"productUid":"p1041","productName":"Fjell jacket, women, with hood","sku":"FJ-1041-38",` +
	`"brandUid":"fjell","productGroupUid":"jackets","productType":"STANDARD","allowPurchase":true,"vatCodeUid":"vat25",` +
	`"recommendedRetailPrice":199950,"weight":640,"height":120,"width":300,"length":400,"gtin":["7041234567890"],` +
	`"description":"A jacket for every day, windproof and light, with a hood that can be taken off."}`)
