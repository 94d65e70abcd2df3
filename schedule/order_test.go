package schedule_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mmapbench/results"
	"mmapbench/schedule"
)

// TestOrder checks that every round is a permutation, that it can be repeated,
// and that within a block the design balances places and predecessors.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "arms")
		p := &results.Plan{Seed: rapid.Uint64().Draw(t, "seed")}
		for i := range n {
			p.Arms = append(p.Arms, results.Arm{ID: i, Cache: results.Cached})
		}
		rounds := n
		if n%2 == 1 {
			rounds = 2 * n
		}
		places, follows := map[[2]int]int{}, map[[2]int]int{}
		for round := range rounds {
			order := schedule.Order(p, round)
			if again := schedule.Order(p, round); !slices.Equal(order, again) {
				t.Fatalf("round %d is %v, then %v", round, order, again)
			}
			sorted := slices.Sorted(slices.Values(order))
			for i := range n {
				if sorted[i] != i {
					t.Fatalf("round %d is %v, not a permutation", round, order)
				}
				places[[2]int{i, order[i]}]++
				if i > 0 {
					follows[[2]int{order[i-1], order[i]}]++
				}
			}
		}
		for at, count := range places {
			if count != rounds/n {
				t.Fatalf("arm %d is %d times at place %d, want %d", at[1], count, at[0], rounds/n)
			}
		}
		for pair, count := range follows {
			if count != rounds/n {
				t.Fatalf("arm %d follows arm %d %d times, want %d", pair[1], pair[0], count, rounds/n)
			}
		}
	})
}

func TestPatternSeedsDiffer(t *testing.T) {
	p := &results.Plan{Seed: 1}
	seen := map[uint64]bool{}
	for round := range 100 {
		seen[schedule.PatternSeed(p, round)] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d different seeds in 100 rounds", len(seen))
	}
}
