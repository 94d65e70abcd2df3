package report

import (
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// A figure is what the tables and the charts of one section are made from.
type figure struct {
	section *section
	summary *analysis.Summary
	prefix  string   // begins the charts' file names
	colors  []string // the backends of the whole run: each keeps its look in all charts
	again   bool     // a section before is of the same workload
	beside  bool     // another chart sets this section beside those of other targets
}

// figures are those of the run's sections.
func figures(s *analysis.Summary, all []section) (list []figure) {
	var backends []string
	var tables []results.Arm
	for i := range all {
		backends = append(backends, all[i].backends()...)
		tables = append(tables, all[i].factors)
	}
	colors := words.Distinct(backends, func(b string) string { return b })
	for i := range all {
		list = append(list, figure{section: &all[i], summary: s, colors: colors,
			prefix: words.FileName(all[i].factors, tables),
			again: slices.ContainsFunc(tables[:i], func(a results.Arm) bool {
				return a.Workload == all[i].factors.Workload
			})})
	}
	return list
}

// ChartKinds are the kinds of charts of a run, by which they are chosen.
var ChartKinds = []string{"targets", "throughput", "time", "records", "series", "device", "faults", "percentiles",
	"phases", "cpu", "memory", "cumulative"}

// charts are the charts that the section has figures for.
func (f figure) charts() []*document.Chart {
	list := []*document.Chart{throughputChart(f), recordsChart(f), deviceChart(f), faultsChart(f), phasesChart(f),
		cpuChart(f), memoryChart(f), percentileChart(f), cumulativeChart(f)}
	list = slices.DeleteFunc(append(list, seriesCharts(f)...), func(ch *document.Chart) bool { return ch == nil })
	for _, ch := range list {
		ch.Rank = f.rank(ch.Kind)
	}
	return list
}

// rank says how much a chart of the section tells. Charts that set targets beside each
// other come before all, with 0. Then comes the speed for each workload, then what
// happened over time, or from record to record where there are three or more, and what
// explains the speed.
func (f *figure) rank(kind string) int {
	explains := func(headings ...string) bool {
		why := f.section.why()
		return why != nil && slices.Contains(headings, why.heading)
	}
	speed := (kind == "throughput" || kind == "time") && !f.beside
	switch {
	case speed && !f.again:
		return 1
	case kind == "series", kind == "records" && len(f.section.records()) > 2:
		return 2
	case kind == "device" && explains("read", "written"):
		return 3
	case kind == "faults" && explains("faults"):
		return 4
	case kind == "records":
		return 5
	case speed:
		return 6
	}
	return 7 + slices.Index(ChartKinds, kind)
}

// look is that of a backend.
func (f *figure) look(backend string) document.Look {
	return document.Series(slices.Index(f.colors, backend))
}

// lines is the legend of charts with a line per backend.
func (f *figure) lines(thin bool) (legend []document.Entry) {
	for _, b := range f.section.backends() {
		legend = append(legend, document.Entry{Name: b, Look: f.look(b), Line: true, Thin: thin})
	}
	return legend
}

// title says in one line what the charts of a section show.
func (f *figure) title(what string) string {
	return words.Capitalize(f.section.terms().Work) + ": " + what
}

// subtitle says on what it was measured, and then of what and how often.
func (f *figure) subtitle() []string {
	s := f.section
	facts := s.shared(append(s.differing(), words.Factor(keyCache))...)
	fewest, most := s.trials()
	trials := prose.Count(most, "trial") + " per arm"
	if fewest != most {
		trials = fmt.Sprintf("%d to %s", fewest, trials)
	}
	return []string{s.place(f.summary),
		words.Capitalize(strings.Join(append(facts, trials), ", ")) + words.Ending(f.summary.End)}
}
