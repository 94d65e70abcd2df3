package analysis

import "mmapbench/results"

// lost counts, by what became of them, the trials for which the rounds of a
// comparison have no pair, of those rounds that it looked at and did not leave out
// for others. Where the sides share no rounds it is the usable trials that lack the
// figure.
func (r *Comparison) lost(shared bool) (into []Count) {
	for _, side := range r.arms {
		if !shared {
			for _, t := range side.trials {
				if !r.by.Comparable(r.by.of(side, t)) {
					into = count(into, unreadable, "")
				}
			}
			continue
		}
		byRound := map[int]*results.Trial{}
		for _, t := range side.all {
			byRound[t.Round] = t
		}
		for round := range r.Rounds {
			if round >= len(r.question.Contaminated) || !r.question.Contaminated[round] {
				into = r.becameOf(into, side, byRound[round])
			}
		}
	}
	return into
}

// becameOf counts a trial, which may not have been made, if it has no figure.
func (r *Comparison) becameOf(into []Count, side *Row, t *results.Trial) []Count {
	switch {
	case t == nil:
		return count(into, "not tried before the end", "")
	case t.Error != nil:
		return count(into, t.Error.Kind, t.Error.Brief())
	case t.Excluded != "":
		return Add(into, excluded(t))
	case t.Total() <= 0:
		return count(into, noTime, "")
	case !r.by.Comparable(r.by.of(side, t)):
		return count(into, unreadable, "")
	}
	return into
}

// unreadable is what became of a trial that went well and lacks the figure, noTime
// of one that took none.
const (
	unreadable = "the figure could not be read"
	noTime     = "no time was measured"
)
