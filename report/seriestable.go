package report

import (
	"fmt"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/report/document"
	"mmapbench/report/words"
)

// series is the table of what happened by the second; nil for trials without a
// duration.
func (s *section) series() *document.Table {
	shortest, most, longest, trials := 0, 0, 0.0, 0
	for _, l := range s.lines() {
		if sr := l.row.Series; sr != nil {
			n := len(sr.Elapsed)
			if shortest == 0 || n < shortest {
				shortest = n
			}
			most, longest, trials = max(most, n), max(longest, sr.Elapsed[n-1]), max(trials, sr.Trials)
		}
	}
	if trials == 0 {
		return nil
	}
	over := fmt.Sprintf("%.0f s", longest)
	if trials > 1 {
		over = fmt.Sprintf("%s, %s per arm", over, prose.Count(trials, "trial"))
	}
	caption := fmt.Sprintf("%s on %s: by the second, over %s.", s.factors.Workload, s.target(), over)
	t := s.table("series", caption, s.seriesColumns(most > shortest), []document.Step{
		breakNames(30), breakNames(24), drop("seconds"), breakNames(16), drop(keySeriesShootdowns), drop("max"),
		drop("min"),
		drop(keySeriesDevice), drop("faults")})
	t.Notes = document.Notes(seriesNote(trials))
	return t
}

// seriesNote says what the figures of the table are of.
func seriesNote(trials int) string {
	text := "Of the body alone, and means over time. Slowest, fastest: a single second"
	if trials > 1 {
		text = "Of the body alone, and means over time of the median trial of each second. " +
			"Slowest, fastest: a single second of any trial"
	}
	return text + ". Last quarter: of the time; it tells whether the speed lasts."
}

// seriesColumns lists the columns for which the section has figures. seconds: the
// rows differ in how many seconds they have.
func (s *section) seriesColumns(seconds bool) (columns []rowColumn) {
	add := func(c document.Column, cell func(*analysis.Series) document.Cell) {
		columns = append(columns, rowColumn{c, func(l line) document.Cell {
			if l.row.Series == nil {
				return unknown
			}
			return cell(l.row.Series)
		}})
	}
	rate := func(key, heading, what string, of func(*analysis.Series) float64) {
		add(document.Column{Key: key, Heading: "MiB/s\n" + heading, What: what, Unit: "MiB/s"},
			func(s *analysis.Series) document.Cell {
				v := of(s) / words.MiB
				return figureCell(&v, words.Significant3)
			})
	}
	if seconds {
		add(document.Column{Key: "seconds", Heading: "seconds", What: "the number of seconds"},
			func(s *analysis.Series) document.Cell {
				return document.Cell{Value: len(s.Elapsed), Text: fmt.Sprint(len(s.Elapsed))}
			})
	}
	rate("mean", "mean", "", func(s *analysis.Series) float64 { return s.Mean })
	rate("min", "slowest", "the slowest second", func(s *analysis.Series) float64 { return s.Min })
	rate("max", "fastest", "the fastest second", func(s *analysis.Series) float64 { return s.Max })
	rate("last", "last quarter", "", func(s *analysis.Series) float64 { return s.LastQuarter })
	for _, p := range seriesPanels {
		known := func(r *analysis.Row) bool { return r.Series != nil && p.of(r.Series).Median != nil }
		if p.key == "" || !s.any(known) {
			continue
		}
		add(document.Column{Key: p.key, Heading: p.head, What: p.name}, func(s *analysis.Series) document.Cell {
			c := p.of(s)
			if c.Median == nil {
				return unknown
			}
			v := s.Over(c, 0) / p.unit
			return figureCell(&v, words.Significant3)
		})
	}
	return columns
}
