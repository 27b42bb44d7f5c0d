package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong, or worth a warning, at a place of the file.
type Problem struct {
	// Path is the place: keys joined by dots, list positions from 0, as in markets[1].market. It is
	// empty when the file as a whole is meant.
	Path string
	// Line counts from 1. A key that is missing has the line of the section it belongs to.
	Line int
	// Message says what is wrong. It never holds a credential or a value from the environment.
	Message string
}

// String renders the problem as "line: path: message".
func (p Problem) String() string {
	if p.Path == "" {
		return fmt.Sprintf("%d: %s", p.Line, p.Message)
	}
	return fmt.Sprintf("%d: %s: %s", p.Line, p.Path, p.Message)
}

// Error is every problem of one file, sorted by line.
type Error struct {
	File     string
	Problems []Problem
}

// Error prints one problem per line, as "file:line: path: message".
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = e.File + ":" + p.String()
	}
	return strings.Join(lines, "\n")
}

func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Path, b.Path))
	})
	return slices.Compact(problems)
}
