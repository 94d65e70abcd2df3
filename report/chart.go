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
}

// figures are those of the run's sections.
func figures(s *analysis.Summary) (list []figure) {
	all := sections(s)
	var backends []string
	var tables []results.Arm
	for i := range all {
		backends = append(backends, all[i].backends()...)
		tables = append(tables, all[i].factors)
	}
	colors := words.Distinct(backends, func(b string) string { return b })
	for i := range all {
		list = append(list, figure{section: &all[i], summary: s, colors: colors,
			prefix: words.FileName(all[i].factors, tables)})
	}
	return list
}

// charts are the charts that the section has figures for.
func (f figure) charts() []*document.Chart {
	list := []*document.Chart{throughputChart(f), recordsChart(f), faultsChart(f), phasesChart(f), cpuChart(f),
		memoryChart(f), percentileChart(f), cumulativeChart(f)}
	return slices.DeleteFunc(append(list, seriesCharts(f)...), func(ch *document.Chart) bool { return ch == nil })
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
