package report

import (
	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/document"
)

// memoryChart shows the most memory that a trial's process took, one panel per group. It
// returns nil where no arm knows it.
func memoryChart(f figure) *document.Chart {
	s := f.section
	if !s.any(func(r *analysis.Row) bool { return r.Memory.Peak != nil }) {
		return nil
	}
	note := "Medians, of the whole process; of a command, of its largest one. Pages of a mapped file count in full, " +
		"although they are the page cache's, which other programs share."
	return f.barChart("memory", barChart{title: f.title("memory"), notes: []string{note},
		panel: func(g *analysis.Group) document.BarPanel {
			return document.BarPanel{Axis: "peak memory (MiB)", Bars: bars(s.backends(), g, f.memoryBar)}
		}})
}

func (f figure) memoryBar(r *analysis.Row) document.Bar {
	if r.Memory.Peak == nil {
		return document.Bar{Label: "not measured"}
	}
	return document.Bar{Parts: []document.Part{{Length: *r.Memory.Peak / (1 << 20), Look: f.look(r.Name)}},
		Label: units.FormatSize(int64(*r.Memory.Peak))}
}

// memory is the cell of the peak.
func memory(r *analysis.Row) document.Cell {
	if r.Memory.Peak == nil {
		return unknown
	}
	bytes := int64(*r.Memory.Peak)
	return document.Cell{Value: bytes, Text: units.FormatSize(bytes)}
}
