package main

import (
	"slices"
	"testing"
)

func TestEarHearsCredentials(t *testing.T) {
	t.Parallel()
	e := new(ear)
	for where, text := range map[string]string{
		"a": `{"error":"Bearer ` + secret() + `"}`, "b": "token " + tokenHead + ".e30.", "c": "a canary sings", "d": "",
	} {
		e.hear(where, text)
		e.hear(where, text)
	}
	slices.Sort(e.leaks)
	if want := []string{"a", "b"}; !slices.Equal(e.leaks, want) {
		t.Errorf("leaks = %q, want %q", e.leaks, want)
	}
}
