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
	"mmapbench/results"
)

// costs say which part of the run's time was measured, and whether other numbers of laps
// would bring more.
func costs(s *analysis.Summary, sections []section) (lines document.Lines) {
	all := s.Costs()
	if len(all) == 0 {
		return nil
	}
	var parts []string
	for _, c := range all[1:] {
		parts = append(parts, fmt.Sprintf("%s %.0f%%", cmp.Or(c.State, "no cache state"), 100*c.Share()))
	}
	lines = append(lines, fmt.Sprintf("Within timed laps: %.0f%% of the time of all trials (%s).", 100*all[0].Share(),
		strings.Join(parts, ", ")))
	for _, sec := range sections {
		low, high, made := math.Inf(1), 0.0, 0.0
		for _, l := range sec.lines() {
			if p := l.row.Laps; p != nil && p.Best != nil {
				low, high, made = min(low, *p.Best), max(high, *p.Best), max(made, p.Made)
			}
		}
		if high > 0 {
			lines = append(lines, fmt.Sprintf("Laps of %s: up to %s in a trial; %s to %s would bring the most for the "+
				"time.", sec.terms().Work, units.FormatNumber(made), units.FormatNumber(low), units.FormatNumber(high)))
		}
	}
	return lines
}

// cpuSpeed is the speed by processor time of work on a cached file: elsewhere the device
// has a part in the time that the processor does not see.
func cpuSpeed(r *analysis.Row) document.Cell {
	if !ofProcessor(r) {
		return unknown
	}
	c := ratioCell(r.CPUSpeed, "")
	c.Narrow = narrowed(c.Text)
	return c
}

func ofProcessor(r *analysis.Row) bool {
	return r.CPUSpeed != nil && slices.Contains([]string{results.Cached, results.Mapped}, r.Cache)
}
