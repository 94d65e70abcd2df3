package analysis

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/montanaflynn/stats"

	"mmapbench/results"
)

// A Counter is what one counter says of one phase, or of results.WholeLap, over
// the usable trials.
type Counter struct {
	Phase  string   `json:"-"`
	Name   string   `json:"-"`
	N      int      `json:"n"`      // trials in which the counter could be read
	Median *float64 `json:"median"` // per lap, or of the whole trial where that has a duration; nil if N is 0
}

// A column is what one counter said in the trials of an arm. Most counters are small
// or 0, and a run of 100,000 trials has 16 million values.
type column struct {
	zeros int
	small []uint32
	large []int64
}

func (c *column) add(n int64) {
	switch {
	case n == 0:
		c.zeros++
	case n > 0 && n <= math.MaxUint32:
		c.small = append(c.small, uint32(n))
	default:
		c.large = append(c.large, n)
	}
}

func (c *column) n() int { return c.zeros + len(c.small) + len(c.large) }

func (c *column) median() float64 {
	values := make([]float64, c.zeros, c.n())
	for _, n := range c.small {
		values = append(values, float64(n))
	}
	for _, n := range c.large {
		values = append(values, float64(n))
	}
	median, _ := stats.Median(values) // its only error is an empty list
	return median
}

// A counterSum collects the counters of an arm's trials.
type counterSum struct {
	columns map[results.CounterKey]*column
	// layouts are the columns of a list of keys, which trials share, by its first key.
	layouts map[*results.CounterKey][]*column
}

func (s *counterSum) add(t *results.Trial) {
	c := &t.Counters
	if c.IsZero() {
		return
	}
	if s.columns == nil {
		s.columns, s.layouts = map[results.CounterKey]*column{}, map[*results.CounterKey][]*column{}
	}
	columns := s.layouts[&c.Keys[0]]
	if len(columns) != len(c.Keys) {
		columns = make([]*column, len(c.Keys))
		for i, k := range c.Keys {
			if s.columns[k] == nil {
				s.columns[k] = &column{}
			}
			columns[i] = s.columns[k]
		}
		s.layouts[&c.Keys[0]] = columns
	}
	for i, n := range c.Values {
		if n != results.Unread {
			columns[i].add(n)
		}
	}
}

// counters lists the counters by phase, in the order of the phases, and then by name.
func (s *counterSum) counters() (out Counters) {
	order := append(slices.Clone(results.PhaseNames), results.WholeLap)
	keys := slices.SortedFunc(maps.Keys(s.columns), func(a, b results.CounterKey) int {
		return cmp.Or(slices.Index(order, a.Phase)-slices.Index(order, b.Phase),
			cmp.Compare(a.Name, b.Name))
	})
	for _, k := range keys {
		values := s.columns[k]
		c := Counter{Phase: k.Phase, Name: k.Name, N: values.n()}
		if c.N > 0 {
			c.Median = new(values.median())
		}
		out = append(out, c)
	}
	return out
}
