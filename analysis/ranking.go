package analysis

import (
	"cmp"
	"math"
	"slices"

	"github.com/montanaflynn/stats"

	"mmapbench/internal/signtest"
)

// Margin is how far apart two times may be and still be called equal: 0.05 is 5%.
const Margin = 0.05

// RankingKind says how the ranking of a group ended.
type RankingKind uint8

// The kinds of rankings. Of the last three, Equal comes before Won: what is shown to be
// faster by less than the margin is equal.
const (
	Nothing   RankingKind = iota // no usable trial at all
	Alone                        // one backend only, so nothing to compare
	Undecided                    // too few rounds for any interval
	Open                         // several may be the fastest, and may be further apart than the margin
	Equal                        // the fastest are shown to lie within the margin of each other
	Won                          // one is shown to be the fastest
)

func (k RankingKind) String() string {
	return [...]string{"nothing", "alone", "undecided", "open", "equal", "won"}[k]
}

// A Ranking is what a group says about which backend is fastest. Its numbers are indices
// into the group's Rows. What it claims of several backends at once holds for all of
// them together with [Confidence].
type Ranking struct {
	Kind RankingKind
	// Order has the rows with usable trials, fastest first, by how they did in each round
	// against the middle one of that round. Rows that may be the fastest come first, and
	// rows of too few rounds last.
	Order []int
	// Best are the rows that may be the fastest, in the same order: the fastest of all is
	// among them. Rows that are equal to the fastest belong to Best as well.
	Best []int
	// Unknown are the rows that share too few rounds with others to be placed.
	Unknown []int
	// Room is how many times as fast one of Best may be as another, at the most; 0 for
	// a single one, and where a pair of them shares too few rounds.
	Room float64
	// Lead is the speed of the first of Order relative to the second, and Reach relative
	// to the slowest. The intervals are wide enough for pairs picked out of all.
	Lead, Reach *Estimate
}

// Leader is the row that ranks first; -1 if no row has a usable trial.
func (o *Ranking) Leader() int { return o.at(0) }

// RunnerUp is the row that ranks second; -1 if there is none.
func (o *Ranking) RunnerUp() int { return o.at(1) }

// Slowest is the row that ranks last of those with rounds enough; -1 if there is none
// but the leader.
func (o *Ranking) Slowest() int { return o.at(max(1, len(o.Order)-len(o.Unknown)-1)) }

func (o *Ranking) at(i int) int {
	if i < 0 || i >= len(o.Order) {
		return -1
	}
	return o.Order[i]
}

// Rank ranks the group's rows.
func (g *Group) Rank() Ranking {
	if g.ranking != nil {
		return *g.ranking
	}
	return g.rank()
}

func (g *Group) rank() Ranking {
	c := g.contest()
	return c.rank()
}

// Versus returns how many times as fast row i is as row j, with an interval that is wide
// enough for a pair that was picked because of how it came out.
func (g *Group) Versus(i, j int) *Estimate {
	c := g.contest()
	return c.speed(i, j)
}

// RoundsToRank is how many rounds it takes to rank the group at all.
func (g *Group) RoundsToRank() int {
	c := g.contest()
	return signtest.MinN(c.pair)
}

// contest holds the logarithms of the times of some rows by round, NaN where a row has
// none, and ranks them.
type contest struct {
	logs [][]float64
	rows []int   // those with a time
	lose float64 // the error of each comparison by which a row may lose, of those with all others
	pair float64 // the error beyond one end of an interval, where a pair is picked out of all pairs
}

func (g *Group) contest() contest {
	last := -1
	for i := range g.Rows {
		for _, t := range g.Rows[i].trials {
			last = max(last, t.Round)
		}
	}
	logs := make([][]float64, len(g.Rows))
	for i := range g.Rows {
		r := &g.Rows[i]
		logs[i] = slices.Repeat([]float64{math.NaN()}, last+1)
		if r.Reflinks > 0 {
			continue
		}
		for _, t := range r.trials {
			logs[i][t.Round] = math.Log(r.seconds(t))
		}
	}
	return newContest(logs)
}

// newContest divides the error among the comparisons of one row with each of the others,
// and among both ends of the intervals of all pairs.
func newContest(logs [][]float64) contest {
	c := contest{logs: logs}
	for i := range logs {
		if slices.ContainsFunc(logs[i], func(x float64) bool { return !math.IsNaN(x) }) {
			c.rows = append(c.rows, i)
		}
	}
	m := float64(max(2, len(c.rows)))
	c.lose, c.pair = (1-Confidence)/(m-1), (1-Confidence)/(m*(m-1))
	return c
}

// rank follows Hsu's comparisons with the best (J. C. Hsu, Multiple Comparisons, 1996,
// chapter 4) with sign tests: a row is out if another one is shown to be faster, and the
// fastest of all is out by mistake in 5% of runs at most.
func (c *contest) rank() (out Ranking) {
	out.Order = slices.Clone(c.rows)
	if len(c.rows) < 2 {
		out.Kind = RankingKind(len(c.rows)) // Nothing or Alone
		return out
	}
	places, scores := make(map[int]place), make(map[int]float64)
	for _, i := range c.rows {
		places[i], scores[i] = c.place(i), c.score(i)
	}
	slices.SortStableFunc(out.Order, func(a, b int) int {
		return cmp.Or(cmp.Compare(places[a], places[b]), cmp.Compare(scores[a], scores[b]))
	})
	var beaten []int
	for _, i := range out.Order {
		switch places[i] {
		case maybeBest:
			out.Best = append(out.Best, i)
		case isBeaten:
			beaten = append(beaten, i)
		case notPlaced:
			out.Unknown = append(out.Unknown, i)
		}
	}
	out.Kind = Undecided
	if len(out.Best) > 0 {
		c.conclude(&out, beaten)
		beaten = slices.DeleteFunc(beaten, func(i int) bool { return slices.Contains(out.Best, i) })
		out.Order = slices.Concat(out.Best, beaten, out.Unknown)
	}
	out.Lead, out.Reach = c.speed(out.Leader(), out.RunnerUp()), c.speed(out.Leader(), out.Slowest())
	return out
}

// conclude says which of the three answers the rows that may be the fastest give.
func (c *contest) conclude(out *Ranking, beaten []int) {
	leader, equal := out.Leader(), slices.Clone(out.Best)
	for _, i := range beaten {
		if room := c.room([]int{leader, i}); room > 0 && room <= 1+Margin {
			equal = append(equal, i)
		}
	}
	for _, set := range [][]int{equal, out.Best} {
		if room := c.room(set); room > 0 && room <= 1+Margin {
			out.Kind, out.Best, out.Room = Equal, set, room
			return
		}
	}
	if len(out.Best) == 1 { // a winner beats each of the others by itself
		for _, i := range beaten {
			if e := c.speed(leader, i); e == nil || e.Interval == nil || e.Interval.Low <= 1 {
				out.Best = append(out.Best, i)
			}
		}
	}
	out.Kind, out.Room = Open, c.room(out.Best)
	if len(out.Best) == 1 {
		out.Kind = Won
	}
}

// A place says whether a row may be the fastest.
type place int8

const (
	maybeBest place = iota
	isBeaten
	notPlaced // the row shares with no other row the rounds that it takes to tell
)

func (c *contest) place(i int) place {
	at := notPlaced
	for _, j := range c.rows {
		lags := c.ahead(j, i)
		if shown, _ := signtest.Rank(len(lags), c.pair); i == j || shown == 0 {
			continue
		}
		if k, _ := signtest.Rank(len(lags), c.lose); lags[k-1] > 0 {
			return isBeaten
		}
		at = maybeBest
	}
	return at
}

// score is the row's median distance, over the rounds, from the middle one of the rows
// in that round: less is faster. Of two rows the scores order as their ratio does.
func (c *contest) score(i int) float64 {
	var from []float64
	for round, x := range c.logs[i] {
		var all []float64
		for _, j := range c.rows {
			if y := c.logs[j][round]; !math.IsNaN(y) {
				all = append(all, y)
			}
		}
		if !math.IsNaN(x) && len(all) > 1 {
			middle, _ := stats.Median(all) // its only error is an empty list
			from = append(from, x-middle)
		}
	}
	score, err := stats.Median(from)
	if err != nil { // the row shares no round with another
		return math.Inf(1)
	}
	return score
}

// ahead are the logarithms of how many times as fast row i was as row j, smallest first.
func (c *contest) ahead(i, j int) (logs []float64) {
	for round, x := range c.logs[i] {
		if y := c.logs[j][round]; !math.IsNaN(x) && !math.IsNaN(y) {
			logs = append(logs, y-x)
		}
	}
	slices.Sort(logs)
	return logs
}

// speed is how many times as fast row i is as row j, as a pair that was picked.
func (c *contest) speed(i, j int) *Estimate {
	logs := c.ahead(i, j)
	e := MedianInterval(logs, 1-2*c.pair)
	if e == nil {
		return nil
	}
	return e.rising(math.Exp)
}

// room is how many times as fast one of the rows may be as another, at the most. For the
// largest of all ratios no correction is needed: it is missed only if its own bound is.
func (c *contest) room(rows []int) float64 {
	most := 0.0
	for _, i := range rows {
		for _, j := range rows {
			if i == j {
				continue
			}
			logs := c.ahead(i, j)
			k, _ := signtest.Rank(len(logs), (1-Confidence)/2)
			if k == 0 {
				return 0
			}
			most = max(most, math.Exp(logs[len(logs)-k]))
		}
	}
	return most
}
