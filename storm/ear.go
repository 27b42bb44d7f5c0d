package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// canary begins every credential of a storm but the tokens that the fake Omnium gives out, which begin as
// tokenHead. Nothing else has either.
const (
	canary    = "canary-"
	tokenHead = "eyJhbGciOiJub25lIn0" //nolint:gosec // {"alg":"none"}: of a fake
)

// secret is a new credential.
func secret() string { return canary + rand.Text() }

// ear hears what the service says and keeps, and remembers where a credential was in it.
type ear struct {
	mu    sync.Mutex
	leaks []string
}

// hear looks for credentials in a text. It is safe for concurrent use.
func (e *ear) hear(where, text string) {
	if !strings.Contains(text, canary) && !strings.Contains(text, tokenHead) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.leaks, where) {
		e.leaks = append(e.leaks, where)
	}
}

// leaks looks at what is left at the end, too: what the replicas wrote, their metrics, and everything that Redis
// was ever told.
func (s *storm) leaks(ctx context.Context) ([]string, error) {
	for i, r := range s.replicas {
		for line := range strings.Lines(r.log.String()) {
			s.ear.hear(fmt.Sprintf("the log of replica %d", i), line)
		}
		metrics, err := s.operator.text(ctx, r.admin+"/metrics")
		if err != nil {
			return nil, fmt.Errorf("metrics of replica %d: %w", i, err)
		}
		s.ear.hear(fmt.Sprintf("the metrics of replica %d", i), metrics)
	}
	for path := range s.redis.written() {
		kept, err := os.ReadFile(path) //nolint:gosec // ours
		if err != nil {
			return nil, fmt.Errorf("read what Redis keeps: %w", err)
		}
		s.ear.hear(filepath.Base(path)+" of Redis", string(kept))
	}
	return s.ear.leaks, nil
}
