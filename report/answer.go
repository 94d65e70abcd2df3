package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// answer is what a reader came for, and stands first: who wins in which situation, by how
// much, and why as far as the run shows it; how targets do against each other; then what
// concerns the whole run.
func answer(s *analysis.Summary, all []section, targets []document.Group) (blocks []document.Block) {
	t := &document.Table{Name: "answer", Close: true, Columns: []document.Column{
		{Key: "work", Heading: "work", Left: true, Once: true},
		{Key: "answer", Heading: "answer", Left: true, Wrap: true}},
		Caption: fmt.Sprintf("Who wins, by how much and why. 2x B: twice as fast as B (its %.0f%% interval).",
			100*analysis.Confidence)}
	var few []string
	for i := range all {
		sec := &all[i]
		heading := ""
		if len(s.Header.Plan.Targets) > 1 && sec.factors.Target != "" {
			heading = "on " + words.Place(sec.factors.Target, s.Host().DeviceName(sec.factors.Target)) + ":"
		}
		if n := len(t.Groups); n == 0 || t.Groups[n-1].Heading != heading {
			t.Groups = append(t.Groups, document.Group{Heading: heading})
		}
		g := &t.Groups[len(t.Groups)-1]
		for _, w := range sec.works() {
			label := sec.label(w[0].groups[0].Factors.Cache, all)
			for _, f := range w {
				if f.kind() == analysis.Undecided {
					few = append(few, label+strings.TrimRight(" "+f.where(), " "))
				}
			}
			for _, text := range w.texts() {
				g.Rows = append(g.Rows, document.Row{document.Text(label), document.Text(text)})
			}
		}
	}
	t.Groups = append(t.Groups, targets...)
	t.Groups = slices.DeleteFunc(t.Groups, func(g document.Group) bool { return len(g.Rows) == 0 })
	if len(t.Groups) > 0 {
		blocks = append(blocks, t)
	}
	return append(blocks, document.Lines(caveats(s, few)))
}

// A finding is one answer, shared by groups that differ in their record size alone.
type finding struct {
	section  *section
	groups   []analysis.Group
	rankings []analysis.Ranking
}

// findings merges the groups that follow each other and have the same answer.
func (s *section) findings() (found []finding) {
	for _, g := range s.groups {
		if g = judged(g); len(g.Rows) == 0 {
			continue // reflinks alone
		}
		o := g.Rank()
		if n := len(found); n > 0 && found[n-1].like(&g, &o) {
			found[n-1].groups = append(found[n-1].groups, g)
			found[n-1].rankings = append(found[n-1].rankings, o)
			continue
		}
		found = append(found, finding{s, []analysis.Group{g}, []analysis.Ranking{o}})
	}
	return found
}

// judged leaves out of a gate's group the base's second run, which is no side to win, and
// what is a reflink, which is no copy.
func judged(g analysis.Group) analysis.Group {
	rows := slices.DeleteFunc(slices.Clone(g.Rows), func(r analysis.Row) bool {
		return r.Side == results.SideControl || r.Reflinks > 0
	})
	if len(rows) == len(g.Rows) {
		return g
	}
	return analysis.Group{Factors: g.Factors, Rows: rows}
}

// like reports whether a group ended as the finding's groups did.
func (f *finding) like(g *analysis.Group, o *analysis.Ranking) bool {
	was, of := &f.rankings[0], &f.groups[0]
	set := func(rows []int) []int { return slices.Sorted(slices.Values(rows)) }
	return of.Factors.Cache == g.Factors.Cache && was.Kind == o.Kind &&
		slices.Equal(set(was.Best), set(o.Best)) && slices.Equal(set(was.Unknown), set(o.Unknown)) &&
		slices.Equal(unmeasured(of), unmeasured(g)) &&
		slices.EqualFunc(of.Rows, g.Rows, func(a, b analysis.Row) bool { return a.Name == b.Name })
}

// unmeasured lists the rows without a usable trial.
func unmeasured(g *analysis.Group) (out []int) {
	for i, r := range g.Rows {
		if r.Usable == 0 {
			out = append(out, i)
		}
	}
	return out
}

// kindOf is what tells the rows of a group apart.
func kindOf(g *analysis.Group) string {
	if g.Rows[0].Side != "" {
		return "side"
	}
	return words.TermsOf(g.Factors).Choice
}

// label names the work: the workload, the cache state, and the other factors in which the
// sections of this workload differ.
func (s *section) label(cache string, all []section) string {
	parts := []string{s.terms().Work}
	if cache != "" {
		parts[0] += " " + cache
	}
	var arms []results.Arm
	for _, o := range all {
		if o.factors.Workload == s.factors.Workload {
			arms = append(arms, o.factors)
		}
	}
	differing := slices.DeleteFunc(results.Differing(arms), func(f *results.Factor) bool { return f.Key == "target" })
	return strings.Join(append(parts, results.Phrases(&s.factors, differing...)...), ", ")
}

func (f *finding) kind() analysis.RankingKind { return f.rankings[0].Kind }

// where says for which record sizes the finding holds, and nothing if for all of them.
func (f *finding) where() string {
	var records []int64
	for _, g := range f.section.groups {
		if g.Factors.Cache == f.groups[0].Factors.Cache {
			records = append(records, g.Factors.Record)
		}
	}
	first, last := f.groups[0].Factors.Record, f.groups[len(f.groups)-1].Factors.Record
	switch {
	case len(f.groups) == len(records):
		return ""
	case first == last:
		return "at " + units.FormatSize(first) + " "
	case last == records[len(records)-1]:
		return "from " + units.FormatSize(first) + " "
	case first == records[0]:
		return "up to " + units.FormatSize(last) + " "
	}
	return units.FormatSize(first) + " to " + units.FormatSize(last) + " "
}

func (f *finding) names(rows []int) []string {
	out := make([]string, len(rows))
	for k, i := range slices.Sorted(slices.Values(rows)) {
		out[k] = f.groups[0].Rows[i].Name
	}
	return out
}

// choice joins names with a last "or".
func choice(names []string) string {
	n := len(names) - 1
	if n == 0 {
		return names[0]
	}
	return strings.Join(names[:n], ", ") + " or " + names[n]
}

// within is how far apart those that may be the fastest may be, in percent.
func (f *finding) within() string {
	most := 1.0
	for _, o := range f.rankings {
		most = max(most, o.Room)
	}
	return fmt.Sprintf("%.0f%%", max(1, math.Ceil(100*(most-1))))
}

// ends are the groups of the finding with the smallest and the largest figure, by record.
func (f *finding) ends(figure func(k int) float64) []int {
	low, high := 0, 0
	for k := range f.groups {
		if figure(k) < figure(low) {
			low = k
		}
		if figure(k) > figure(high) {
			high = k
		}
	}
	return slices.Compact([]int{min(low, high), max(low, high)})
}

// at names the record size of one group among several.
func (f *finding) at(k int) string {
	if len(f.groups) == 1 {
		return ""
	}
	return " at " + units.FormatSize(f.groups[k].Factors.Record)
}

// near is how far apart those that may be the fastest may be, for their lead over the
// others to be told of them together.
const near = 1.25

func (f *finding) isClose() bool {
	return !slices.ContainsFunc(f.rankings, func(o analysis.Ranking) bool { return o.Room == 0 || o.Room > near })
}

// room says how far those that may be the fastest may be apart.
func (f *finding) room() string {
	most := 0.0
	for _, o := range f.rankings {
		if o.Room == 0 && len(o.Best) > 1 {
			return "they share too few rounds"
		}
		most = max(most, o.Room)
	}
	return "up to " + words.Ratio(most) + "x apart"
}

// between says of two backends how much slower and how much faster the second may be.
func (f *finding) between() string {
	pair := slices.Sorted(slices.Values(f.rankings[0].Best))
	width := func(k int) float64 {
		e := versus(&f.groups[k], pair[1], pair[0])
		return e.Interval.High / e.Interval.Low
	}
	names := f.names(pair)
	text := names[1] + " may be "
	for n, k := range f.ends(width) {
		i := versus(&f.groups[k], pair[1], pair[0]).Interval
		if n > 0 {
			text += ", "
		}
		if i.Low > 0.75 && i.Low < 1 && i.High > 1 && i.High < 1.5 {
			text += fmt.Sprintf("%.0f%% slower to %.0f%% faster than %s", 100*(1-i.Low), 100*(i.High-1), names[0])
		} else if text += fmt.Sprintf("%sx to %sx", words.Ratio(i.Low), words.Ratio(i.High)); n == 0 {
			text += " as fast as " + names[0]
		}
		text += f.at(k)
	}
	return text
}

// versus is the speed of one row over another: over the first as the table shows it, over
// any other as that of a pair that was picked.
func versus(g *analysis.Group, i, j int) *analysis.Estimate {
	if j == 0 {
		return analysis.Speed(&g.Rows[i], &g.Rows[0])
	}
	return g.Versus(i, j)
}

// rivals are the beaten rows that the speed of the fastest is given over: the first of the
// group, and the fastest one of them; if the first itself leads, also the slowest one.
func (f *finding) rivals() (rows []int) {
	o := &f.rankings[0]
	beaten := o.Order[len(o.Best) : len(o.Order)-len(o.Unknown)]
	if len(beaten) == 0 {
		return nil
	}
	next, last := beaten[0], beaten[len(beaten)-1]
	switch {
	case slices.Contains(beaten, 0):
		rows, last = []int{0}, next
	default:
		rows = []int{next}
	}
	if len(f.groups) == 1 && last != rows[0] { // of several record sizes one is enough to read
		rows = append(rows, last)
	}
	return rows
}

// champion is the row whose lead is told: of those that may be the fastest the one of the
// smallest lead that is shown at every record size; -1 if none is.
func (f *finding) champion(rivals []int) int {
	out, least := -1, math.Inf(1)
	for _, i := range f.rankings[0].Best {
		lead := math.Inf(1)
		for _, r := range rivals {
			for k := range f.groups {
				e := versus(&f.groups[k], i, r)
				if e == nil || e.Interval == nil || e.Interval.Low <= 1 {
					lead = 0
					break
				}
				lead = min(lead, e.Median)
			}
		}
		if lead > 0 && lead < least {
			out, least = i, lead
		}
	}
	return out
}

// against writes how many times as fast the champion is as each of its rivals:
// "2.82x as fast as pread (2.20–3.10)", or of several record sizes both ends with their sizes.
func (f *finding) against(champion int, rivals []int, d detail) (list []string) {
	for _, r := range rivals {
		speed := func(k int) *analysis.Estimate { return versus(&f.groups[k], champion, r) }
		ends := f.ends(func(k int) float64 { return speed(k).Median })
		if d >= least {
			smaller := func(a, b int) int { return cmp.Compare(speed(a).Median, speed(b).Median) }
			ends = []int{slices.MinFunc(ends, smaller)}
		}
		for n, k := range ends {
			e := speed(k)
			text := words.Ratio(e.Median) + "x"
			switch {
			case n == 0 && d == full:
				text += " as fast as " + f.groups[0].Rows[r].Name
			case n == 0:
				text += " " + f.groups[0].Rows[r].Name
			}
			text += f.at(k)
			if d < bare {
				text += fmt.Sprintf(" (%s–%s)", words.Ratio(e.Interval.Low), words.Ratio(e.Interval.High))
			}
			list = append(list, text)
		}
	}
	return list
}
