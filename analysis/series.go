package analysis

import (
	"cmp"
	"slices"
	"time"

	"github.com/montanaflynn/stats"

	"mmapbench/results"
)

// Series is what happened second by second in an arm's trials. Its lists, those
// of its curves included, are as long as Elapsed.
type Series struct {
	Trials     int       `json:"trials"`
	Elapsed    []float64 `json:"elapsed_s"` // the time from the beginning of the body to the end of each tick
	Rate       Curve     `json:"bytes_per_s"`
	Faults     Curve     `json:"faults_per_s"`                  // minor and major ones
	Device     Curve     `json:"device_bytes_per_s,omitzero"`   // read and written, by everybody; empty if not known
	Shootdowns Curve     `json:"tlb_shootdowns_per_s,omitzero"` // counted for the whole host; empty if not known

	Mean        float64 `json:"mean_bytes_per_s"`         // the mean of Rate.Median
	LastQuarter float64 `json:"last_quarter_bytes_per_s"` // the mean of Rate.Median over the last quarter of the time
	Min         float64 `json:"min_bytes_per_s"`          // the slowest tick of any trial
	Max         float64 `json:"max_bytes_per_s"`          // the fastest tick of any trial
}

// A Curve is a rate over time: for each second the median over the trials, and
// the least and the most of them.
type Curve struct {
	Median []float64 `json:"median"`
	Low    []float64 `json:"min"`
	High   []float64 `json:"max"`
}

// mergeSeries returns nil where no trial has a series.
func mergeSeries(trials []*results.Trial) *Series {
	var all [][]results.Tick
	for _, t := range trials {
		if ticks := whole(t.Series); len(ticks) > 0 {
			all = append(all, ticks)
		}
	}
	if len(all) == 0 {
		return nil
	}
	g := newTickGrid(all)
	s := &Series{Trials: len(all)}
	for _, e := range g.edges {
		s.Elapsed = append(s.Elapsed, e.Seconds())
	}
	s.Rate = g.curve(func(t *results.Tick) *int64 { return &t.Bytes })
	s.Faults = g.curve(func(t *results.Tick) *int64 { return sumOf(&t.MinorFaults, &t.MajorFaults) })
	s.Device = g.curve(func(t *results.Tick) *int64 { return sumOf(t.DeviceRead, t.DeviceWrite) })
	s.Shootdowns = g.curve(func(t *results.Tick) *int64 { return t.Shootdowns })
	s.Min, s.Max = slices.Min(s.Rate.Low), slices.Max(s.Rate.High)
	s.Mean = s.Over(s.Rate, 0)
	s.LastQuarter = s.Over(s.Rate, 0.75*s.Elapsed[len(s.Elapsed)-1])
	return s
}

// sumOf is nil if either is not known.
func sumOf(a, b *int64) *int64 {
	if a == nil || b == nil {
		return nil
	}
	n := *a + *b
	return &n
}

// Over is the mean of a curve's medians over the ticks that end after a time in
// seconds, each weighing by its length.
func (s *Series) Over(c Curve, after float64) float64 {
	var amount, seconds, before float64
	for i, e := range s.Elapsed {
		if e > after {
			amount += c.Median[i] * (e - before)
			seconds += e - before
		}
		before = e
	}
	return amount / seconds
}

// A tickGrid lays the ticks of several trials over each other. The trial with
// the most ticks gives the edges. Of each other trial a place has the tick that
// was under way in its middle: ticks cannot be matched by number, since one
// that waited for a slow access is longer than a second.
type tickGrid struct {
	trials [][]results.Tick
	edges  []time.Duration // ends of the places
	at     [][]int         // the number of the tick, by place and trial; -1: the trial was over
}

func newTickGrid(trials [][]results.Tick) tickGrid {
	longest := slices.MaxFunc(trials, func(a, b []results.Tick) int { return len(a) - len(b) })
	g := tickGrid{trials: trials}
	var before time.Duration
	for _, tick := range longest {
		at, running := make([]int, len(trials)), 0
		middle := before + (tick.Elapsed-before)/2
		for k, ticks := range trials {
			i, _ := slices.BinarySearchFunc(ticks, middle, func(t results.Tick, d time.Duration) int {
				return cmp.Compare(t.Elapsed, d)
			})
			if at[k] = i; i == len(ticks) {
				at[k] = -1
			} else {
				running++
			}
		}
		if 2*running < len(trials) {
			break // the few trials that lasted longer
		}
		g.edges, g.at = append(g.edges, tick.Elapsed), append(g.at, at)
		before = tick.Elapsed
	}
	return g
}

// curve is that of the trials whose every tick knows. It is empty where for some
// place there is none.
func (g *tickGrid) curve(of func(*results.Tick) *int64) (c Curve) {
	known := make([]bool, len(g.trials))
	for k, ticks := range g.trials {
		known[k] = !slices.ContainsFunc(ticks, func(t results.Tick) bool { return of(&t) == nil })
	}
	for _, at := range g.at {
		var values []float64
		for k, i := range at {
			if ticks := g.trials[k]; i >= 0 && known[k] {
				values = append(values, float64(*of(&ticks[i]))/length(ticks, i))
			}
		}
		if len(values) == 0 {
			return Curve{}
		}
		median, _ := stats.Median(values) // its only error is an empty list
		c.Median = append(c.Median, median)
		c.Low, c.High = append(c.Low, slices.Min(values)), append(c.High, slices.Max(values))
	}
	return c
}

// length is how many seconds tick i took.
func length(ticks []results.Tick, i int) float64 {
	if i == 0 {
		return ticks[0].Elapsed.Seconds()
	}
	return (ticks[i].Elapsed - ticks[i-1].Elapsed).Seconds()
}

// whole returns the ticks without those that took no time, and without a last
// one that the trial's end cut short: a rate over a part of a second scatters
// more than the others.
func whole(ticks []results.Tick) []results.Tick {
	var before time.Duration
	ticks = slices.DeleteFunc(slices.Clone(ticks), func(t results.Tick) bool {
		stands := t.Elapsed <= before
		before = max(before, t.Elapsed)
		return stands
	})
	last := len(ticks) - 1
	if last < 1 {
		return ticks
	}
	lengths := make([]float64, last)
	for i := range lengths {
		lengths[i] = length(ticks, i)
	}
	usual, _ := stats.Median(lengths) // its only error is an empty list
	if length(ticks, last) < 0.9*usual {
		return ticks[:last]
	}
	return ticks
}
