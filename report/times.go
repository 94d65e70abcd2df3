package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// times is the table of times. The order of its steps is the order of importance:
// first the interval is written shorter, then columns go that explain the result or
// repeat it in another unit, and long backends take more lines, before the evidence
// goes. The time and the comparison stay, and so does the interval of the time from
// 70 columns up. What the evidence is worth in all stands below the table in any case.
func (s *section) times(summary *analysis.Summary) *document.Table {
	t := s.table("times", s.caption(summary), s.timeColumns(), []document.Step{
		narrow(keyInterval), drop("memory"), drop("cpu"), drop("op"), drop("phases"), breakNames(30), drop("faults"),
		breakNames(24), drop(keyTrials),
		breakNames(16), drop(keyProof), drop(keyWrite), drop(keyRead), drop(keyFetched), drop("rate"), narrow(keySpeed),
		drop(keyInterval)})
	t.Notes = s.notes(t)
	return t
}

// timeColumns lists the columns for which the section has figures.
func (s *section) timeColumns() (columns []rowColumn) {
	add := func(is bool, c document.Column, cell func(r *analysis.Row) document.Cell) {
		if is {
			columns = append(columns, rowColumn{c, func(l line) document.Cell { return cell(l.row) }})
		}
	}
	fewest, most := s.trials()
	read, written := s.moves(reads), s.moves(writes)
	counted := s.counted()
	add(fewest != most, document.Column{Key: keyTrials, Heading: "n", What: "the number of trials"},
		func(r *analysis.Row) document.Cell { return document.Cell{Value: r.Usable, Text: fmt.Sprint(r.Usable)} })
	add(s.any(func(r *analysis.Row) bool { return r.Proof.N() > 0 }),
		document.Column{Key: keyProof, Heading: "strong\nproof", What: "how many proofs are strong"}, proof)
	add(true, document.Column{Key: "time", Heading: strings.Replace(s.terms().Time, " ", "\n", 1), Unit: "s"},
		func(r *analysis.Row) document.Cell { return median(r.Total, 1, words.Duration) })
	add(true, document.Column{Key: keyInterval, Heading: fmt.Sprintf("%.0f%%\ninterval", 100*analysis.Confidence),
		Narrow: "±", What: "the interval of the time"}, interval)
	add(counted, document.Column{Key: "rate", Heading: "MiB/s", Unit: "MiB/s"},
		func(r *analysis.Row) document.Cell { return median(r.Rate, words.MiB, words.Significant3) })
	add(counted, document.Column{Key: "op", Heading: "time per\naccess", What: "the time per access", Unit: "s"},
		func(r *analysis.Row) document.Cell { return median(r.PerOp, 1e9, words.Duration) })
	add(true, document.Column{Key: "faults", What: "page faults",
		Heading: "faults/" + s.groups[0].Rows[0].FaultsPer + "\nminor/major"}, faults)
	add(s.any(func(r *analysis.Row) bool { return r.Memory.Peak != nil }),
		document.Column{Key: "memory", Heading: "peak\nmemory", What: "the peak of memory", Unit: "bytes"}, memory)
	add(s.fetches(), document.Column{Key: keyFetched, Heading: "read from\ndevice",
		What: "what was read from the device", Unit: "bytes"}, fetched)
	add(counted, document.Column{Key: "phases", Heading: "% in setup/body/\nsync/teardown", What: "the phases"},
		phases)
	add(counted && (read.any || !written.any && read.known),
		document.Column{Key: keyRead, Heading: "device\nread", What: "device reads"},
		func(r *analysis.Row) document.Cell { return amplification(r.DeviceRead) })
	add(counted && written.any, document.Column{Key: keyWrite, Heading: "device\nwrite", What: "device writes"},
		func(r *analysis.Row) document.Cell { return amplification(r.DeviceWrite) })
	add(s.any(ofProcessor), document.Column{Key: "cpu", Heading: "by processor\ntime",
		What: "the speed by processor time"}, cpuSpeed)
	return append(columns, rowColumn{document.Column{Key: keySpeed, Heading: "speed\nvs first"}, speedCell})
}

// speedCell is the speed of a row against the first, with the tone of the row.
func speedCell(l line) document.Cell {
	c := speed(l.row)
	c.Narrow, c.Tone = narrowed(c.Text), l.tone()
	return c
}

// proof writes "10/12": ten of twelve are strong.
func proof(r *analysis.Row) document.Cell {
	if r.Proof.N() == 0 {
		return unknown
	}
	return document.Text(fmt.Sprintf("%d/%d", r.Proof.Strong, r.Proof.N()))
}

func interval(r *analysis.Row) document.Cell {
	e := r.Total
	switch {
	case e == nil:
		return unknown
	case e.Interval == nil:
		return document.Text(words.NoInterval())
	}
	c := document.Text(words.Durations(e.Interval.Low, "–", e.Interval.High))
	c.Narrow = words.Margin(e)
	return c
}

func faults(r *analysis.Row) document.Cell {
	if r.MinorFaults == nil || r.MajorFaults == nil {
		return unknown
	}
	return document.Text(units.FormatNumber(*r.MinorFaults) + "/" + units.FormatNumber(*r.MajorFaults))
}

// fetched is what a run of a command read from the device.
func fetched(r *analysis.Row) document.Cell {
	if r.BlocksIn == nil {
		return unknown
	}
	bytes := int64(512 * *r.BlocksIn)
	return document.Cell{Value: bytes, Text: units.FormatSize(bytes)}
}

// booked marks device bytes that are those booked to the process.
const booked = "*"

// negligible is a part of a byte per byte that nobody needs to the digit.
const negligible = 0.001

// amplification writes "1.02", with a mark where the device itself was not asked.
func amplification(a analysis.Amplification) document.Cell {
	return figureCell(a.Median, func(f float64) string {
		text := units.FormatNumber(f)
		if f > 0 && f < negligible {
			text = fmt.Sprintf("<%v", negligible) // a page of metadata
		}
		if a.Own {
			text += booked
		}
		return text
	})
}

// phases writes "2/97/–/1".
func phases(r *analysis.Row) document.Cell {
	if r.Phases == nil {
		return unknown
	}
	parts := make([]string, len(results.PhaseNames))
	for i, name := range results.PhaseNames {
		parts[i] = words.None
		for _, s := range r.Phases {
			if s.Name == name {
				parts[i] = fmt.Sprint(math.Round(100 * s.Fraction))
			}
		}
	}
	return document.Text(strings.Join(parts, "/"))
}

// speed writes "3.10 (2.84–3.31)".
func speed(r *analysis.Row) document.Cell {
	if r.Standing == analysis.Reference && r.Speed != nil {
		return document.Cell{Value: 1.0, Text: "1"}
	}
	return ratioCell(r.Speed, disagreement(r))
}

// opposed marks a speed that lies on another side of 1 than the medians of the times do.
const (
	opposed   = "!"
	disagrees = "the medians of the times say the opposite; what counts is the ratio within rounds."
)

func disagreement(r *analysis.Row) string {
	if r.Disagrees {
		return opposed
	}
	return ""
}

func (s *section) disagrees() bool { return s.any(func(r *analysis.Row) bool { return r.Disagrees }) }

// ratioCell writes "3.10 (2.84–3.31)", with a mark behind the ratio.
func ratioCell(e *analysis.Estimate, mark string) document.Cell {
	switch {
	case e == nil:
		return unknown
	case e.Interval == nil:
		return document.Cell{Value: e.Median, Text: words.Ratio(e.Median) + mark + " (" + words.NoInterval() + ")"}
	}
	return document.Cell{Value: e.Median, Text: fmt.Sprintf("%s%s (%s–%s)",
		words.Ratio(e.Median), mark, words.Ratio(e.Interval.Low), words.Ratio(e.Interval.High))}
}

// caption says what was measured, where, and how often.
func (s *section) caption(summary *analysis.Summary) string {
	head := s.terms().Work + " on " + s.place(summary)
	fewest, most := s.trials()
	trials := prose.Count(most, "usable trial") + " per arm"
	if fewest != most {
		trials = fmt.Sprintf("%d to %s", fewest, trials)
	}
	if facts := s.shared(s.differing()...); len(facts) > 0 { // commands without files have none
		head += ": " + strings.Join(facts, ", ")
	}
	return fmt.Sprintf("%s. %s; %s.", head, words.Capitalize(words.Progress(summary)), trials)
}

// place names the target, its device and the machine.
func (s *section) place(summary *analysis.Summary) string {
	where := words.Place(s.target(), summary.Host().DeviceName(s.factors.Target))
	return where + ", " + summary.Host().MachineName()
}

// notes say how to read the table and what is not in it.
func (s *section) notes(t *document.Table) []document.Note {
	first := s.groups[0].Rows[0].Name
	notes := document.Notes(fmt.Sprintf("Medians with intervals of %.0f%% confidence, each by itself. "+
		"Speed: how many times as fast as %s, paired by round.", 100*analysis.Confidence, first))
	if s.disagrees() {
		notes = append(notes, document.Note{Text: opposed + ": " + disagrees, Of: []string{keySpeed}})
	}
	if s.lacksInterval() {
		notes = append(notes, document.Notes(fmt.Sprintf("%s: too few rounds for an interval.", words.NoInterval()))...)
	}
	notes = append(notes, s.deviceNote(t)...)
	notes = append(notes, document.Notes(words.ProofNote(s.groups), words.Capitalize(words.LeftOut(s.groups)),
		s.settleNote())...)
	return append(notes, document.Notes(s.warnings()...)...)
}

// lacksInterval reports whether a figure stands without its interval.
func (s *section) lacksInterval() bool {
	return slices.ContainsFunc(s.lines(), func(l line) bool {
		lacks := func(e *analysis.Estimate) bool { return e != nil && e.Interval == nil }
		return lacks(l.row.Total) || !l.first && lacks(l.row.Speed)
	})
}
