package report

import (
	"slices"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
)

// targetCharts set the throughput on each target beside that on the others, over one
// axis, a chart for the sections that differ in their target alone. It notes in the
// figures which of them are there.
func targetCharts(s *analysis.Summary, list []figure) (charts []*document.Chart) {
	if len(s.Header.Plan.Targets) < 2 || s.Header.Plan.Gate != nil {
		return nil
	}
	alike := func(a, b *figure) bool {
		target := words.Factor("target")
		return a.section.factors.Without(target) == b.section.factors.Without(target)
	}
	for i := range list {
		first := &list[i]
		if first.beside || !first.section.counted() {
			continue
		}
		var same []figure
		for k := i; k < len(list); k++ {
			if alike(first, &list[k]) {
				same = append(same, list[k])
			}
		}
		if len(same) < 2 {
			continue
		}
		for k := i; k < len(list); k++ {
			list[k].beside = list[k].beside || alike(first, &list[k])
		}
		if ch := targetChart(s, same); ch != nil {
			charts = append(charts, ch)
		}
	}
	return charts
}

// targetChart has the targets of each backend below each other.
func targetChart(s *analysis.Summary, same []figure) *document.Chart {
	f := same[0]
	backends := f.section.backends()
	ch := f.barChart("targets", barChart{title: f.title("throughput on each target"),
		notes: []string{whiskerNote(f.section, "* no interval")},
		panel: func(g *analysis.Group) document.BarPanel {
			p := document.BarPanel{Axis: "MiB/s"}
			for _, b := range backends {
				for i := range same {
					p.Bars = append(p.Bars, same[i].targetBar(g, b, i))
				}
			}
			return p
		}})
	if ch == nil {
		return nil
	}
	ch.Name = words.FileName(f.section.factors.Without(words.Factor("target")), nil, "targets")
	ch.Subtitle[0] = s.Host().MachineName()
	ch.Bars.Names = nil
	low, high := 0.0, 0.0
	for _, b := range backends {
		for i := range same {
			ch.Bars.Names = append(ch.Bars.Names, b+" on "+same[i].section.target())
		}
	}
	for _, row := range ch.Bars.Rows {
		for _, p := range row {
			for _, b := range p.Bars {
				if v := b.Length(); v > 0 && (low == 0 || v < low) {
					low = v
				}
				high = max(high, b.Length())
			}
		}
	}
	if high > wide*low { // then one logarithmic axis has them all
		ch.Notes = slices.DeleteFunc(ch.Notes, func(n string) bool { return n == ownScales })
		for _, row := range ch.Bars.Rows {
			for j := range row {
				row[j].Log, row[j].Dots, row[j].Scale = true, true, "all"
			}
		}
	}
	return ch
}

// targetBar is the bar of a backend on the i-th target, in the group like that of another
// target.
func (f *figure) targetBar(like *analysis.Group, backend string, i int) document.Bar {
	target := words.Factor("target")
	for k := range f.section.groups {
		g := &f.section.groups[k]
		if g.Factors.Cache != like.Factors.Cache || g.Factors.Record != like.Factors.Record ||
			g.Factors.Without(target, words.Factor("ops")) != like.Factors.Without(target, words.Factor("ops")) {
			continue
		}
		return bars([]string{backend}, g, func(r *analysis.Row) document.Bar {
			if r.Rate == nil {
				return document.Bar{Label: "no rate"}
			}
			b := f.bar(r, r.Rate, words.MiB, words.Significant3(r.Rate.Median/words.MiB))
			b.Parts[0].Look.Hatch = document.Hatch(i % 4)
			return b
		})[0]
	}
	return document.Bar{Label: "not tried"}
}
