package report

import (
	"fmt"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/report/words"
)

// seriesTable is the table of what happened by the second; none for trials
// without a duration.
func (s *section) seriesTable(lines []line, width int) []table {
	shortest, longest, trials := 0, 0.0, 0
	for _, l := range lines {
		if sr := l.row.Series; sr != nil {
			n := len(sr.Elapsed)
			if shortest == 0 || n < shortest {
				shortest = n
			}
			longest, trials = max(longest, sr.Elapsed[n-1]), max(trials, sr.Trials)
		}
	}
	if trials == 0 {
		return nil
	}
	l := newLayout(s, seriesColumns())
	if !s.any(func(r *analysis.Row) bool { return r.Series != nil && len(r.Series.Elapsed) > shortest }) {
		l.remove("seconds")
	}
	for i := range seriesPanels {
		p := &seriesPanels[i]
		unknown := !s.any(func(r *analysis.Row) bool { return r.Series != nil && p.of(r.Series).Median != nil })
		if p.key != "" && unknown {
			l.remove(p.key)
		}
	}
	l.fit(lines, width, l.breakNames(30), l.breakNames(24), l.drop("seconds"), l.breakNames(16), l.drop(keySeriesShootdowns),
		l.drop("max"), l.drop("min"), l.drop(keySeriesDevice), l.drop("faults"))
	over := fmt.Sprintf("%.0f s", longest)
	if trials > 1 {
		over = fmt.Sprintf("%s, %s per arm", over, prose.Count(trials, "trial"))
	}
	return []table{{
		caption: fmt.Sprintf("%s on %s: by the second, over %s.", s.factors.Workload, s.factors.Target, over),
		layout:  l,
		notes:   []string{s.seriesNote(trials)},
	}}
}

// seriesNote says what the figures of the table are of.
func (s *section) seriesNote(trials int) string {
	text := "Of the body alone, and means over time. Slowest, fastest: a single second"
	if trials > 1 {
		text = "Of the body alone, and means over time of the median trial of each second. Slowest, fastest: a single second of any trial"
	}
	return text + ". Last quarter: of the time; it tells whether the speed lasts."
}

func seriesColumns() []column {
	of := func(f func(*analysis.Series) string) func(line) string {
		return func(l line) string {
			if l.row.Series == nil {
				return words.None
			}
			return f(l.row.Series)
		}
	}
	rate := func(f func(*analysis.Series) float64) func(line) string {
		return of(func(s *analysis.Series) string { return words.Significant3(f(s) / words.MiB) })
	}
	columns := []column{
		{key: "seconds", head: "seconds", what: "the number of seconds",
			cell: of(func(s *analysis.Series) string { return fmt.Sprint(len(s.Elapsed)) })},
		{key: "mean", head: "MiB/s\nmean", cell: rate(func(s *analysis.Series) float64 { return s.Mean })},
		{key: "min", head: "MiB/s\nslowest", what: "the slowest second",
			cell: rate(func(s *analysis.Series) float64 { return s.Min })},
		{key: "max", head: "MiB/s\nfastest", what: "the fastest second",
			cell: rate(func(s *analysis.Series) float64 { return s.Max })},
		{key: "last", head: "MiB/s\nlast quarter", cell: rate(func(s *analysis.Series) float64 { return s.LastQuarter })},
	}
	for _, p := range seriesPanels {
		if p.key == "" {
			continue
		}
		columns = append(columns, column{key: p.key, head: p.head, what: p.name, cell: of(func(s *analysis.Series) string {
			c := p.of(s)
			if c.Median == nil {
				return words.None
			}
			return words.Significant3(s.Over(c, 0) / p.unit)
		})})
	}
	return columns
}
