package report

import (
	"fmt"
	"math"
	"strings"

	"mmapbench/analysis"
	"mmapbench/report/words"
)

// latencyTable is the table of single accesses, and of setup and sync beside
// them; none where no access was timed.
func (s *section) latencyTable(lines []line, width int) []table {
	known := s.any(func(r *analysis.Row) bool { return r.Latency != nil })
	missing := s.missingLatencies()
	if !known && len(missing) == 0 {
		return nil
	}
	l := newLayout(s, latencyColumns())
	if !s.any(func(r *analysis.Row) bool { return r.Sync != nil }) {
		l.remove("sync")
	}
	l.fit(lines, width, l.breakNames(30), l.drop("timed"), l.drop("sync"), l.drop("setup"), l.breakNames(24),
		l.drop("every"), l.breakNames(16), l.drop("p90"), l.drop("p99.9"))
	t := table{caption: fmt.Sprintf("%s on %s: latency of single accesses, those of all usable trials together.",
		s.factors.Workload, s.factors.Target), layout: l}
	if known {
		t.notes = append(t.notes, s.latencyNote(&l))
	}
	t.notes = append(t.notes, missing...)
	return []table{t}
}

// missingLatencies says which rows have none although accesses were timed.
func (s *section) missingLatencies() (notes []string) {
	for i := range s.groups {
		g := &s.groups[i]
		for _, r := range g.Rows {
			if r.LatencyReason == "" {
				continue
			}
			what := r.Arm.Backend
			if name := groupName(g, len(s.records()) > 1); name != "" {
				what += ", " + name
			}
			notes = append(notes, fmt.Sprintf("No latencies of %s: %s.", what, r.LatencyReason))
		}
	}
	return notes
}

func latencyColumns() []column {
	of := func(f func(*analysis.Latency) string) func(line) string {
		return func(l line) string {
			if l.row.Latency == nil {
				return words.None
			}
			return f(l.row.Latency)
		}
	}
	percentile := func(p float64) func(line) string {
		return of(func(l *analysis.Latency) string {
			t, ok := l.Quantile(p)
			if !ok {
				return words.None
			}
			return words.Duration(t.Seconds())
		})
	}
	return []column{
		{key: "p50", head: "p50", cell: percentile(0.5)},
		{key: "p90", head: "p90", what: "p90", cell: percentile(0.9)},
		{key: "p99", head: "p99", cell: percentile(0.99)},
		{key: "p99.9", head: "p99.9", what: "p99.9", cell: percentile(0.999)},
		{key: "max", head: "max", cell: of(func(l *analysis.Latency) string { return words.Duration(l.Max.Seconds()) })},
		{key: "timed", head: "timed", what: "the number of accesses timed",
			cell: of(func(l *analysis.Latency) string { return fmt.Sprint(l.Count) })},
		{key: "every", head: "one\nin", what: "the sampling (one in so many)",
			cell: of(func(l *analysis.Latency) string { return fmt.Sprint(l.Every) })},
		{key: "setup", head: "setup\nmedian/max", what: "the setup",
			cell: func(l line) string { return spread(l.row.Setup) }},
		{key: "sync", head: "sync\nmedian/max", what: "the sync",
			cell: func(l line) string { return spread(l.row.Sync) }},
	}
}

// spread writes "18.1/20.4 µs".
func spread(s *analysis.Spread) string {
	if s == nil {
		return words.None
	}
	return strings.Replace(words.Span(words.Duration(s.Median), words.Duration(s.Most)), "–", "/", 1)
}

// latencyNote says what the percentiles contain and what they lack.
func (s *section) latencyNote(l *layout) string {
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
	if other := words.Duration(high / 1e9); other != clock {
		clock = words.Span(clock, other)
	}
	text := fmt.Sprintf("Each latency contains one reading of the clock, %s.", clock)
	if every > 1 && l.find("every") < 0 {
		text += fmt.Sprintf(" At least one access in %d was timed.", every)
	}
	switch setup, sync := l.find("setup") >= 0, l.find("sync") >= 0; {
	case setup && sync:
		text += " Setup and sync are in none of them; their times are per lap, over the trials."
	case setup:
		text += " The setup is in none of them; its times are per lap, over the trials."
	}
	if few {
		text += fmt.Sprintf(" %s: too few accesses were timed for one to be expected beyond.", words.None)
	}
	return text
}
