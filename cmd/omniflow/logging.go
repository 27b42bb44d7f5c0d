package main

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/config"
)

// newLogger writes to w as the configuration says. Times are UTC with milliseconds. The level can be
// changed later for all loggers that come from this one.
func newLogger(cfg config.Log, w io.Writer) (zerolog.Logger, *logLevel, error) {
	level := new(logLevel)
	if err := level.set(cfg.Level); err != nil {
		return zerolog.Logger{}, nil, err
	}
	if cfg.Format == "console" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: !isTerminal(w)}
	}
	log := zerolog.New(zerolog.SyncWriter(w)).Level(zerolog.TraceLevel).Hook(stamp{})
	return log.Sample(level), level, nil
}

// logLevel is the least level that is logged. It is safe for concurrent use.
type logLevel struct{ least atomic.Int32 }

// Sample implements zerolog.Sampler: it is asked before anything is done for a line.
func (l *logLevel) Sample(level zerolog.Level) bool { return int32(level) >= l.least.Load() }

func (l *logLevel) set(name string) error {
	level, err := zerolog.ParseLevel(name)
	if err != nil {
		return fmt.Errorf("log.level: %w", err)
	}
	l.least.Store(int32(level))
	return nil
}

// warnings takes what the HTTP server says by itself, line by line, such as that it cannot accept.
type warnings struct{ log zerolog.Logger }

// Write implements io.Writer.
func (w warnings) Write(p []byte) (int, error) {
	w.log.Warn().Msg(strings.TrimSpace(string(p)))
	return len(p), nil
}

// stamp adds the time without touching zerolog's package-wide settings.
type stamp struct{}

// Run implements zerolog.Hook.
func (stamp) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	e.Str("time", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
}
