package schedule

import (
	"slices"

	"mmapbench/internal/signtest"
	"mmapbench/results"
)

// tail is the share of cases in which a median may lie beyond one end of its interval.
const tail = 0.025

// NextRounds is after how many rounds it is worth to end next, when so many were made: in
// a run, when the whole ranks of an interval are next ones (6, 9, 12, 15, 17, 20, …). A
// gate may end after each.
func NextRounds(p *results.Plan, made int) int {
	if p.Gate != nil {
		return made + 1
	}
	return signtest.NextStep(made, tail)
}

// firstDrop is after how many rounds arms may be dropped in a run: with fewer than eight
// there is no interval of 99 %.
const firstDrop = 9

// Reviewed reports whether, after so many rounds, it is asked what is decided. A gate
// asks at its looks and at no other time: to look freely and end when the figures please
// would void what they promise. A run asks where its intervals are next ones.
func Reviewed(p *results.Plan, made int) bool {
	if p.Gate != nil {
		return slices.Contains(p.Gate.Looks, made)
	}
	return p.DropDecided && made >= firstDrop && made < p.Rounds && NextRounds(p, made-1) == made
}
