package report

import (
	"fmt"
	"math"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
)

// latencies is the table of single accesses, and of setup and sync beside them; nil
// where no access was timed.
func (s *section) latencies() *document.Table {
	known := s.any(func(r *analysis.Row) bool { return r.Latency != nil })
	missing := s.missingLatencies()
	if !known && len(missing) == 0 {
		return nil
	}
	caption := fmt.Sprintf("%s on %s: latency of single accesses, those of all usable trials together.",
		s.factors.Workload, s.target())
	t := s.table("latency", caption, s.latencyColumns(), []document.Step{
		breakNames(30), drop("timed"), drop("sync"), drop("setup"), breakNames(24), drop("every"), breakNames(16),
		drop("p90"), drop("p99.9")})
	if known {
		t.Notes = s.latencyNotes(t)
	}
	t.Notes = append(t.Notes, document.Notes(missing...)...)
	return t
}

// missingLatencies says which rows have none although accesses were timed.
func (s *section) missingLatencies() (notes []string) {
	for i := range s.groups {
		g := &s.groups[i]
		for _, r := range g.Rows {
			if r.LatencyReason == "" {
				continue
			}
			what := r.Name
			if name := groupName(g, len(s.records()) > 1); name != "" {
				what += ", " + name
			}
			notes = append(notes, fmt.Sprintf("No latencies of %s: %s.", what, r.LatencyReason))
		}
	}
	return notes
}

// syncs is the table of the syncs between records; nil where there were none.
func (s *section) syncs() *document.Table {
	of := func(r *analysis.Row) *analysis.Latency { return r.SyncLatency }
	if !s.any(func(r *analysis.Row) bool { return of(r) != nil }) {
		return nil
	}
	caption := fmt.Sprintf("%s on %s, %s: how long %s took, those of all usable trials together.",
		s.factors.Workload, s.target(), words.Factor("size").Phrase(&s.factors),
		words.Factor("sync").Phrase(&s.factors))
	return s.table("syncs", caption, percentiles(of, "the number of syncs"), []document.Step{
		breakNames(24), drop("timed"), breakNames(16), drop("p90")})
}

// percentiles are the columns of a distribution of times.
func percentiles(of func(*analysis.Row) *analysis.Latency, counted string) []rowColumn {
	add := func(c document.Column, cell func(*analysis.Latency) document.Cell) rowColumn {
		return rowColumn{c, func(l line) document.Cell {
			if of(l.row) == nil {
				return unknown
			}
			return cell(of(l.row))
		}}
	}
	var columns []rowColumn
	for _, p := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}} {
		columns = append(columns, add(document.Column{Key: p.name, Heading: p.name, Unit: "s"},
			func(l *analysis.Latency) document.Cell {
				t, ok := l.Quantile(p.share)
				if !ok {
					return unknown
				}
				return timeCell(t.Seconds())
			}))
	}
	return append(columns,
		add(document.Column{Key: "max", Heading: "max", Unit: "s"},
			func(l *analysis.Latency) document.Cell { return timeCell(l.Max.Seconds()) }),
		add(document.Column{Key: "timed", Heading: "timed", What: counted},
			func(l *analysis.Latency) document.Cell {
				return document.Cell{Value: l.Count, Text: fmt.Sprint(l.Count)}
			}))
}

func (s *section) latencyColumns() []rowColumn {
	of := func(r *analysis.Row) *analysis.Latency { return r.Latency }
	columns := append(percentiles(of, "the number of accesses timed"),
		rowColumn{document.Column{Key: "every", Heading: "one\nin", What: "the sampling (one in so many)"},
			func(l line) document.Cell {
				if of(l.row) == nil {
					return unknown
				}
				return document.Cell{Value: of(l.row).Every, Text: fmt.Sprint(of(l.row).Every)}
			}},
		rowColumn{document.Column{Key: "setup", Heading: "setup\nmedian/max", What: "the setup"},
			func(l line) document.Cell { return spread(l.row.Setup) }})
	if s.any(func(r *analysis.Row) bool { return r.Sync != nil }) {
		columns = append(columns, rowColumn{document.Column{Key: "sync", Heading: "sync\nmedian/max", What: "the sync"},
			func(l line) document.Cell { return spread(l.row.Sync) }})
	}
	return columns
}

// timeCell is the cell of a time.
func timeCell(s float64) document.Cell { return document.Cell{Value: s, Text: words.Duration(s)} }

// spread writes "18.1/20.4 µs".
func spread(s *analysis.Spread) document.Cell {
	if s == nil {
		return unknown
	}
	return document.Text(words.Durations(s.Median, "/", s.Most))
}

// latencyNotes say what the percentiles contain and what they lack.
func (s *section) latencyNotes(t *document.Table) []document.Note {
	low, high, every := math.Inf(1), 0.0, int64(1)
	few := false
	for _, l := range s.lines() {
		if lat := l.row.Latency; lat != nil {
			low, high, every = min(low, lat.Clock), max(high, lat.Clock), max(every, lat.Every)
			_, enough := lat.Quantile(0.999)
			few = few || !enough
		}
	}
	clock := words.Duration(low / 1e9)
	if words.Duration(high/1e9) != clock {
		clock = words.Durations(low/1e9, "–", high/1e9)
	}
	notes := document.Notes(fmt.Sprintf("Each latency contains one reading of the clock, %s.", clock))
	if every > 1 {
		notes = append(notes, document.Note{Text: fmt.Sprintf("At least one access in %d was timed.", every),
			Of: []string{"every"}, Hidden: true})
	}
	switch setup, sync := t.Column("setup") >= 0, t.Column("sync") >= 0; {
	case setup && sync:
		notes = append(notes, document.Note{Of: []string{"setup", "sync"},
			Text: "Setup and sync are in none of them; their times are per lap, over the trials."})
	case setup:
		notes = append(notes, document.Note{Of: []string{"setup"},
			Text: "The setup is in none of them; its times are per lap, over the trials."})
	}
	if few {
		notes = append(notes, document.Notes(
			words.None+": too few accesses were timed for one to be expected beyond.")...)
	}
	return notes
}
