package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// row is one line of the result.
type row struct {
	name  string
	value string
	bar   string // empty: for information only
	met   bool
	void  string // why the number says nothing; empty when it does
}

type table struct{ rows []row }

func newTable() *table { return &table{} }

func (t *table) add(r row) { t.rows = append(t.rows, r) }

// note adds a line that is held to no bar.
func (t *table) note(name, format string, args ...any) {
	t.add(row{name: name, value: fmt.Sprintf(format, args...)})
}

// atLeast and atMost add a line that is.
func (t *table) atLeast(name string, got, bar float64, unit string) {
	t.add(row{name, number(got) + unit, "≥ " + number(bar) + unit, got >= bar, ""})
}

func (t *table) atMost(name string, got, bar float64, unit string) {
	t.add(row{name, number(got) + unit, "≤ " + number(bar) + unit, got <= bar, ""})
}

func number(v float64) string {
	if v >= 100 || v == float64(int64(v)) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func (t *table) write(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 4, 1, ' ', 0)
	fmt.Fprintln(tw, "| what\t| measured\t| bar\t| \t|")
	fmt.Fprintln(tw, "|---\t|---\t|---\t|---\t|")
	for _, r := range t.rows {
		fmt.Fprintf(tw, "| %s\t| %s\t| %s\t| %s\t|\n", r.name, r.value, r.bar, r.judgement())
	}
	_ = tw.Flush()
}

func (r row) judgement() string {
	switch {
	case r.void != "":
		return "VOID: " + strings.ReplaceAll(r.void, "\n", " ")
	case r.bar == "":
		return ""
	case r.met:
		return "met"
	default:
		return "NOT MET"
	}
}

// verdict fails on void numbers and, when strict, on bars that are not met.
func (t *table) verdict(strict bool) error {
	if slices.ContainsFunc(t.rows, func(r row) bool { return r.void != "" }) {
		return errors.New("some measurements are void")
	}
	if strict && slices.ContainsFunc(t.rows, func(r row) bool { return r.bar != "" && !r.met }) {
		return errors.New("some bars are not met")
	}
	return nil
}

// median of at least one value; the slice is sorted.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}

// quantile of sorted values.
func quantile[T any](sorted []T, q float64) T {
	i := int(q * float64(len(sorted)))
	return sorted[min(i, len(sorted)-1)]
}
