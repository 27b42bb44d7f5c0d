package main

import (
	"fmt"
	"strings"
)

func report(verdicts []verdict) string {
	var b strings.Builder
	for _, v := range verdicts {
		fmt.Fprintf(&b, "seed %d good %t %+v hits %v fates %v letters %v forgotten %d\n", v.Seed, v.good(), v.Counts, v.Hits, v.Fates, v.Letters, v.Forgotten)
	}
	return b.String()
}
