package report

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/report/words"
	"mmapbench/results"
)

// phasesChart shows what a lap's time goes into: setup, body, sync, teardown.
// It returns nil without a usable trial.
func phasesChart(f figure) *Chart {
	if f.section.commands() {
		return nil // they have one
	}
	return f.stackChart("phases", f.title("time by phase"),
		"The length of a bar is the median time of a lap; its parts are the medians of the phases' shares.",
		results.PhaseNames, phaseLook, func(r *analysis.Row) []analysis.Share { return r.Phases })
}

// phaseLook gives every phase a colour and a hatch.
func phaseLook(i int) (color.Color, hatch) {
	fills := []int{1, 0, 3, 2}
	hatches := []hatch{rising, plain, crossed, falling}
	return hue(fills[i%len(fills)]), hatches[i%len(hatches)]
}

// stackChart draws shares of the time as parts of a bar as long as the time.
func (f figure) stackChart(name, title, note string, parts []string,
	look func(int) (color.Color, hatch), shares func(*analysis.Row) []analysis.Share) *Chart {
	s := f.section
	var legend []entry
	for i, p := range parts {
		used := slices.ContainsFunc(s.lines(), func(l line) bool {
			return slices.ContainsFunc(shares(l.row), func(sh analysis.Share) bool { return sh.Name == p })
		})
		if used {
			fill, h := look(i)
			legend = append(legend, boxEntry(p, fill, h))
		}
	}
	return f.barChart(name, barChart{title: title, legend: legend, notes: []string{note},
		panel: func(g *analysis.Group) panel {
			unit, size := timeUnit(g)
			return panel{axis: fmt.Sprintf("%s (%s)", s.timeName(), unit),
				bars: bars(s.backends(), g, func(r *analysis.Row, _ int) bar {
					b := bar{label: words.Duration(r.Total.Median)}
					for _, sh := range shares(r) {
						fill, h := look(slices.Index(parts, sh.Name))
						b.parts = append(b.parts, part{sh.Fraction * r.Total.Median / size, fill, h})
					}
					return b
				})}
		}})
}

// timeName is what the times of the section are.
func (s *section) timeName() string {
	if s.commands() {
		return "time of a run"
	}
	return "time per lap"
}

// timeUnit returns the unit in which the group's longest time is written, and
// its length in seconds.
func timeUnit(g *analysis.Group) (name string, seconds float64) {
	longest := 0.0
	for _, r := range g.Rows {
		if r.Total != nil {
			longest = max(longest, r.Total.Median)
		}
	}
	return unitOf(longest)
}

// unitOf returns the unit in which a time is written, and its length in seconds.
func unitOf(seconds float64) (name string, size float64) {
	_, name, _ = strings.Cut(words.Duration(seconds), " ")
	return name, map[string]float64{"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}[name]
}
