package config

import (
	"fmt"
	"strings"
)

// didYouMean names the known word closest to the given one, when one is close enough to be a slip.
func didYouMean(word string, known []string) string {
	best, least := "", max(len(word)/3, 1)+1
	for _, candidate := range known {
		if len(word)-len(candidate) >= least {
			continue // Too long to be worth the comparison.
		}
		distance := editDistance(strings.ToLower(word), strings.ToLower(candidate))
		if distance < least {
			best, least = candidate, distance
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// editDistance counts the characters to insert, delete or replace to turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
