package signtest

import (
	"math"
	"testing"
)

// R 4.2.2: k is the greatest with pbinom(k-1, n, 0.5) <= tail, and that
// probability is what it achieves.
func TestRank(t *testing.T) {
	for _, c := range []struct {
		n        int
		tail     float64
		k        int
		achieved float64
	}{
		{4, 0.05, 0, 0},
		{5, 0.05, 1, 1. / 32},
		{12, 0.05 / 3, 2, 13. / 4096},
		{12, 0.01 / 24, 1, 1. / 4096},
		{24, 0.05 / 3, 7, 0.01132792234},
		{48, 0.05 / 3, 17, 0.01465247336},
		{0, 0.05, 0, 0},
	} {
		if k, achieved := Rank(c.n, c.tail); k != c.k || math.Abs(achieved-c.achieved) > 1e-10 {
			t.Errorf("%d values at %v: k %d in %.11f, want %d in %.11f", c.n, c.tail, k, achieved, c.k, c.achieved)
		}
	}
}

func TestMinN(t *testing.T) {
	for tail, want := range map[float64]int{0.05: 5, 0.025: 6, 0.01 / 8: 10} { // 2^-n <= tail
		if got := MinN(tail); got != want {
			t.Errorf("at %v: %d values, want %d", tail, got, want)
		}
	}
}
