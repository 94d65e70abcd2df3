package experiment

import (
	"slices"

	"mmapbench/io/backend"
	"mmapbench/results"
)

// Factors are lists of levels by the key of their factor; every combination becomes an
// arm. A factor without a list is inherited from the experiment, and then has the
// default of the table results.Factors.
type Factors map[string]List

// inherit fills the factors that have no list.
func (f Factors) inherit(from Factors) Factors {
	out := Factors{}
	for _, factor := range results.Listed() {
		if l := f[factor.Key].or(from[factor.Key]); len(l) > 0 {
			out[factor.Key] = l
		}
	}
	return out
}

// defaults are the levels of factors that nothing else names.
func defaults() Factors {
	f := Factors{}
	for _, factor := range results.Listed() {
		if len(factor.Default) > 0 {
			f[factor.Key] = factor.Default
		}
	}
	return f
}

// states returns the cache states by their names.
func (l List) states(drop bool) List {
	l = slices.Clone(l)
	for i, s := range l {
		if s == Warm {
			l[i] = results.Cached
		}
		if s == results.Cold && drop {
			l[i] = results.DropCaches
		}
	}
	return l
}

// or returns the first of two lists that is not empty.
func (l List) or(other List) List {
	if len(l) > 0 {
		return l
	}
	return other
}

// and returns the levels of wanted that are in the list, whatever their options, in the
// order of the list.
func (l List) and(wanted List) (out List) {
	for _, s := range l {
		name, _ := backend.Split(s)
		for _, w := range wanted {
			if other, _ := backend.Split(w); other == name && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return out
}
