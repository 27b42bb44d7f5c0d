package main

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// firstWord is how long a new connection may be silent before it gives way: its request is on the way.
const firstWord = time.Second

// connections bounds how many a server keeps. When there is one too many, that which has waited for a
// request for the longest gives way: who keeps connections and says nothing shuts nobody out. When all
// are busy the newcomer waits, and with it whoever comes later; the server's timeouts end what is busy.
//
// Its method watch is the server's ConnState, of which net/http calls the one for new connections between
// two accepts. It is safe for concurrent use.
type connections struct {
	limit int
	log   zerolog.Logger

	mu   sync.Mutex
	open map[net.Conn]time.Time // from when on it may give way; zero while it is busy
	told bool                   // that the limit was reached
	// freed gets an element when a connection is closed or has become idle.
	freed chan struct{}
}

func newConnections(limit int, log zerolog.Logger) *connections {
	return &connections{limit: limit, log: log, open: map[net.Conn]time.Time{}, freed: make(chan struct{}, 1)}
}

// watch implements http.Server's ConnState.
func (c *connections) watch(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.add(conn)
	case http.StateActive:
		c.become(conn, time.Time{})
	case http.StateIdle:
		c.become(conn, time.Now())
	case http.StateHijacked, http.StateClosed:
		c.remove(conn)
	}
}

// add waits until there is room.
func (c *connections) add(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn] = time.Time{}
	for len(c.open) > c.limit {
		if !c.told {
			c.log.Warn().Int("limit", c.limit).Msg("as many connections as server.maxConnections")
		}
		c.told = true
		if idle := c.longestIdle(); idle != nil {
			delete(c.open, idle)
			_ = idle.Close() // its goroutine notices
			continue
		}
		c.mu.Unlock()
		c.await()
		c.mu.Lock()
	}
	c.open[conn] = time.Now().Add(firstWord)
}

// await ends when there may be room.
func (c *connections) await() {
	timer := time.NewTimer(firstWord)
	defer timer.Stop()
	select {
	case <-c.freed:
	case <-timer.C:
	}
}

// longestIdle is the connection that gives way; nil when none can.
func (c *connections) longestIdle() net.Conn {
	var found net.Conn
	now := time.Now()
	for conn, from := range c.open {
		if !from.IsZero() && !from.After(now) && (found == nil || from.Before(c.open[found])) {
			found = conn
		}
	}
	return found
}

// become notes the state of a connection, unless it has given way.
func (c *connections) become(conn net.Conn, idleSince time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.open[conn]; !open {
		return
	}
	c.open[conn] = idleSince
	if !idleSince.IsZero() {
		c.free()
	}
}

func (c *connections) remove(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, conn)
	c.told = c.told && len(c.open) > c.limit/2
	c.free()
}

// free tells add, which is called once at a time, to look again.
func (c *connections) free() {
	select {
	case c.freed <- struct{}{}:
	default:
	}
}
