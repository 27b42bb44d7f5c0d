package queuetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/queue"
)

func pageCases() []behaviour {
	ties := queue.Options{MaxCrashes: 1}
	return []behaviour{
		{name: "pages list the youngest first", check: pagesInOrder},
		{name: "pages with equal times miss none", opts: ties, check: pagesWithTies},
		{name: "pages survive deletions", opts: ties, check: pagesSurviveDeletions},
		{name: "pages do not show who died after the first", check: pagesIgnoreNewcomers},
		{name: "a page of nothing", check: pageOfNothing},
		{name: "a cursor that was not given out", check: badCursor},
	}
}

// page returns the ids of one page of dead letters and the next cursor.
func (f *fixture) page(cursor string, limit int) ([]string, string) {
	f.Helper()
	letters, next, err := f.q.DeadLetters(f.ctx(), here, cursor, limit)
	f.ok(fmt.Sprintf("DeadLetters(%q, %d)", cursor, limit), err)
	if len(letters) > max(0, limit) {
		f.Fatalf("DeadLetters(%q, %d) = %d letters, want at most %d", cursor, limit, len(letters), limit)
	}
	var ids []string
	for _, l := range letters {
		ids = append(ids, l.ID)
	}
	return ids, next
}

// pages walks through all pages; between is called after each.
func (f *fixture) pages(limit int, between func()) []string {
	f.Helper()
	var ids []string
	cursor := ""
	for range 1000 {
		page, next := f.page(cursor, limit)
		ids = append(ids, page...)
		if next == "" {
			return ids
		}
		cursor = next
		between()
	}
	f.Fatalf("DeadLetters in pages of %d does not end", limit)
	return nil
}

// buryTogether makes letters that died in the same millisecond; it needs MaxCrashes 1.
func (f *fixture) buryTogether(n int) []string {
	f.Helper()
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("%03d", i))
	}
	f.enqueue(ids...)
	f.claim(n)
	f.advance(lease)
	if got := len(f.reap().Buried); got != n {
		f.Fatalf("Reap buried %d jobs, want %d", got, n)
	}
	return ids
}

func pagesInOrder(f *fixture) {
	var want []string
	for i := range 7 {
		id := fmt.Sprint(i)
		f.bury(f.take(id), "reason", "detail")
		f.advance(time.Second)
		want = slices.Insert(want, 0, id)
	}
	for _, limit := range []int{1, 2, 3, 7, 100} {
		if got := f.pages(limit, func() {}); !slices.Equal(got, want) {
			f.Errorf("DeadLetters in pages of %d = %v, want %v", limit, got, want)
		}
	}
}

func pagesWithTies(f *fixture) {
	want := f.buryTogether(20)
	for _, limit := range []int{1, 3, 7, 20, 21} {
		got := f.pages(limit, func() {})
		slices.Sort(got)
		if !slices.Equal(got, want) {
			f.Errorf("DeadLetters in pages of %d = %v, want every one once: %v", limit, got, want)
		}
	}
}

func pagesSurviveDeletions(f *fixture) {
	all := f.buryTogether(20)
	left := slices.Clone(all)
	got := f.pages(3, func() {
		// One that was shown and one that was perhaps not leave between two pages.
		for _, at := range []int{len(left) - 1, len(left) / 2} {
			f.ok("Discard", f.q.Discard(f.ctx(), here, product(left[at])))
			left = slices.Delete(left, at, at+1)
		}
	})
	for _, id := range left {
		if !slices.Contains(got, id) {
			f.Errorf("%s was not listed although it never left", id)
		}
	}
	slices.Sort(got)
	if len(slices.Compact(slices.Clone(got))) != len(got) {
		f.Errorf("DeadLetters = %v, want none twice", got)
	}
}

func pagesIgnoreNewcomers(f *fixture) {
	for _, id := range []string{"a", "b", "c"} {
		f.bury(f.take(id), "reason", "detail")
		f.advance(time.Second)
	}
	n := 0
	got := f.pages(1, func() {
		n++
		f.bury(f.take(fmt.Sprint("new ", n)), "reason", "detail")
	})
	if want := []string{"c", "b", "a"}; !slices.Equal(got, want) {
		f.Errorf("DeadLetters in pages of 1 = %v, want %v", got, want)
	}
}

func pageOfNothing(f *fixture) {
	if got, next := f.page("", 10); len(got) != 0 || next != "" {
		f.Errorf("DeadLetters of an empty queue = %v, %q, want none and no cursor", got, next)
	}
	f.bury(f.take("shoe"), "reason", "detail")
	for _, limit := range []int{0, -1} {
		if got, next := f.page("", limit); len(got) != 0 || next != "" {
			f.Errorf("DeadLetters(limit %d) = %v, %q, want none and no cursor", limit, got, next)
		}
	}
}

func badCursor(f *fixture) {
	f.bury(f.take("shoe"), "reason", "detail")
	for _, cursor := range []string{
		" ", "x", "12", "-inf a", "nan a", "(5 a", "1.5 a", "99999999999999999999 a", "\x00 a",
	} {
		_, _, err := f.q.DeadLetters(f.ctx(), here, cursor, 10)
		f.wantError(fmt.Sprintf("DeadLetters(cursor %q)", cursor), err, queue.ErrCursor)
	}
}
