package main

import "testing"

func TestSoftLimitLeavesRoomBelowTheContainers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"536870912\n":         483183821,
		"9223372036854771712": 8301034833169294541, // what version 1 says when there is none
		"max\n":               0,
		"":                    0,
		"0":                   0,
		"-1":                  0,
	} {
		if got, ok := softLimit(text); got != want || ok != (want > 0) {
			t.Errorf("softLimit(%q) = %d, %v; want %d, %v", text, got, ok, want, want > 0)
		}
	}
}
