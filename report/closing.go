package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// Closing says in plain words which backend won where and by how much, with
// intervals. A tie is called a tie, too few rounds are called that.
func Closing(summary *analysis.Summary) (blocks []document.Block) {
	all := sections(summary)
	for i := range all {
		blocks = append(blocks, document.Say(all[i].sentences(all)))
	}
	return append(blocks, targetSentences(summary)...)
}

// A finding is one ranking, shared by groups that differ in their record size
// alone.
type finding struct {
	groups   []analysis.Group
	rankings []analysis.Ranking
}

// sentences says what the section's groups show, one sentence per finding.
func (s *section) sentences(all []section) string {
	var found []finding
	for _, g := range s.groups {
		o := g.Rank()
		n := len(found)
		if n > 0 && found[n-1].like(g, o) {
			found[n-1].groups = append(found[n-1].groups, g)
			found[n-1].rankings = append(found[n-1].rankings, o)
			continue
		}
		found = append(found, finding{[]analysis.Group{g}, []analysis.Ranking{o}})
	}
	out := make([]string, len(found))
	for i, f := range found {
		out[i] = s.subject(f.groups, all) + ": " + f.text() + "."
	}
	return strings.Join(out, " ")
}

// like reports whether a group ended as the finding's groups did: the same
// winner, or the same tie.
func (f *finding) like(g analysis.Group, o analysis.Ranking) bool {
	was, of := f.rankings[0], f.groups[0]
	return of.Factors.Cache == g.Factors.Cache && was.Kind == o.Kind &&
		(o.Kind == analysis.Open || o.Kind == analysis.Equal || was.Leader() == o.Leader()) &&
		slices.Equal(ahead(was), ahead(o)) && slices.Equal(was.Unknown, o.Unknown) &&
		slices.Equal(unmeasured(&of), unmeasured(&g)) &&
		slices.EqualFunc(of.Rows, g.Rows, func(a, b analysis.Row) bool { return a.Name == b.Name })
}

// ahead lists the rows that may be the fastest, in the order of the plan.
func ahead(o analysis.Ranking) []int { return slices.Sorted(slices.Values(o.Best)) }

// unmeasured lists the rows without a usable trial.
func unmeasured(g *analysis.Group) []int {
	var out []int
	for i, r := range g.Rows {
		if r.Usable == 0 {
			out = append(out, i)
		}
	}
	return out
}

// subject names what was done: the workload, the record sizes, the cache state, and
// the other factors in which the sections of this workload differ.
func (s *section) subject(groups []analysis.Group, all []section) string {
	f := s.factors
	parts := []string{words.Capitalize(s.terms().Work)}
	if groups[0].Factors.Record > 0 {
		parts[0] = deed(f.Workload) + " of " + recordRange(groups)
	}
	if c := groups[0].Factors.Cache; c != "" {
		parts = append(parts, words.Cache(c))
	}
	var arms []results.Arm
	for _, o := range all {
		if o.factors.Workload == f.Workload {
			arms = append(arms, o.factors)
		}
	}
	differing := results.Differing(arms)
	if len(differing) > 0 && differing[0].Key == "target" { // the target comes last
		differing = append(differing[1:], differing[0])
	}
	return strings.Join(append(parts, results.Phrases(&f, differing...)...), ", ")
}

// deed puts a workload that comes with the program into words that a record
// size can follow.
func deed(workload string) string {
	switch workload {
	case "seqscan":
		return "Scans in records"
	case "random":
		return "Random reads"
	case "copy":
		return "Copies in records"
	case "append":
		return "Appends"
	}
	return workload + " in records"
}

// recordRange writes "4 KiB", "4 and 64 KiB" or "4 KiB to 1 MiB": the groups of
// a finding follow each other by size.
func recordRange(groups []analysis.Group) string {
	low := units.FormatSize(groups[0].Factors.Record)
	high := units.FormatSize(groups[len(groups)-1].Factors.Record)
	switch len(groups) {
	case 1:
		return low
	case 2:
		return low + " and " + high
	}
	return low + " to " + high
}

// text says how the finding's groups ended.
func (f *finding) text() string {
	g, o := &f.groups[0], f.rankings[0]
	switch o.Kind {
	case analysis.Nothing:
		return "no trial was usable"
	case analysis.Alone:
		return f.name(o.Leader()) + " alone has usable trials, so there is nothing to compare"
	case analysis.Undecided:
		return fmt.Sprintf("not enough rounds to tell the %s apart (an interval takes %d in which both were measured)",
			f.kind(), g.RoundsToRank())
	}
	text := f.name(o.Leader())
	told := slices.Concat(ahead(o), o.Unknown)
	if (o.Kind == analysis.Open || o.Kind == analysis.Equal) {
		tied := prose.List(f.names(ahead(o)))
		if n := len(ahead(o)); n == len(g.Rows) && n > 2 {
			tied = fmt.Sprintf("all %d %s", n, f.kind())
		}
		text = tied + f.room()
	}
	var against []string // the comparisons that are worth a clause
	tell := func(what string, role func(k int) int) {
		for k := range f.groups {
			if r := role(k); r < 0 || f.groups[k].Rows[r].Usable == 0 || slices.Contains(told, r) {
				return
			}
		}
		against = append(against, f.times(what, role))
		told = append(told, role(0))
	}
	tell("", func(int) int { return 0 })
	if len(told) < len(g.Rows) {
		tell("the runner-up", func(k int) int { return f.rankings[k].RunnerUp() })
		tell("the slowest", func(k int) int { return f.rankings[k].Slowest() })
	}
	switch {
	case len(against) > 0 && (o.Kind == analysis.Open || o.Kind == analysis.Equal):
		text += "; the fastest of them was " + prose.List(against)
	case len(against) > 0:
		text += " was " + prose.List(against)
	}
	if len(o.Unknown) > 0 {
		text += "; too few rounds to place " + prose.List(f.names(o.Unknown))
	}
	if lost := unmeasured(g); len(lost) > 0 {
		text += "; no usable trial of " + prose.List(f.names(lost))
	}
	return text
}

// kind is what the rows of the finding are.
func (f *finding) kind() string { return kindOf(&f.groups[0]) + "s" }

// kindOf is what tells the rows of a group apart.
func kindOf(g *analysis.Group) string {
	if g.Rows[0].Side != "" {
		return "side"
	}
	return words.TermsOf(g.Factors).Choice
}

func (f *finding) name(row int) string { return f.groups[0].Rows[row].Name }

func (f *finding) names(rows []int) []string {
	out := make([]string, len(rows))
	for k, i := range rows {
		out[k] = f.name(i)
	}
	return out
}

// times writes how many times as fast the leader was as the row in that role:
// "3.10 times as fast as pread (2.84 to 3.31)", or the range over several
// groups. The row is named if it is the same in all of them.
func (f *finding) times(what string, role func(k int) int) string {
	var medians, ends []float64
	name := f.name(role(0))
	for k := range f.groups {
		g := &f.groups[k]
		e := g.Versus(f.rankings[k].Leader(), role(k))
		medians = append(medians, e.Median)
		ends = append(ends, e.Interval.Low, e.Interval.High)
		if g.Rows[role(k)].Name != name {
			name = ""
		}
	}
	if what != "" && name != "" && len(f.groups[0].Rows) > 2 {
		name += ", " + what
	} else if name == "" {
		name = what
	}
	fast, intervals := words.Ratio(slices.Min(medians)), "("
	if most := words.Ratio(slices.Max(medians)); len(medians) > 1 {
		intervals = "(intervals from "
		if most != fast {
			fast += " to " + most
		}
	}
	return fmt.Sprintf("%s times as fast as %s %s%s to %s)", fast, name,
		intervals, words.Ratio(slices.Min(ends)), words.Ratio(slices.Max(ends)))
}

// room says how alike those that may be the fastest are: by the largest difference
// between any two of them that their intervals allow.
func (f *finding) room() string {
	most := 1.0
	for _, o := range f.rankings {
		most = max(most, o.Room)
	}
	if f.rankings[0].Kind == analysis.Equal {
		return fmt.Sprintf(" are equal within %.0f%%", math.Ceil(100*(most-1)))
	}
	return fmt.Sprintf(" may each be the fastest (the intervals leave room for a factor of %s)", words.Ratio(most))
}
