// Package spelling says of a name that is not known which one was perhaps meant.
package spelling

import (
	"fmt"
	"strings"
)

// An UnknownError says that a name is not among the known ones, and which of them
// was perhaps meant.
type UnknownError struct {
	What    string   // what kind of name, e.g. "workload"
	Name    string   // the name that was given
	Nearest string   // the nearest right one; "" when none is near
	Known   []string // all right ones
}

func (e *UnknownError) Error() string {
	s := fmt.Sprintf("unknown %s %q", e.What, e.Name)
	if e.Nearest != "" {
		return s + fmt.Sprintf(": did you mean %q? (known: %s)", e.Nearest, strings.Join(e.Known, ", "))
	}
	return s + fmt.Sprintf(" (known: %s)", strings.Join(e.Known, ", "))
}

// Unknown returns an UnknownError with the nearest of the known names.
func Unknown(what, name string, known []string) error {
	return &UnknownError{What: what, Name: name, Nearest: Nearest(name, known), Known: known}
}

// Nearest returns the known name that takes the fewest edits to reach, or ""
// when even the nearest differs in more than half of its letters.
func Nearest(name string, known []string) string {
	best, bestDistance := "", len(name)+1
	for _, k := range known {
		d := distance(strings.ToLower(name), strings.ToLower(k))
		if d < bestDistance && 2*d <= max(len(k), len(name)) {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbors each count one (Boytsov, "Indexing
// methods for approximate dictionary searching", 2011, section 2.1).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
