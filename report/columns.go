package report

import (
	"fmt"
	"math"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/words"
	"mmapbench/results"
)

// The keys of columns that are treated specially.
const (
	keyCache    = "cache"
	keyRecord   = "record"
	keyBackend  = "backend"
	keyTrials   = "n"
	keyProof    = "proof"
	keyInterval = "interval"
	keyRead     = "read"
	keyFetched  = "fetched"
	keyWrite    = "write"
	keySpeed    = "speed"
)

// armColumns say which arm a line is about, in every table.
func armColumns() []column {
	return []column{
		{key: keyCache, head: "cache", left: true,
			cell: func(l line) string { return l.group.Factors.Cache }},
		{key: keyRecord, head: "record",
			cell: func(l line) string { return units.FormatSize(l.group.Factors.Record) }},
		{key: keyBackend, head: "backend", left: true,
			cell: func(l line) string { return l.row.Arm.Backend }},
	}
}

// timeColumns lists the columns of the table of times.
func timeColumns() []column {
	return []column{
		{key: keyTrials, head: "n", what: "the number of trials",
			cell: func(l line) string { return fmt.Sprint(l.row.Usable) }},
		{key: keyProof, head: "strong\nproof", what: "how many proofs are strong", cell: proof},
		{key: "time", head: "time\nper lap", cell: func(l line) string {
			return show(l.row.Total, func(e *analysis.Estimate) string { return words.Duration(e.Median) })
		}},
		{key: keyInterval, head: fmt.Sprintf("%.0f%%\ninterval", 100*analysis.Confidence), what: "the interval of the time",
			cell: func(l line) string { return show(l.row.Total, interval) }},
		{key: "rate", head: "MiB/s", what: "MiB/s", cell: func(l line) string {
			return show(l.row.Rate, func(e *analysis.Estimate) string { return words.Significant3(e.Median / words.MiB) })
		}},
		{key: "op", head: "time per\naccess", what: "the time per access", cell: func(l line) string {
			return show(l.row.PerOp, func(e *analysis.Estimate) string { return words.Duration(e.Median / 1e9) })
		}},
		{key: "faults", head: "faults/MiB\nminor/major", what: "page faults", cell: faults},
		{key: "phases", head: "% in setup/body/\nsync/teardown", what: "the phases", cell: phases},
		{key: keyRead, head: "device\nread", what: "device reads",
			cell: func(l line) string { return amplification(l.row.DeviceRead) }},
		{key: keyWrite, head: "device\nwrite", what: "device writes",
			cell: func(l line) string { return amplification(l.row.DeviceWrite) }},
		{key: keySpeed, head: "speed\nvs first", cell: speed},
	}
}

func show(e *analysis.Estimate, f func(*analysis.Estimate) string) string {
	if e == nil {
		return words.None
	}
	return f(e)
}

func interval(e *analysis.Estimate) string {
	if e.Interval == nil {
		return words.NoInterval()
	}
	return words.Span(words.Duration(e.Interval.Low), words.Duration(e.Interval.High))
}

func faults(l line) string {
	if l.row.MinorFaults == nil || l.row.MajorFaults == nil {
		return words.None
	}
	return units.FormatNumber(*l.row.MinorFaults) + "/" + units.FormatNumber(*l.row.MajorFaults)
}

// proof writes "10/12": ten of twelve are strong.
func proof(l line) string {
	p := l.row.Proof
	if p.N() == 0 {
		return words.None
	}
	return fmt.Sprintf("%d/%d", p.Strong, p.N())
}

// booked marks device bytes that are those booked to the process.
const booked = "*"

// amplification writes "1.02", with a mark where the device itself was not
// asked.
func amplification(a analysis.Amplification) string {
	if a.Median == nil {
		return words.None
	}
	text := units.FormatNumber(*a.Median)
	if *a.Median > 0 && *a.Median < negligible {
		text = fmt.Sprintf("<%v", negligible) // a page of metadata
	}
	if a.Own {
		text += booked
	}
	return text
}

// negligible is a part of a byte per byte that nobody needs to the digit.
const negligible = 0.001

// phases writes "2/97/–/1".
func phases(l line) string {
	if l.row.Phases == nil {
		return words.None
	}
	parts := make([]string, len(results.PhaseNames))
	for i, name := range results.PhaseNames {
		parts[i] = words.None
		for _, s := range l.row.Phases {
			if s.Name == name {
				parts[i] = fmt.Sprint(math.Round(100 * s.Fraction))
			}
		}
	}
	return strings.Join(parts, "/")
}

// speed writes "3.10 (2.84–3.31)".
func speed(l line) string {
	e := l.row.Speed
	switch {
	case e == nil:
		return words.None
	case l.row.Standing == analysis.Reference:
		return "1"
	case e.Interval == nil:
		return words.Ratio(e.Median) + " (" + words.NoInterval() + ")"
	}
	return fmt.Sprintf("%s (%s–%s)", words.Ratio(e.Median), words.Ratio(e.Interval.Low), words.Ratio(e.Interval.High))
}

// timeLayout chooses the columns of the table of times that fit into width (0:
// all do). The order of the steps is the order of importance: first the
// interval is written shorter, then columns go that explain the result or
// repeat it in another unit, and long backends take more lines, before the
// evidence goes. The time and the comparison stay, and so does the interval of
// the time from 70 columns up. What the evidence is worth in all stands below
// the table in any case.
func timeLayout(lines []line, s *section, width int) layout {
	l := newLayout(s, timeColumns())
	if fewest, most := s.trials(); fewest == most {
		l.remove(keyTrials) // the caption has it
	}
	if !s.any(func(r *analysis.Row) bool { return r.Proof.N() > 0 }) {
		l.remove(keyProof)
	}
	read, written := s.moves(reads), s.moves(writes)
	if !read.any && (written.any || !read.known) {
		l.remove(keyRead)
	}
	if !written.any {
		l.remove(keyWrite)
	}
	l.fit(lines, width, l.shortenInterval, l.drop("op"), l.drop("phases"), l.breakNames(30), l.drop("faults"),
		l.breakNames(24), l.drop(keyTrials), l.breakNames(16), l.drop(keyProof), l.drop(keyWrite), l.drop(keyRead), l.drop(keyFetched),
		l.drop("rate"), l.breakSpeed, l.drop(keyInterval))
	return l
}

func (l *layout) shortenInterval() {
	c := &l.columns[l.find(keyInterval)]
	c.head = "±"
	c.cell = func(ln line) string { return show(ln.row.Total, words.Margin) }
}

// breakSpeed puts the interval of the speed on a line of its own.
func (l *layout) breakSpeed() {
	l.columns[l.find(keySpeed)].cell = func(ln line) string {
		return strings.Replace(speed(ln), " (", "\n(", 1)
	}
}
