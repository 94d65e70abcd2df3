package report

import (
	"fmt"
	"slices"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// phasesChart shows what a lap's time goes into: setup, body, sync, teardown.
// It returns nil where no trial has several phases.
func phasesChart(f figure) *document.Chart {
	if !f.section.any(func(r *analysis.Row) bool { return len(r.Phases) > 1 }) {
		return nil
	}
	return f.stackChart("phases", f.title("time by phase"),
		"The length of a bar is the median time of a lap; its parts are the medians of the phases' shares.",
		results.PhaseNames, phaseLook, func(r *analysis.Row) []analysis.Share { return r.Phases })
}

// phaseLook gives every phase a color and a hatch.
func phaseLook(i int) document.Look {
	fills := []int{1, 0, 3, 2}
	hatches := []document.Hatch{document.Rising, document.Solid, document.Crossed, document.Falling}
	return document.Look{Color: fills[i%len(fills)], Hatch: hatches[i%len(hatches)]}
}

// stackChart draws shares of the time as parts of a bar as long as the time.
func (f figure) stackChart(name, title, note string, parts []string,
	look func(int) document.Look, shares func(*analysis.Row) []analysis.Share) *document.Chart {
	s := f.section
	var legend []document.Entry
	for i, p := range parts {
		used := slices.ContainsFunc(s.lines(), func(l line) bool {
			return slices.ContainsFunc(shares(l.row), func(sh analysis.Share) bool { return sh.Name == p })
		})
		if used {
			legend = append(legend, document.Entry{Name: p, Look: look(i)})
		}
	}
	return f.barChart(name, barChart{title: title, legend: legend, notes: []string{note},
		panel: func(g *analysis.Group) document.BarPanel {
			unit, size := s.timeUnit(g.Factors.Cache)
			return document.BarPanel{Axis: fmt.Sprintf("%s (%s)", s.terms().Time, unit),
				Bars: bars(s.backends(), g, func(r *analysis.Row) document.Bar {
					b := document.Bar{Label: words.Duration(r.Total.Median)}
					for _, sh := range shares(r) {
						b.Parts = append(b.Parts, document.Part{Length: sh.Fraction * r.Total.Median / size,
							Look: look(slices.Index(parts, sh.Name))})
					}
					return b
				})}
		}})
}

// timeUnit returns the unit in which the longest time under a cache state is written, and
// its length in seconds.
func (s *section) timeUnit(cache string) (name string, seconds float64) {
	longest := 0.0
	for _, l := range s.lines() {
		if l.group.Factors.Cache == cache && l.row.Total != nil {
			longest = max(longest, l.row.Total.Median)
		}
	}
	return words.TimeUnit(longest)
}
