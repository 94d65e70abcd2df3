package report

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg/draw"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/words"
)

// throughputChart compares the backends' throughput, one panel per cache state
// and, where there are several record sizes, for the smallest and the largest;
// recordsChart has those between. It returns nil without a usable trial.
func throughputChart(f figure) *Chart {
	s := f.section
	if s.commands() {
		return timeChart(f)
	}
	return f.barChart("throughput", barChart{
		title: f.title("throughput"),
		notes: []string{whiskerNote(s, "* no interval")},
		panel: func(g *analysis.Group) panel {
			return panel{axis: "MiB/s", bars: bars(s.backends(), g, func(r *analysis.Row, i int) bar {
				if r.Rate == nil {
					return bar{label: "no rate"}
				}
				b := bar{parts: []part{{r.Rate.Median / words.MiB, hue(i), plain}}, label: words.Significant3(r.Rate.Median / words.MiB)}
				if iv := r.Rate.Interval; iv != nil {
					b.interval = &analysis.Interval{Low: iv.Low / words.MiB, High: iv.High / words.MiB}
				} else {
					b.label += "*"
				}
				return b
			})}
		},
	})
}

// whiskerNote says what is drawn for a rate, and why some have no whiskers;
// mark is how those are recognised.
func whiskerNote(s *section, mark string) string {
	return intervalNote(mark, slices.ContainsFunc(s.lines(), func(l line) bool {
		return l.row.Rate != nil && l.row.Rate.Interval == nil
	}))
}

// intervalNote is the same for any figure, some of which may be lacking their
// intervals.
func intervalNote(mark string, lacking bool) string {
	note := fmt.Sprintf("Medians; whiskers: intervals with a confidence of at least %.0f%%.", 100*analysis.Confidence)
	if lacking {
		note += fmt.Sprintf(" %s: fewer than %d usable trials.", mark, analysis.MinN(analysis.Confidence))
	}
	return note
}

// A barChart is what the charts of one panel per group have in common.
type barChart struct {
	title  string
	legend []entry
	notes  []string
	panel  func(g *analysis.Group) panel
}

// barChart lays the panels out: cache states beside each other, the smallest
// and the largest record below each other.
func (f figure) barChart(name string, b barChart) *Chart {
	s := f.section
	if _, most := s.trials(); most == 0 {
		return nil
	}
	groups, note := s.shown()
	if note != "" {
		b.notes = append(b.notes, note)
	}
	g := &grid{names: s.backends()}
	for _, row := range pairs(groups) {
		var panels []panel
		for _, group := range row {
			p := b.panel(group)
			p.title = panelName(group, len(s.records()) > 1)
			panels = append(panels, p)
		}
		g.rows = append(g.rows, panels)
	}
	return f.gridChart(name, frame{title: b.title, subtitle: f.subtitle(), legend: b.legend, notes: b.notes}, g)
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

// gridChart puts a grid into a frame.
func (f figure) gridChart(name string, fr frame, g *grid) *Chart {
	return &Chart{Name: f.prefix + "-" + name, Width: chartWidth, Height: fr.above() + g.height() + fr.below(),
		draw: func(c draw.Canvas) { g.draw(fr.draw(c)) }}
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
// function, which also gets the backend's number; the others say that they have
// none.
func bars(backends []string, g *analysis.Group, of func(r *analysis.Row, i int) bar) []bar {
	out := make([]bar, len(backends))
	for i, name := range backends {
		k := slices.IndexFunc(g.Rows, func(r analysis.Row) bool { return r.Arm.Backend == name })
		switch {
		case k < 0:
			out[i].label = "not tried"
		case g.Rows[k].Usable == 0:
			out[i].label = "no usable trial"
		default:
			out[i] = of(&g.Rows[k], i)
		}
	}
	return out
}
