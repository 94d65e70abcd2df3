package verdict

import (
	"fmt"
	"math"
	"slices"

	"mmapbench/internal/signtest"
)

// A question is a comparison on its way through the looks.
type question struct {
	Comparison
	control bool   // the comparison is of a base with itself
	decided bool   // the answer is final
	answer  Answer // the answer of the latest look
	pairs   *pairs // the rounds up to the latest look
	seen    []int  // number of pairs at each look so far
	memory  memory // of the rounds up to the latest look
}

// A judging takes all questions of a suite through the looks.
type judging struct {
	rules  Rules
	suite  Suite
	all    []*question
	passed []look
	bounds map[string]int // cache of freeRank
	void   bool           // a control failed
}

// look decides the questions that the first l.rounds rounds can decide.
func (j *judging) look(l look) {
	j.passed = append(j.passed, l)
	var open []*pairs
	for _, q := range j.all {
		if q.settled(l) {
			continue
		}
		q.pairs = q.pairUp(l.rounds)
		q.seen = append(q.seen, len(q.pairs.d))
		open = append(open, q.pairs)
	}
	together := pooled(open)
	for _, q := range j.all {
		if q.settled(l) {
			continue
		}
		q.memory = q.pairs.memory(together)
		j.judge(q, l, j.level(q))
		j.void = j.void || q.answer.Verdict == Invalid
	}
	if j.oneLook() {
		j.stepDown(l)
	}
}

// settled reports whether a look does not ask the question again: a row that is decided,
// and what has no rounds of its own at this look.
func (q *question) settled(l look) bool {
	return q.decided && !q.control || q.Until > 0 && q.Until < l.rounds
}

func (j *judging) oneLook() bool { return len(j.rules.Looks) == 1 }

// stepDown gives each row the error that the rows which were shown to differ have left
// (Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
// of Statistics 6 (1979), 65-70), for slower and for faster rows by themselves, as the
// error of a REGRESSION and of an IMPROVEMENT are. With more looks than one it would
// matter at which of them a row was decided.
func (j *judging) stepDown(l look) {
	var before [2]int
	for {
		var shown [2]int
		for _, q := range j.all {
			switch f := q.answer.Fail; {
			case q.control || f == nil:
			case f.Low > 1:
				shown[0]++
			case f.High < 1:
				shown[1]++
			}
		}
		if shown == before {
			return
		}
		for _, q := range j.all {
			if q.control {
				continue
			}
			side := 0
			if q.pairs.ratio < 0 {
				side = 1
			}
			lvl := j.level(q)
			lvl.fail = j.rules.FailAlpha / float64(max(1, len(j.suite.Rows)-shown[side]))
			j.judge(q, l, lvl)
		}
		before = shown
	}
}

// judge answers a question at a look, with the error of lvl.
func (j *judging) judge(q *question, l look, lvl level) {
	q.answer = Answer{Name: q.Name, Metric: q.Metric, Rounds: l.rounds, Memory: q.memory.r,
		Contaminated: count(q.Contaminated, l.rounds)}
	row, p := &q.answer, q.pairs
	row.Pairs, row.Missing, row.Floored = len(p.d), p.missing, p.floored
	row.Sequence = p.sequence()
	row.NeedPairs = signtest.MinN(min(lvl.fail, lvl.pass))
	row.sd, row.power, row.passAlpha = p.spread(), j.rules.Power, lvl.pass
	row.worth, row.rank = row.Pairs, j.rank(q, q.seen, lvl.fail, l)
	fail, pass := spanOf(p.sorted, row.rank), spanOf(p.sorted, j.rank(q, q.seen, lvl.pass, l))
	if p.twice() {
		fail = p.spanOfBoth(q.seen, func(said []int) int { return j.rank(q, said, lvl.fail, l) })
		worth := make([]int, len(q.seen))
		for i, n := range q.seen {
			worth[i] = n * 4 / 3
		}
		row.worth, row.rank = row.Pairs*4/3, j.rank(q, worth, lvl.fail, l)
	}
	row.Fail, row.Pass = fail.bounds(lvl.fail), pass.bounds(lvl.pass)
	if row.Pairs > 0 {
		row.Ratio = finite(math.Exp(p.median))
	}
	row.Reasons = j.reasons(row, q.memory, l)
	if !row.withheld() {
		q.decide(fail, pass)
	}
	if row.Verdict == Inconclusive && row.Fail == nil {
		row.Reasons = append(row.Reasons, TooFew)
	}
	if row.Verdict == Regression || row.Verdict == Improvement {
		row.Ratio = finite(math.Exp(p.ratio)) // which these rest on; all else rests on the median
	}
	q.decided = row.Verdict != Inconclusive
}

// decide gives the answer the verdict of its bounds, unless the two halves of the
// rounds disagree.
func (q *question) decide(fail, pass span) {
	p, tolerance := q.pairs, q.Metric.Tolerance
	if q.control {
		q.answer.Verdict = decideControl(p.median, fail, pass, tolerance)
		return
	}
	v := decide(p.ratio, fail, pass, tolerance)
	if v == Improvement && !p.steady(v, q.answer.Sequence, tolerance) {
		v = Pass // which every improvement is too
	}
	if !p.steady(v, q.answer.Sequence, tolerance) {
		v = Inconclusive
		q.answer.Reasons = append(q.answer.Reasons, Unsteady)
	}
	q.answer.Verdict = v
}

func (j *judging) reasons(row *Answer, m memory, l look) (out []Reason) {
	if float64(row.Missing) > j.rules.MaxMissing*float64(l.rounds) {
		out = append(out, TooManyMissing)
	}
	if float64(row.Contaminated) > j.rules.MaxContaminated*float64(l.rounds) {
		out = append(out, TooContaminated)
	}
	if m.r > 0 && !m.faint {
		out = append(out, Autocorrelated)
	}
	if row.Sequence != nil && (row.Sequence.Trending || row.Sequence.Shifted) {
		out = append(out, Drifts)
	}
	return out
}

// withheld reports whether one of the reasons forbids a decision.
func (r *Answer) withheld() bool {
	for _, why := range r.Reasons {
		if why == TooManyMissing || why == TooContaminated || why == FewRuns {
			return true
		}
	}
	return false
}

// rank returns the rank that bounds a question's ratio at a look, when by each look so
// far as many pairs were seen.
func (j *judging) rank(q *question, seen []int, alpha float64, l look) int {
	return q.memory.rank(seen[len(seen)-1], j.freeRank(seen, alpha), alpha*l.part, j.oneLook())
}

// freeRank returns the rank for differences that are independent of each other. Most
// questions of a suite have the same rounds, so each rank is computed once.
func (j *judging) freeRank(seen []int, alpha float64) int {
	key := fmt.Sprint(alpha, seen)
	if k, ok := j.bounds[key]; ok {
		return k
	}
	spend := make([]float64, len(seen))
	for i, l := range j.passed {
		spend[i] = alpha * l.spend
	}
	k := ranks(seen, spend)[len(seen)-1]
	j.bounds[key] = k
	return k
}

func (j *judging) level(q *question) level {
	if q.control {
		return j.rules.controlLevel(len(j.suite.Controls))
	}
	return j.rules.rowLevel(len(j.suite.Rows))
}

// over reports whether no further look is needed: all questions are decided. A
// control may stay open, unless its ratio lies beyond the tolerance as seen so far:
// to end there would be to pass on a machine that seems to differ from itself.
func (j *judging) over() bool {
	if j.void {
		return true
	}
	return !slices.ContainsFunc(j.all, (*question).open)
}

// open reports whether the answer may still change.
func (q *question) open() bool { return !q.decided && (!q.control || q.pairs == nil || q.suspect()) }

// suspect reports whether the ratio, as seen so far, lies beyond the tolerance in
// either direction.
func (q *question) suspect() bool {
	return !(math.Abs(q.pairs.median) < math.Log1p(q.Metric.Tolerance))
}

// judgement gathers the answers. In a void suite every answer is Invalid.
func (j *judging) judgement() *Judgement {
	out := &Judgement{Ruling: Ruling{Refused: j.suite.Refused}}
	if n := len(j.passed); n > 0 {
		out.Rounds = j.passed[n-1].rounds
	}
	if len(j.suite.Refused) > 0 {
		out.Reasons = append(out.Reasons, Incomparable)
	}
	if j.void {
		out.Reasons = append(out.Reasons, ControlFailed)
	}
	void := len(out.Reasons) > 0
	unresolved := false
	for _, q := range j.all {
		q.answer.Open = q.open()
		if q.control {
			unresolved = unresolved || q.answer.Verdict == Inconclusive
			out.Controls = append(out.Controls, q.answer)
			continue
		}
		if void {
			q.answer.Verdict = Invalid
		}
		out.Rows = append(out.Rows, q.answer)
	}
	out.Outcome = outcomeOf(out.Rows)
	if unresolved && !void && out.Rounds > 0 && out.Outcome != Passed {
		out.Reasons = append(out.Reasons, ControlUndecided)
	}
	last := j.rules.Looks[len(j.rules.Looks)-1]
	out.Final = void || j.over() || out.Rounds >= last || j.suite.Ended
	return out
}

func count(marks []bool, n int) (out int) {
	for _, m := range marks[:min(n, len(marks))] {
		if m {
			out++
		}
	}
	return out
}
