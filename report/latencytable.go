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

func (s *section) latencyColumns() []rowColumn {
	add := func(c document.Column, cell func(*analysis.Latency) document.Cell) rowColumn {
		return rowColumn{c, func(l line) document.Cell {
			if l.row.Latency == nil {
				return unknown
			}
			return cell(l.row.Latency)
		}}
	}
	percentile := func(name, what string, p float64) rowColumn {
		return add(document.Column{Key: name, Heading: name, What: what, Unit: "s"},
			func(l *analysis.Latency) document.Cell {
				t, ok := l.Quantile(p)
				if !ok {
					return unknown
				}
				return timeCell(t.Seconds())
			})
	}
	count := func(n int64) document.Cell { return document.Cell{Value: n, Text: fmt.Sprint(n)} }
	columns := []rowColumn{
		percentile("p50", "", 0.5), percentile("p90", "", 0.9), percentile("p99", "", 0.99),
		percentile("p99.9", "", 0.999),
		add(document.Column{Key: "max", Heading: "max", Unit: "s"},
			func(l *analysis.Latency) document.Cell { return timeCell(l.Max.Seconds()) }),
		add(document.Column{Key: "timed", Heading: "timed", What: "the number of accesses timed"},
			func(l *analysis.Latency) document.Cell { return count(l.Count) }),
		add(document.Column{Key: "every", Heading: "one\nin", What: "the sampling (one in so many)"},
			func(l *analysis.Latency) document.Cell { return count(l.Every) }),
	}
	columns = append(columns, rowColumn{document.Column{Key: "setup", Heading: "setup\nmedian/max", What: "the setup"},
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
