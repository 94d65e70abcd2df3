package report

import (
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/report/words"
)

// A detail is how much a text of the answer says.
type detail int

const (
	full  detail = iota // in sentences
	brief               // the figures, and why in a few words
	short               // who leads, by how much over one rival, and why
	terse               // the same without why
	least               // of a range the smaller end
	bare                // no intervals
	names               // of several that lead nothing but who
)

// The room that one work has in the answer, so that one looks at it and sees it all: two
// lines of the table on a terminal of 80 columns.
const (
	workLines = 2
	workWidth = 64
)

// A work is what was found of a workload in one cache state, by record sizes.
type work []finding

// works are the section's findings by their cache state.
func (s *section) works() (all []work) {
	for _, f := range s.findings() {
		if n := len(all); n > 0 && all[n-1][0].groups[0].Factors.Cache == f.groups[0].Factors.Cache {
			all[n-1] = append(all[n-1], f)
			continue
		}
		all = append(all, work{f})
	}
	return all
}

// texts are one text that fits into the room, with as much as does; where none does, as of
// many record sizes, a text in full for each finding.
func (w work) texts() (texts []string) {
	found := slices.DeleteFunc(slices.Clone(w), func(f finding) bool { return f.kind() == analysis.Undecided })
	if len(found) == 0 {
		return nil
	}
	for d := full; d <= names; d++ {
		if text := found.text(d); strings.Count(prose.Wrap(text, workWidth), "\n") < workLines {
			return []string{text}
		}
	}
	for i := range found {
		texts = append(texts, found[i].text(full))
	}
	return texts
}

func (w work) text(d detail) string {
	var parts []string
	for i := range w {
		parts = append(parts, w[i].text(d))
		if len(w) > 1 {
			parts[i] = words.Capitalize(parts[i])
		}
	}
	return strings.Join(parts, ". ")
}

// text says who wins, by how much, and why.
func (f *finding) text(d detail) string {
	g, o := &f.groups[0], &f.rankings[0]
	switch o.Kind {
	case analysis.Nothing:
		return f.where() + "no trial was usable"
	case analysis.Alone:
		return f.where() + g.Rows[o.Leader()].Name + " alone can be ranked, so there is nothing to compare"
	}
	rivals := f.rivals()
	champion := f.champion(rivals)
	best := f.names(o.Best)
	if champion >= 0 { // what the figures are of comes first
		name := g.Rows[champion].Name
		best = append([]string{name}, slices.DeleteFunc(best, func(n string) bool { return n == name })...)
	}
	text := f.head(best, champion, rivals, d)
	switch {
	case d == names && len(best) > 1:
	case champion >= 0:
		if d >= short {
			rivals = rivals[:1]
		}
		text += strings.Join(f.against(champion, rivals, d), ", ") + f.because(champion, rivals, d)
	case len(rivals) > 0 && d < terse:
		text += "; " + prose.List(f.names(rivals)) + " " + words.IsAre(len(rivals)) + " slower"
	case d < terse:
		text += f.limit()
	}
	if len(o.Unknown) > 0 {
		text += "; too few rounds to place " + prose.List(f.names(o.Unknown))
	}
	if lost := unmeasured(g); len(lost) > 0 {
		text += "; no usable trial of " + prose.List(f.names(lost))
	}
	return f.where() + text
}

// head says who wins or may. Where figures of the champion follow, it leads to them.
func (f *finding) head(best []string, champion int, rivals []int, d detail) string {
	g, o := &f.groups[0], &f.rankings[0]
	switch {
	case champion >= 0 && d == names && len(best) > 1:
		return choice(best) + " lead"
	case champion >= 0 && d >= short:
		return choice(best) + " is "
	}
	lead := ""
	if champion >= 0 {
		lead = "; " + best[0] + map[bool]string{true: " is ", false: " "}[d == full]
	}
	switch {
	case o.Kind == analysis.Won && champion < 0:
		return best[0] + " wins"
	case o.Kind == analysis.Won:
		return best[0] + " wins: "
	case o.Kind == analysis.Equal && len(best) == len(g.Rows) && d > full:
		return "all are equal within " + f.within()
	case o.Kind == analysis.Equal:
		return prose.List(best) + " are equal within " + f.within() + lead
	case d >= bare && len(best) == len(g.Rows):
		return "open: any"
	case d >= bare:
		return "open: " + choice(best)
	case len(rivals) == 0 && len(o.Order) == 2:
		return "open: " + f.between()
	case len(rivals) == 0 && len(best) == len(g.Rows) && d == full:
		return fmt.Sprintf("open: any %s may be the fastest, %s", kindOf(g), f.room())
	case len(rivals) == 0 && len(best) == len(g.Rows):
		return "open: any, " + f.room()
	case champion >= 0 && f.isClose():
		return prose.List(best) + " are within " + f.within() + " of each other" + lead
	case d == full:
		return fmt.Sprintf("open: %s may be the fastest, %s", choice(best), f.room()) + lead
	}
	return "open: " + choice(best) + ", " + f.room() + lead
}
