package report

import (
	"fmt"
	"slices"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/document"
	"mmapbench/report/words"
)

// throughputChart compares the backends' throughput, one panel per cache state
// and, where there are several record sizes, for the smallest and the largest;
// recordsChart has those between. Without a rate the times stand for it. It returns nil
// without a usable trial.
func throughputChart(f figure) *document.Chart {
	s := f.section
	if !s.counted() {
		return timeChart(f)
	}
	return f.barChart("throughput", barChart{
		title: f.title("throughput"),
		notes: []string{whiskerNote(s, "* no interval")},
		panel: func(g *analysis.Group) document.BarPanel {
			return document.BarPanel{Axis: "MiB/s", Bars: bars(s.backends(), g, func(r *analysis.Row) document.Bar {
				if r.Rate == nil {
					return document.Bar{Label: "no rate"}
				}
				return f.bar(r, r.Rate, words.MiB, words.Significant3(r.Rate.Median/words.MiB))
			})}
		},
	})
}

// bar is that of a row's figure, written as text, on an axis in units of that size.
func (f *figure) bar(r *analysis.Row, e *analysis.Estimate, unit float64, text string) document.Bar {
	b := document.Bar{Parts: []document.Part{{Length: e.Median / unit, Look: f.look(r.Name)}}, Label: text}
	b.Interval = scaled(e.Interval, unit)
	if b.Interval == nil {
		b.Label += "*"
	}
	return b
}

// scaled is an interval in units of that size.
func scaled(i *analysis.Interval, unit float64) *document.Interval {
	if i == nil {
		return nil
	}
	return &document.Interval{Low: i.Low / unit, High: i.High / unit}
}

// whiskerNote says what is drawn for a rate, and why some have no whiskers;
// mark is how those are recognized.
func whiskerNote(s *section, mark string) string {
	return intervalNote(mark, slices.ContainsFunc(s.lines(), func(l line) bool {
		return l.row.Rate != nil && l.row.Rate.Interval == nil
	}))
}

// intervalNote is the same for any figure, some of which may be lacking their
// intervals.
func intervalNote(mark string, lacking bool) string {
	note := fmt.Sprintf("Medians; whiskers: intervals with a confidence of %.0f%%.", 100*analysis.Confidence)
	if lacking {
		note += fmt.Sprintf(" %s: fewer than %d usable trials.", mark, analysis.MinN(analysis.Confidence))
	}
	return note
}

// ownScales is a note of charts in which panels beside each other have other scales.
const ownScales = "Each cache state has a scale of its own."

// A barChart is what the charts of one panel per group have in common.
type barChart struct {
	title  string
	legend []document.Entry
	notes  []string
	panel  func(g *analysis.Group) document.BarPanel
}

// barChart lays the panels out: cache states beside each other, the smallest
// and the largest record below each other.
func (f figure) barChart(name string, b barChart) *document.Chart {
	s := f.section
	if _, most := s.trials(); most == 0 {
		return nil
	}
	groups, note := s.shown()
	if note != "" {
		b.notes = append(b.notes, note)
	}
	if len(s.caches()) > 1 {
		b.notes = append(b.notes, ownScales)
	}
	grid := &document.Bars{Names: s.backends()}
	for _, row := range pairs(groups) {
		var panels []document.BarPanel
		for _, group := range row {
			p := b.panel(group)
			p.Title, p.Scale = panelName(group, len(s.records()) > 1), "of "+group.Factors.Cache
			panels = append(panels, p)
		}
		grid.Rows = append(grid.Rows, panels)
	}
	return &document.Chart{Name: f.prefix + "-" + name, Kind: name, Title: b.title, Subtitle: f.subtitle(),
		Legend: b.legend, Notes: b.notes, Bars: grid}
}

// shown returns the groups that get a panel where there is one for each: those
// of the smallest record and those of the largest, and a note if others are
// left out. Groups of one record follow each other.
func (s *section) shown() (groups [][]*analysis.Group, note string) {
	records := slices.Sorted(slices.Values(s.records()))
	if n := len(records); n > 2 {
		records = []int64{records[0], records[n-1]}
		note = "Of the record sizes the smallest and the largest are shown."
	}
	for _, record := range records {
		var same []*analysis.Group
		for i := range s.groups {
			if s.groups[i].Factors.Record == record {
				same = append(same, &s.groups[i])
			}
		}
		groups = append(groups, same)
	}
	return groups, note
}

// pairs breaks the lists into rows of at most two, the most that leaves panels
// wide enough for their figures.
func pairs[T any](lists [][]T) (rows [][]T) {
	for _, list := range lists {
		rows = slices.AppendSeq(rows, slices.Chunk(list, 2))
	}
	return rows
}

// groupName names a group by what the groups of a section differ in.
func groupName(g *analysis.Group, withRecord bool) string {
	name := words.Cache(g.Factors.Cache)
	if withRecord {
		if name != "" {
			name += ", "
		}
		name += "records of " + units.FormatSize(g.Factors.Record)
	}
	return name
}

func panelName(g *analysis.Group, withRecord bool) string {
	return words.Capitalize(groupName(g, withRecord))
}

// bars makes one bar per backend: of the rows that have usable trials, by the
// function; the others say that they have none.
func bars(backends []string, g *analysis.Group, of func(r *analysis.Row) document.Bar) []document.Bar {
	out := make([]document.Bar, len(backends))
	for i, name := range backends {
		k := slices.IndexFunc(g.Rows, func(r analysis.Row) bool { return r.Name == name })
		switch {
		case k < 0:
			out[i].Label = "not tried"
		case g.Rows[k].Usable == 0:
			out[i].Label = "no usable trial"
		default:
			out[i] = of(&g.Rows[k])
		}
	}
	return out
}
