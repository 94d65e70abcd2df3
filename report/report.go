// Package report makes the report of a run: a document of tables, charts and sentences,
// which package document writes, and the rows and fields of CSV and JSON.
//
// This package is opinionated. Every figure comes from the run that is passed in and
// stands beside its interval, or says that it has none. Trials that no figure includes
// are counted where the reader looks.
package report

import (
	"slices"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/report/words"
	"mmapbench/results"
)

// A section is what one table shows: groups that differ in the factors of
// words.Within alone.
type section struct {
	factors results.Arm // what the groups share
	groups  []analysis.Group
}

// sections sorts the groups of a run into sections, in the order of the plan, and
// the groups of a section by the factors in which they may differ.
func sections(summary *analysis.Summary) []section {
	var out []section
	for _, g := range summary.Groups {
		key := g.Factors.Without(words.Within...)
		i := slices.IndexFunc(out, func(s section) bool { return s.factors == key })
		if i < 0 {
			i = len(out)
			out = append(out, section{factors: key})
		}
		out[i].groups = append(out[i].groups, g)
	}
	for _, s := range out {
		slices.SortStableFunc(s.groups, func(a, b analysis.Group) int {
			return words.CompareWithin(&a.Factors, &b.Factors)
		})
	}
	return out
}

// caches lists the cache states of the section's groups.
func (s *section) caches() []string {
	return words.Distinct(s.groups, func(g analysis.Group) string { return g.Factors.Cache })
}

// terms are the words for what the section's arms do.
func (s *section) terms() words.Terms { return words.TermsOf(s.factors) }

// counted reports whether it is known how many bytes the section's arms move, so that
// there are rates, and figures per byte and per access.
func (s *section) counted() bool { return s.groups[0].Rows[0].Bytes > 0 }

// target names the target, or the two targets that are the sides of a gate.
func (s *section) target() string {
	if s.factors.Target != "" {
		return s.factors.Target
	}
	return prose.List(words.Distinct(s.groups[0].Rows, func(r analysis.Row) string { return r.Target }))
}

// records lists the record sizes of the section's groups.
func (s *section) records() []int64 {
	return words.Distinct(s.groups, func(g analysis.Group) int64 { return g.Factors.Record })
}

// backends lists the backends of the section's arms in the order of the plan.
func (s *section) backends() []string {
	var all []string
	for _, g := range s.groups {
		for _, r := range g.Rows {
			if !slices.Contains(all, r.Name) {
				all = append(all, r.Name)
			}
		}
	}
	return all
}

// any reports whether pred holds for at least one row.
func (s *section) any(pred func(*analysis.Row) bool) bool {
	return slices.ContainsFunc(s.lines(), func(l line) bool { return pred(l.row) })
}

// trials returns the fewest and the most usable trials of an arm.
func (s *section) trials() (fewest, most int) {
	fewest = s.groups[0].Rows[0].Usable
	for _, g := range s.groups {
		for _, r := range g.Rows {
			fewest, most = min(fewest, r.Usable), max(most, r.Usable)
		}
	}
	return fewest, most
}
