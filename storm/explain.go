package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// explained is how many objects and lines of each kind are shown of a storm that went wrong.
const explained = 5

// explain prints why a storm is not good: the seed that repeats it, the faults, and the history of the first
// objects that are concerned.
func (s *storm) explain(v verdict, journal []flowtest.Push, out io.Writer) {
	dir, err := s.keep(v.Seed)
	fmt.Fprintf(out, "\nseed %d is not good; play it again with: make storm SEEDS=%d\n", v.Seed, v.Seed)
	fmt.Fprintf(out, "the logs of the replicas are in %s (%v)\n", dir, err)
	show(out, "lost", v.Lost)
	show(out, "overlap", v.Overlaps)
	show(out, "regression", v.Regressions)
	show(out, "differs", v.Differences)
	show(out, "panic", v.Panics)
	show(out, "credential in", v.Leaks)
	fmt.Fprintln(out, "faults:")
	for _, line := range s.events {
		fmt.Fprintln(out, "  "+line)
	}
	for _, object := range v.suspects() {
		fmt.Fprintf(out, "history of %s:\n", object)
		for _, line := range s.history(object, journal) {
			fmt.Fprintf(out, "  %s %s\n", line.at.Format("15:04:05.000"), line.text)
		}
	}
}

func show[T any](out io.Writer, what string, list []T) {
	for i, item := range list {
		if i == 2*explained {
			fmt.Fprintf(out, "%s: and %d more\n", what, len(list)-i)
			return
		}
		fmt.Fprintf(out, "%s: %v\n", what, item)
	}
}

// suspects are the uids in Flow of the first objects with which something is wrong.
func (v verdict) suspects() []string {
	var uids []string
	add := func(name string) {
		if name = name[strings.LastIndexByte(name, '/')+1:]; len(uids) < explained && !slices.Contains(uids, name) {
			uids = append(uids, name)
		}
	}
	for _, o := range v.Overlaps {
		add(o.First.Object)
	}
	for _, r := range v.Regressions {
		add(r.Older.Object)
	}
	for _, d := range v.Differences {
		add(d.UID)
	}
	return uids
}

// line is something that happened to an object.
type line struct {
	at   time.Time
	text string
}

// history is what happened to an object of Flow: its changes and the posts of their events, and what was
// written. Which changes are its own is known by what the uids have in common.
func (s *storm) history(uid string, journal []flowtest.Push) []line {
	var lines []line
	own := map[int]bool{}
	for i, c := range s.plan.Changes {
		if plain := plainly(c.ID); plain != "" && (strings.HasPrefix(uid, plain) || strings.HasPrefix(plain, uid)) {
			own[i] = true
			lines = append(lines, line{s.began.Add(c.At), fmt.Sprintf("change %d: %s %s", c.Version, c.Kind, c.ID)})
		}
	}
	for _, a := range s.sender.log {
		for _, c := range a.Changes {
			if own[c] {
				text := fmt.Sprintf("change %d posted to replica %d: %d %s", c+1, a.Replica, a.Status, a.Problem)
				lines = append(lines, line{a.At, text})
			}
		}
	}
	for _, p := range journal {
		if strings.Contains(p.Path, uid) || strings.Contains(string(p.Body), `"`+uid+`"`) {
			text := fmt.Sprintf("%s %s %s %d, effect %d, took %v: %.160s",
				p.Tenant, p.Method, p.Path, p.Status, p.Effect, p.End.Sub(p.At).Round(time.Millisecond), p.Body)
			lines = append(lines, line{p.At, text})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	return lines
}

// plainly is an id as uids have it.
func plainly(id string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '@' || r == '.' || r == '+' {
			return -1
		}
		return r
	}, strings.Split(id, "_")[0])
}
