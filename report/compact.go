package report

import (
	"fmt"
	"math"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/document"
	"mmapbench/report/words"
)

// The key of the column that explains the others.
const keyWhy = "why"

// compact is the table of times that a run ends with. It fits a terminal of 80 columns,
// and what must be known of its columns is said once for all tables, by compactNotes.
func (s *section) compact() *document.Table {
	caption := s.terms().Work + " on " + s.target()
	if facts := s.shared(s.differing()...); len(facts) > 0 {
		caption += ": " + strings.Join(facts, ", ")
	}
	t := s.table("times", caption, s.compactColumns(), []document.Step{
		breakNames(24), breakNames(16), drop(keyWhy), drop("rate"), narrow(keySpeed), drop(keyInterval)})
	t.Close = true
	groups := t.Groups
	t.Groups = nil
	for i, g := range groups {
		if i > 0 && s.groups[i].Factors.Cache == s.groups[i-1].Factors.Cache {
			last := &t.Groups[len(t.Groups)-1]
			last.Rows = append(last.Rows, g.Rows...)
			continue
		}
		t.Groups = append(t.Groups, g)
	}
	return t
}

func (s *section) compactColumns() []rowColumn {
	of := func(c document.Column, cell func(r *analysis.Row) document.Cell) rowColumn {
		return rowColumn{c, func(l line) document.Cell { return cell(l.row) }}
	}
	columns := []rowColumn{
		of(document.Column{Key: "time", Heading: "time", Unit: "s"},
			func(r *analysis.Row) document.Cell { return median(r.Total, 1, words.Duration) }),
		of(document.Column{Key: keyInterval, Heading: "±%", Optional: true}, margin)}
	if s.counted() {
		columns = append(columns, of(document.Column{Key: "rate", Heading: "MiB/s", Unit: "MiB/s", Optional: true},
			func(r *analysis.Row) document.Cell { return median(r.Rate, words.MiB, words.Significant3) }))
	}
	if why := s.why(); why != nil {
		columns = append(columns, of(document.Column{Key: keyWhy, Heading: why.heading, Optional: true}, why.cell))
	}
	return append(columns, rowColumn{document.Column{Key: keySpeed, Heading: "speed vs first"}, briefSpeed})
}

// briefSpeed has two digits after the point where the speed has them: "0.23 (0.08–0.90)".
func briefSpeed(l line) document.Cell {
	c := speedCell(l)
	if e := l.row.Speed; e != nil && e.Interval != nil && e.Median >= 0.1 && e.Interval.Low >= 0.01 &&
		e.Interval.Low < 0.1 {
		c.Text = fmt.Sprintf("%s%s (%.2f–%s)", words.Ratio(e.Median), disagreement(l.row), e.Interval.Low,
			words.Ratio(e.Interval.High))
		c.Narrow = narrowed(c.Text)
	}
	return c
}

// margin is the longer side of the interval of the time in percent of the time, to two
// digits.
func margin(r *analysis.Row) document.Cell {
	switch e := r.Total; {
	case e == nil:
		return unknown
	case e.Interval == nil:
		return document.Text(words.NoInterval())
	default:
		share := 100 * max(e.Interval.High-e.Median, e.Median-e.Interval.Low) / e.Median
		digits := 0
		if share < 9.95 {
			digits = 1
		}
		return document.Cell{Value: share, Text: fmt.Sprintf("%.*f", digits, share)}
	}
}

// An explanation is a figure that may say why one backend is faster than another.
type explanation struct {
	heading, note string
	floor         float64 // what is below makes no difference
	of            func(*analysis.Row) *float64
	cell          func(*analysis.Row) document.Cell
}

// explanations are those that a table may have, the weightiest first.
var explanations = []explanation{
	{"read", "read: bytes that the device read per byte asked for", 0.5,
		func(r *analysis.Row) *float64 { return r.DeviceRead.Median },
		func(r *analysis.Row) document.Cell { return amplification(r.DeviceRead) }},
	{"written", "written: bytes that the device wrote per byte asked for", 0.5,
		func(r *analysis.Row) *float64 { return r.DeviceWrite.Median },
		func(r *analysis.Row) document.Cell { return amplification(r.DeviceWrite) }},
	{"fetched", "fetched: bytes read from the device", 1 << 20 / 512, unitsRead, fetched},
	{"faults", "faults: page faults per ", 1, allFaults,
		func(r *analysis.Row) document.Cell { return figureCell(allFaults(r), units.FormatNumber) }},
}

// unitsRead are the units of 512 bytes that were read for a row of which it is not known
// how many bytes it asked for.
func unitsRead(r *analysis.Row) *float64 {
	if r.Bytes > 0 {
		return nil
	}
	return r.BlocksIn
}

func allFaults(r *analysis.Row) *float64 {
	if r.MinorFaults == nil || r.MajorFaults == nil {
		return nil
	}
	sum := *r.MinorFaults + *r.MajorFaults
	return &sum
}

// why is the weightiest explanation in which two backends of one group differ by a factor
// of two; nil where there is none.
func (s *section) why() *explanation {
	for i := range explanations {
		e := &explanations[i]
		for k := range s.groups {
			low, high := math.Inf(1), 0.0
			for j := range s.groups[k].Rows {
				if v := e.of(&s.groups[k].Rows[j]); v != nil {
					low, high = min(low, *v), max(high, *v)
				}
			}
			if high >= 2*max(low, e.floor) {
				return e
			}
		}
	}
	return nil
}

// compactNotes say once what concerns all tables, and how to see what they leave out.
func compactNotes(summary *analysis.Summary, all []section) document.Lines {
	lap := "median lap"
	if n := summary.Header.Plan.ColdLaps; n > 1 {
		lap += fmt.Sprintf(", of cold reads the least of %d", n)
	}
	key := fmt.Sprintf("Time: %s; ±%%: its %.0f%% interval. Speed: times as fast as the first %s, paired by "+
		"round, with its %.0f%% interval.", lap, 100*analysis.Confidence, kindOf(&all[0].groups[0]),
		100*analysis.Confidence)
	var where, notes []string
	own, lacking, disagree := false, false, false
	fewest, most := all[0].trials()
	for i := range all {
		s := &all[i]
		if place := words.Place(s.target(), summary.Host().DeviceName(s.factors.Target)); place != s.target() {
			where = append(where, place)
		}
		low, high := s.trials()
		fewest, most = min(fewest, low), max(most, high)
		lacking, disagree = lacking || s.lacksInterval(), disagree || s.disagrees()
		if why := s.why(); why != nil {
			note := why.note
			if why.heading == "faults" {
				note += s.groups[0].Rows[0].FaultsPer
			}
			notes = append(notes, note)
			own = own || why.heading == "read" && s.moves(reads).processOnly ||
				why.heading == "written" && s.moves(writes).processOnly
		}
	}
	same := func(text string) string { return text }
	where, notes = words.Distinct(where, same), words.Distinct(notes, same)
	if len(notes) > 0 {
		key += " " + words.Capitalize(strings.Join(notes, "; ")) + "."
	}
	if own {
		key += " " + booked + ": of the process alone."
	}
	if disagree {
		key += " " + opposed + ": " + disagrees
	}
	if lacking {
		key += " " + words.NoInterval() + ": too few rounds for an interval."
	}
	trials := prose.Count(most, "usable trial") + " per arm"
	if fewest != most {
		trials = fmt.Sprintf("%d to %s", fewest, trials)
	}
	lines := document.Lines{key, strings.Join(append(where, summary.Host().MachineName()), "; ") + "; " +
		trials + "."}
	for _, text := range append(given(&summary.Header), words.ProofNote(summary.Groups),
		words.Capitalize(words.LeftOut(summary.Groups)), skipped(summary.Header.Plan.LeftOut)) {
		if text != "" {
			lines = append(lines, text)
		}
	}
	lines = append(lines, "--detail adds latencies, phases, device bytes, proofs and what warnings mean.")
	return append(lines, briefWarnings(summary)...)
}
