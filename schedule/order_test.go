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
			p.Arms = append(p.Arms, results.Arm{ID: i, Cache: results.Cached, Backend: string(rune('a' + i))})
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

// TestNeighbors holds that what is compared is tried one after the other, and that in six
// rounds three backends stand equally often at every place and behind each other,
// whatever else the plan has.
func TestNeighbors(t *testing.T) {
	p := &results.Plan{Seed: 54}
	for _, cache := range []string{results.Cold, results.Cached} {
		for _, record := range []int64{4 << 10, 64 << 10} {
			for _, workload := range []string{"seqscan", "random"} {
				for _, backend := range []string{"pread", "mmap", "mmap:populate"} {
					p.Arms = append(p.Arms, results.Arm{ID: len(p.Arms), Cache: cache, Record: record,
						Workload: workload, Backend: backend})
				}
			}
		}
	}
	places, follows := map[[2]int]int{}, map[[2]int]int{}
	for round := range 6 {
		order := schedule.Order(p, round)
		for i, id := range order {
			places[[2]int{i % 3, id}]++
			if i%3 == 0 {
				continue
			}
			last := order[i-1]
			follows[[2]int{last, id}]++
			if last/3 != id/3 {
				t.Fatalf("round %d: arm %d is tried after arm %d, with which it is not compared", round, id, last)
			}
		}
		half := len(order) / 2
		for i := range half {
			if (order[i] < half) != (order[0] < half) {
				t.Fatalf("round %d: cold and cached trials are mixed: %v", round, order)
			}
		}
	}
	if len(places) != 3*len(p.Arms) || len(follows) != 2*len(p.Arms) {
		t.Fatalf("%d places and %d predecessors, want %d and %d",
			len(places), len(follows), 3*len(p.Arms), 2*len(p.Arms))
	}
	for at, n := range places {
		if n != 2 {
			t.Errorf("arm %d is %d times at place %d, want 2", at[1], n, at[0])
		}
	}
	for pair, n := range follows {
		if n != 2 {
			t.Errorf("arm %d follows arm %d %d times, want 2", pair[1], pair[0], n)
		}
	}
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
