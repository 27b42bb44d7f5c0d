package main

import (
	"fmt"
	"strings"

	"github.com/omniflow/omniflow/storm/check"
	"github.com/omniflow/omniflow/storm/plan"
)

// report puts the verdicts into Markdown: one row per seed, and one per kind of fault.
func report(verdicts []verdict) string {
	var b strings.Builder
	b.WriteString("| seed | AOF | changes | taken | again | given up | faults | kills | writes | replayed " +
		"| forgotten | overlaps | regressions | divergences | lost | at rest after |\n")
	b.WriteString("|" + strings.Repeat("--:|", 16) + "\n")
	var all totals
	for _, v := range verdicts {
		all.add(v)
		row(&b, fmt.Sprint(v.Seed), v.fsync(), v.totals())
		fmt.Fprintf(&b, " %.1f s |\n", v.Settled.Seconds())
	}
	row(&b, "all", "", all)
	b.WriteString(" |\n\n")
	fates(&b, verdicts)
	faults(&b, verdicts)
	return b.String()
}

// totals are the figures of one storm or of several.
type totals struct {
	changes, taken, again, givenUp, faults, kills, writes, replayed int
	forgotten, overlaps, regressions, divergences, lost             int
}

func (v verdict) totals() totals {
	t := totals{
		changes: v.Changes, again: v.Refused, givenUp: v.GivenUp, kills: v.Counts.Kills, writes: v.Writes,
		forgotten: v.Forgotten, overlaps: len(v.Overlaps), regressions: len(v.Regressions),
		divergences: len(v.Differences), lost: v.Fates[check.Lost],
	}
	e := v.Events
	t.taken = e.Accepted + e.Coalesced + e.Duplicates + e.Ignored + e.Unrouted
	for _, n := range v.Counts.Faults {
		t.faults += n
	}
	for _, n := range v.Letters {
		t.replayed += n
	}
	return t
}

func (t *totals) add(v verdict) {
	o := v.totals()
	t.changes += o.changes
	t.taken += o.taken
	t.again += o.again
	t.givenUp += o.givenUp
	t.faults += o.faults
	t.kills += o.kills
	t.writes += o.writes
	t.replayed += o.replayed
	t.forgotten += o.forgotten
	t.overlaps += o.overlaps
	t.regressions += o.regressions
	t.divergences += o.divergences
	t.lost += o.lost
}

func row(b *strings.Builder, seed, fsync string, t totals) {
	fmt.Fprintf(b, "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |", seed, fsync,
		t.changes, t.taken, t.again, t.givenUp, t.faults, t.kills, t.writes, t.replayed,
		t.forgotten, t.overlaps, t.regressions, t.divergences, t.lost)
}

func (v verdict) fsync() string {
	if v.Everysec {
		return "everysec"
	}
	return "always"
}

// fates tells what became of the events that were taken, counted once per tenant that they concern.
func fates(b *strings.Builder, verdicts []verdict) {
	b.WriteString("| what became of an event in a tenant | times |\n|---|--:|\n")
	for _, f := range []struct {
		fate check.Fate
		says string
	}{
		{check.Written, "something was written to Flow after it was sent"},
		{check.Settled, "a run ended after it, with nothing to write"},
		{check.Letter, "a dead letter says why not"},
		{check.Repaired, "Flow agrees; the memory of its run went with a process"},
		{check.Lost, "lost"},
	} {
		n := 0
		for _, v := range verdicts {
			n += v.Fates[f.fate]
		}
		fmt.Fprintf(b, "| %s | %d |\n", f.says, n)
	}
	b.WriteString("\n")
}

// faults tells how often each kind of fault began, and of those of a vendor's answers how many requests
// they met.
func faults(b *strings.Builder, verdicts []verdict) {
	b.WriteString("| fault | times | requests |\n|---|--:|--:|\n")
	for _, kind := range plan.FaultKinds() {
		times, hits := 0, 0
		for _, v := range verdicts {
			times += v.Counts.Faults[kind]
			hits += v.Hits[kind]
		}
		met := ""
		if hits > 0 {
			met = fmt.Sprint(hits)
		}
		fmt.Fprintf(b, "| %s | %d | %s |\n", kind, times, met)
	}
}
