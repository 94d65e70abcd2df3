package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRank(t *testing.T) {
	d := func(ms int, n int) []time.Duration { return jitter(time.Duration(ms)*time.Millisecond, n) }
	// swing takes turns at being faster and slower than 70 ms by a share.
	swing := func(by float64) (out []time.Duration) {
		for i, x := range d(70, 12) {
			out = append(out, time.Duration(float64(x)*(1+by*float64(i%2*2-1))))
		}
		return out
	}
	for _, c := range []struct {
		name    string
		times   [][]time.Duration
		kind    RankingKind
		order   []int
		best    []int
		unknown []int
	}{
		{"nothing", [][]time.Duration{nil, nil}, Nothing, nil, nil, nil},
		{"one", [][]time.Duration{nil, d(10, 9)}, Alone, []int{1}, nil, nil},
		{"three rounds", [][]time.Duration{d(20, 3), d(10, 3)}, Undecided, []int{1, 0}, nil, []int{1, 0}},
		{"won", [][]time.Duration{d(90, 9), d(70, 9), d(80, 9)}, Won, []int{1, 2, 0}, []int{1}, nil},
		{"won by the first", [][]time.Duration{d(60, 9), d(70, 9)}, Won, []int{0, 1}, []int{0}, nil},
		{"the same", [][]time.Duration{d(90, 9), d(70, 9), d(70, 9)}, Equal, []int{1, 2, 0}, []int{1, 2}, nil},
		{"faster by less than the margin", [][]time.Duration{d(70, 9), d(69, 9)}, Equal, []int{1, 0}, []int{1, 0}, nil},
		{"within the margin", [][]time.Duration{d(70, 12), swing(0.04)}, Equal, []int{1, 0}, []int{1, 0}, nil},
		{"beyond the margin", [][]time.Duration{d(70, 12), swing(0.06)}, Open, []int{1, 0}, []int{1, 0}, nil},
		{"one with few", [][]time.Duration{d(90, 9), d(70, 9), d(80, 4)}, Won, []int{1, 0, 2}, []int{1}, []int{2}},
		{"few lucky trials", [][]time.Duration{d(90, 9), d(70, 9), d(10, 2)}, Won, []int{1, 0, 2}, []int{1}, []int{2}},
	} {
		g := Summarize(run(arms("a", "b", "c")[:len(c.times)], c.times...)).Groups[0]
		got := g.Rank()
		want := Ranking{Kind: c.kind, Order: c.order, Best: c.best, Unknown: c.unknown}
		got.Lead, got.Reach, got.Room = nil, nil, 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	g := Summarize(run(arms("a", "b"), d(80, 9), d(40, 9))).Groups[0]
	if lead := g.Rank().Lead; lead.Median < 1.8 || lead.Median > 2 || lead.Interval.Low <= 1 {
		t.Errorf("lead %+v, want about 2", lead)
	}
	if n := g.RoundsToRank(); n != MinN(Confidence) {
		t.Errorf("two rows take %d rounds", n)
	}
}

// A row that others beat, but not clearly enough for one of them to be called the winner,
// may be the fastest as well: it stands before a row that is clearly beaten, although it
// was slower than that one in most rounds.
func TestBestComeFirst(t *testing.T) {
	var steady, behind, unsteady []time.Duration
	for i := range 15 {
		base := 100*ms + time.Duration(i)*ms
		steady, behind = append(steady, base), append(behind, base*11/10)
		switch {
		case i < 3:
			unsteady = append(unsteady, base/2)
		case i < 7:
			unsteady = append(unsteady, base*101/100)
		default:
			unsteady = append(unsteady, base*5/4)
		}
	}
	o := Summarize(run(arms("steady", "behind", "unsteady"), steady, behind, unsteady)).Groups[0].Rank()
	if o.Kind != Open || !slices.Equal(o.Best, []int{0, 2}) || !slices.Equal(o.Order, []int{0, 2, 1}) {
		t.Errorf("%v: order %v, best %v", o.Kind, o.Order, o.Best)
	}
}

// The row that ranks first is the one that is faster in most rounds, as the pairs say
// that are shown, and a row whose own median says the opposite is marked.
func TestRankingIsByPairs(t *testing.T) {
	var a, b []time.Duration
	for i := range 11 { // b is slower in 6 quick rounds, and faster in 5 slow ones
		base := 100 * ms
		if i < 6 {
			a, b = append(a, base+time.Duration(i)*ms), append(b, base+time.Duration(i+2)*ms)
		} else {
			a, b = append(a, 2*base), append(b, base-ms)
		}
	}
	g := Summarize(run(arms("a", "b"), a, b)).Groups[0]
	if g.Rows[1].Total.Median >= g.Rows[0].Total.Median || g.Rows[1].Speed.Median >= 1 {
		t.Fatalf("the medians %v and %v do not contradict the pairs, %v", g.Rows[0].Total.Median,
			g.Rows[1].Total.Median, g.Rows[1].Speed.Median)
	}
	o := g.Rank()
	if o.Leader() != 0 || o.Lead.Median < 1 || !g.Rows[1].Disagrees {
		t.Errorf("leader %d by %.3f, marked %v", o.Leader(), o.Lead.Median, g.Rows[1].Disagrees)
	}
}

// The room is that of any two of those that may be the fastest, not only of the first
// against the others: here the second and the third are furthest apart.
func TestRoomIsOfAllPairs(t *testing.T) {
	var a, b, c []time.Duration
	for i := range 12 {
		sign := time.Duration(i%2*2 - 1)
		a, b, c = append(a, 100*ms), append(b, 100*ms+20*sign*ms), append(c, 100*ms-20*sign*ms)
	}
	o := Summarize(run(arms("a", "b", "c"), a, b, c)).Groups[0].Rank()
	if len(o.Best) != 3 || math.Abs(o.Room-1.5) > 1e-9 {
		t.Errorf("room of %.3f between %v, want 1.5", o.Room, o.Best)
	}
}

// A set of those that may be the fastest has no row that another one of the set is shown
// to beat, though neither of the two is the first.
func TestBestAreNotToldApart(t *testing.T) {
	var a, b, c []time.Duration
	for i := range 12 {
		a = append(a, time.Duration(100+60*(i%2*2-1))*ms) // scatters by far more than the other two
		b, c = append(b, 100*ms), append(c, 110*ms)
	}
	o := Summarize(run(arms("a", "b", "c"), a, b, c)).Groups[0].Rank()
	if o.Kind != Open || slices.Contains(o.Best, 2) || len(o.Best) != 2 {
		t.Errorf("%v: %v, though the third is slower than the second in every round", o.Kind, o.Best)
	}
}

// simulated makes the logarithms of times with two peaks, the first row faster by a lead.
func simulated(rng *rand.Rand, rows, rounds int, lead float64) [][]float64 {
	logs := make([][]float64, rows)
	for i := range logs {
		for range rounds {
			x := 0.1*rng.NormFloat64() + 0.3*float64(rng.IntN(2))
			if i > 0 {
				x += lead
			}
			logs[i] = append(logs[i], x)
		}
	}
	return logs
}

// Promised is that the fastest is among those that may be the fastest in 95% of runs. The
// hardest case is that all are alike, where each of them is the fastest.
func TestTheFastestIsAmongTheBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 4))
	for _, rows := range []int{2, 3, 8} {
		for _, rounds := range []int{12, 25} {
			const runs = 300
			missed, reach := 0, 0
			for range runs {
				c := newContest(simulated(rng, rows, rounds, 0))
				o := c.rank()
				if !slices.Contains(o.Best, 0) {
					missed++
				}
				if !o.Reach.Interval.Contains(1) {
					reach++
				}
			}
			const most = runs/20 + 11 // three deviations above what is promised
			if missed > most || reach > most {
				t.Errorf("%d rows, %d rounds: the fastest is missing in %d of %d runs, and the slowest is told apart "+
					"in %d", rows, rounds, missed, runs, reach)
			}
		}
	}
}

// What is faster by four deviations of a trial wins as a rule, or nothing is gained by the promise.
func TestAClearLeadWins(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 5))
	won := 0
	for range 200 {
		c := newContest(simulated(rng, 5, 12, 0.8))
		if o := c.rank(); o.Kind == Won && o.Leader() == 0 {
			won++
		}
	}
	if won < 190 {
		t.Errorf("won in %d of 200 runs", won)
	}
}
