package main

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// gcPercent lets the heap grow to five times what is alive before it is collected. That is a few MB
// while events flow, and collecting them at the default of 100 costs a tenth of the processor time.
const gcPercent = 400

// tuneMemory trades memory for processor time, unless the environment says how: with GOGC in it
// nothing is changed. A container's limit, when it has one and GOMEMLIMIT does not give another, makes
// collections frequent again before the heap comes near it.
func tuneMemory(getenv func(string) (string, bool)) {
	if _, ok := getenv("GOGC"); ok {
		return
	}
	debug.SetGCPercent(gcPercent)
	if _, ok := getenv("GOMEMLIMIT"); ok {
		return
	}
	// Of cgroups version 2 and 1.
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		raw, err := os.ReadFile(file) //nolint:gosec // one of the two above
		if err != nil {
			continue
		}
		if limit, ok := softLimit(string(raw)); ok {
			debug.SetMemoryLimit(limit)
		}
		return
	}
}

// softLimit is nine tenths of a limit in bytes; the rest is for what the runtime does not count. It
// reports false for "max" and whatever else is no number.
func softLimit(text string) (int64, bool) {
	limit, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || limit <= 0 {
		return 0, false
	}
	return limit - limit/10, true
}
