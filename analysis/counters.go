package analysis

import (
	"cmp"
	"maps"
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

// counters lists the counters of the trials by phase, in the order of the
// phases, and then by name.
func counters(trials []*results.Trial) Counters {
	type key results.CounterKey
	values := make(map[key][]float64)
	for _, t := range trials {
		for i, k := range t.Counters.Keys {
			read := values[key(k)]
			if n := t.Counters.Values[i]; n != results.Unread {
				read = append(read, float64(n))
			}
			values[key(k)] = read // also where there is nothing: the counter exists
		}
	}
	order := append(slices.Clone(results.PhaseNames), results.WholeLap)
	keys := slices.SortedFunc(maps.Keys(values), func(a, b key) int {
		return cmp.Or(slices.Index(order, a.Phase)-slices.Index(order, b.Phase),
			cmp.Compare(a.Name, b.Name))
	})
	var out Counters
	for _, k := range keys {
		c := Counter{Phase: k.Phase, Name: k.Name, N: len(values[k])}
		if c.N > 0 {
			median, _ := stats.Median(values[k]) // its only error is an empty list
			c.Median = &median
		}
		out = append(out, c)
	}
	return out
}
