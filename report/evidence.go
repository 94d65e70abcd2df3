package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// The directions of the device's bytes.
func reads(r *analysis.Row) analysis.Amplification  { return r.DeviceRead }
func writes(r *analysis.Row) analysis.Amplification { return r.DeviceWrite }

// directionFacts are what a section knows of the bytes in one direction.
type directionFacts struct {
	known         bool   // true for one row at least
	any           bool   // known, and not 0 in all rows
	missingReason string // why a row does not know its bytes
	processOnly   bool   // one row knows only the bytes booked to the process
	allProcess    bool   // every row that knows its bytes knows only those booked to the process
	processReason string // why a row knows only the bytes booked to the process
}

func (s *section) moves(direction func(*analysis.Row) analysis.Amplification) (d directionFacts) {
	for _, l := range s.lines() {
		a := direction(l.row)
		switch {
		case a.Median == nil:
			d.missingReason = cmp.Or(d.missingReason, a.Reason)
			continue
		case a.Own:
			d.processOnly, d.processReason = true, cmp.Or(d.processReason, a.Reason)
		}
		d.allProcess = a.Own && (d.allProcess || !d.known)
		d.known, d.any = true, d.any || *a.Median > 0
	}
	return d
}

// mark is the mark of a figure that is booked to the process in all rows.
func (d directionFacts) mark() string {
	if d.allProcess {
		return booked
	}
	return ""
}

// fetches reports whether arms of which no more is known read from the device.
func (s *section) fetches() bool {
	return !s.counted() && s.any(func(r *analysis.Row) bool { return r.BlocksIn != nil && *r.BlocksIn > 0 })
}

// deviceNote says what the columns of the device's bytes are, and why some of the
// bytes are not known.
func (s *section) deviceNote(t *document.Table) []document.Note {
	if !s.counted() {
		return []document.Note{{Of: []string{keyFetched},
			Text: "Faults and what was read from the device: of a run, " + s.terms().Whose + "."}}
	}
	read, written := s.moves(reads), s.moves(writes)
	why := cmp.Or(read.missingReason, written.missingReason)
	if !read.known && !written.known && why != "" {
		return document.Notes("How many bytes the device moved is not known: " + why + ".")
	}
	text := "Device: bytes that it moved per byte that the workload asked for."
	if read.known && !read.any && t.Column(keyRead) < 0 {
		text += " Reads: 0" + read.mark() + "."
	}
	if written.known && !written.any {
		text += " Writes: 0" + written.mark() + "."
	}
	if read.processOnly || written.processOnly {
		text += " " + booked + ": only what is booked to the process"
		if reason := cmp.Or(read.processReason, written.processReason); reason != "" {
			text += " (" + reason + ")"
		}
		text += "."
	}
	if why != "" {
		text += " " + words.None + ": not known (" + why + ")."
	}
	return []document.Note{{Text: text, Of: []string{keyRead, keyWrite}}}
}

// weakProof says that not all is proven, where that is too little to stand above the tables.
func weakProof(groups []analysis.Group) string {
	p := words.Proofs(groups)
	if p.Weak == 0 || matters(p.Weak, p.N()) {
		return ""
	}
	return fmt.Sprintf("The cache state of %d of %s is proven only weakly.", p.Weak, prose.Count(p.N(), "trial"))
}

// settleNote says how long trials waited for earlier writes.
func (s *section) settleNote() string {
	var all analysis.Settle
	for _, l := range s.lines() {
		all.Add(l.row.Settle)
	}
	if all.Total <= 0 {
		return ""
	}
	return fmt.Sprintf("Settling took %s in all, at most %s before a trial.",
		units.FormatDuration(all.Total), units.FormatDuration(all.Most))
}

// warnings explains each code of the section's trials once.
func (s *section) warnings() []string {
	codes, trials := words.TrialWarnings(s.groups)
	lines := make([]string, len(codes))
	for i, c := range codes {
		lines[i] = fmt.Sprintf("Warning: %s in %d of %s%s",
			c.What, c.N, prose.Count(trials, "trial"), words.Explained(c.What))
	}
	return lines
}

// runWarnings explains each code that concerns the machine or a target once.
func runWarnings(warnings []results.Warning) []string {
	codes, about := machineWarnings(warnings)
	lines := make([]string, len(codes))
	for i, code := range codes {
		lines[i] = "Warning for the whole run: " + code
		if about[code] != "" {
			lines[i] += " (" + about[code] + ")"
		}
		lines[i] += words.Explained(code)
	}
	return lines
}

// briefWarnings are all warnings of a run, a line each below a first one: how often, and
// what to do.
func briefWarnings(summary *analysis.Summary) (lines []string) {
	codes, trials := words.TrialWarnings(summary.Groups)
	for _, c := range codes {
		lines = append(lines, fmt.Sprintf("%s in %d of %s%s", c.What, c.N, prose.Count(trials, "trial"),
			words.Fix(c.What)))
	}
	whole, about := machineWarnings(summary.Header.Warnings)
	for _, code := range whole {
		line := code
		if about[code] != "" {
			line += " (" + about[code] + ")"
		}
		lines = append(lines, line+words.Fix(code))
	}
	if len(lines) > 0 {
		lines = append([]string{"Warnings, and what to do:"}, lines...)
	}
	return lines
}

// machineWarnings lists the codes in the order of results.WarningTexts, and for
// each what it is about: "sd: 512 KiB; nvme: 256 KiB".
func machineWarnings(all []results.Warning) (codes []string, about map[string]string) {
	about = make(map[string]string)
	for _, w := range all {
		what := w.Detail
		switch {
		case w.About != "" && what != "":
			what = w.About + ": " + what
		case w.About != "":
			what = w.About
		}
		if !slices.Contains(codes, w.Code) {
			codes = append(codes, w.Code)
			about[w.Code] = what
		} else if what != "" {
			about[w.Code] = strings.TrimPrefix(about[w.Code]+"; "+what, "; ")
		}
	}
	slices.SortStableFunc(codes, func(a, b string) int { return words.WarningRank(a) - words.WarningRank(b) })
	return codes, about
}

// warningSentence counts the warnings that are too rare to stand above the tables.
func warningSentence(groups []analysis.Group) string {
	codes, trials := words.TrialWarnings(groups)
	codes = slices.DeleteFunc(codes, func(c analysis.Count) bool { return matters(c.N, trials) })
	if len(codes) == 0 {
		return ""
	}
	counts := make([]string, len(codes))
	for i, c := range codes {
		counts[i] = fmt.Sprintf("%s in %d", c.What, c.N)
	}
	counts[0] += " of " + prose.Count(trials, "trial")
	return "Warnings: " + prose.List(counts) + "."
}
