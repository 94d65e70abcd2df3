// Package schedule says what follows from a plan: in which order its arms are tried,
// which files its trials need, and how long they are expected to take.
package schedule

import (
	"math/rand/v2"

	"mmapbench/results"
)

// Order returns the arms of one round, by ID, in the order in which they are
// tried. It depends on the plan's seed and the round alone.
//
// The arms of one piece of work are a block, so that what is compared is neighbors: in
// a run the backends, in a gate the sides. Blocks that share a file and a cache state
// stay together, so that a cold trial does not make every warm one read the device
// first. These groups, and the blocks in each, are shuffled anew each round. Within a
// block the order follows a Williams design: over as many rounds as there are arms, or
// twice as many for an odd number, each arm comes once at every place and once behind
// every other arm of its block, so that what a trial leaves behind (dirty pages, a busy
// card) falls on all alike (Williams, "Experimental designs balanced for the estimation
// of residual effects of treatments", 1949). For two arms that is AB BA, shuffled.
func Order(p *results.Plan, round int) []int {
	rnd := rand.New(rand.NewPCG(p.Seed, uint64(round)))
	var order []int
	for _, group := range shuffled(rnd, groupsOf(p)) {
		for _, b := range shuffled(rnd, group) {
			order = append(order, b.order(p.Seed, round)...)
		}
	}
	return order
}

func shuffled[T any](rnd *rand.Rand, list []T) []T {
	rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// groupsOf divides the plan into blocks, and these into groups that share a file and a
// cache state.
func groupsOf(p *results.Plan) (groups [][]*block) {
	type place struct {
		target, cache string
		size          int64
	}
	group, blocks := map[place]int{}, map[results.Arm]*block{}
	for _, a := range p.Arms {
		work := p.Work(a)
		b := blocks[work]
		if b == nil {
			b = &block{number: len(blocks)}
			blocks[work] = b
			where := place{work.Target, work.Cache, work.Size}
			i, ok := group[where]
			if !ok {
				i = len(groups)
				group[where] = i
				groups = append(groups, nil)
			}
			groups[i] = append(groups[i], b)
		}
		b.arms = append(b.arms, a.ID)
	}
	return groups
}

type block struct {
	number int // the place in the plan, so that each block has a design of its own
	arms   []int
}

// order returns the block's arms for a round: a row of the Williams square to
// which the round belongs. Every square has its rows and its labels shuffled.
func (b block) order(seed uint64, round int) []int {
	n := len(b.arms)
	rows := n
	if n%2 == 1 {
		rows = 2 * n // an odd number needs a second square, the mirror of the first
	}
	square := uint64(round / rows)
	rnd := rand.New(rand.NewPCG(seed, uint64(b.number)<<32|square+1))
	row := rnd.Perm(rows)[round%rows]
	label := rnd.Perm(n)
	out := make([]int, n)
	for place := range n {
		from := place
		if row >= n {
			from = n - 1 - place
		}
		out[place] = b.arms[label[(williams(from, n)+row)%n]]
	}
	return out
}

// williams is the first row of the square: 0, n-1, 1, n-2, 2, …
func williams(place, n int) int {
	if place%2 == 0 {
		return place / 2
	}
	return n - 1 - place/2
}

// PatternSeed is the seed of the access patterns of one round: the same for
// every arm, so that all do the same accesses.
func PatternSeed(p *results.Plan, round int) uint64 {
	return rand.NewPCG(p.Seed, ^uint64(round)).Uint64()
}
