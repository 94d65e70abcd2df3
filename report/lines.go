package report

import "mmapbench/analysis"

// A line is one row of a table with what it needs to know of its group.
type line struct {
	group *analysis.Group
	row   *analysis.Row
	first bool // the line begins its group
	won   bool // shown to be the fastest of its group
}

// lines lists the section's rows.
func (s *section) lines() []line {
	var lines []line
	for i := range s.groups {
		g := &s.groups[i]
		ranking := g.Rank()
		for j := range g.Rows {
			lines = append(lines, line{group: g, row: &g.Rows[j], first: j == 0,
				won: ranking.Kind == analysis.Won && ranking.Leader() == j})
		}
	}
	return lines
}
