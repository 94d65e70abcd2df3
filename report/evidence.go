package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/report/words"
	"mmapbench/results"
)

// The directions of the device's bytes.
func reads(r *analysis.Row) analysis.Amplification  { return r.DeviceRead }
func writes(r *analysis.Row) analysis.Amplification { return r.DeviceWrite }

// moved is what a section knows of one direction.
type moved struct {
	known bool   // by a row at least
	any   bool   // and is not 0 throughout
	why   string // a row does not know
	own   bool   // a row knows only what is booked to the process
	all   bool   // and so does every other that knows anything
	notIt string // the reason for that
}

func (s *section) moves(direction func(*analysis.Row) analysis.Amplification) (m moved) {
	for _, l := range s.lines() {
		a := direction(l.row)
		switch {
		case a.Median == nil:
			m.why = cmp.Or(m.why, a.Reason)
			continue
		case a.Own:
			m.own, m.notIt = true, cmp.Or(m.notIt, a.Reason)
		}
		m.all = a.Own && (m.all || !m.known)
		m.known, m.any = true, m.any || *a.Median > 0
	}
	return m
}

// mark is that of a figure which for all rows is booked to the process.
func (m moved) mark() string {
	if m.all {
		return booked
	}
	return ""
}

// fetches reports whether a run of a command read from the device.
func (s *section) fetches() bool {
	return s.commands() && s.any(func(r *analysis.Row) bool { return r.BlocksIn != nil && *r.BlocksIn > 0 })
}

// deviceNote says what the columns of the device's bytes are, and why some are
// not known.
func (s *section) deviceNote(l *layout) string {
	if s.commands() {
		if l.find(keyFetched) < 0 {
			return ""
		}
		return "Faults and what was read from the device: of a run, the command and the children that it waited for."
	}
	read, written := s.moves(reads), s.moves(writes)
	why := cmp.Or(read.why, written.why)
	switch {
	case !read.known && !written.known && why != "":
		return "How many bytes the device moved is not known: " + why + "."
	case l.find(keyRead) < 0 && l.find(keyWrite) < 0:
		return ""
	}
	text := "Device: bytes that it moved per byte that the workload asked for."
	if read.known && !read.any && l.find(keyRead) < 0 {
		text += " Reads: 0" + read.mark() + "."
	}
	if written.known && !written.any {
		text += " Writes: 0" + written.mark() + "."
	}
	if read.own || written.own {
		text += " " + booked + ": only what is booked to the process"
		if notIt := cmp.Or(read.notIt, written.notIt); notIt != "" {
			text += " (" + notIt + ")"
		}
		text += "."
	}
	if why != "" {
		text += " " + words.None + ": not known (" + why + ")."
	}
	return text
}

// proofNote counts the trials by how well their cache state is known.
func proofNote(groups []analysis.Group) string {
	p := proofs(groups)
	switch {
	case p.N() == 0:
		return ""
	case p.Strong == p.N():
		return fmt.Sprintf("Cache state: the proof is strong for %s.", allOf(p.N()))
	}
	text := fmt.Sprintf("Cache state: the proof is strong for %d of %s", p.Strong, prose.Count(p.N(), "trial"))
	if p.Weak > 0 {
		text += fmt.Sprintf(", weak for %d (%s)", p.Weak, mostCommon(p.Reasons, 2))
	}
	if p.Failed > 0 {
		text += fmt.Sprintf(", failed for %d, which %s left out", p.Failed, words.IsAre(p.Failed))
	}
	return text + "."
}

func allOf(n int) string {
	if n == 1 {
		return "the trial"
	}
	return fmt.Sprintf("all %d trials", n)
}

func proofs(groups []analysis.Group) (p analysis.Proof) {
	for _, g := range groups {
		for _, r := range g.Rows {
			p.Add(r.Proof)
		}
	}
	return p
}

// mostCommon writes the reasons that were given most often, each with its
// number if there are several, and counts the others.
func mostCommon(reasons []analysis.Count, most int) string {
	if len(reasons) == 1 {
		only := reasons[0]
		if only.Varies {
			return only.What + ", in the first; with other figures in others"
		}
		return cmp.Or(only.What, "no reason given")
	}
	reasons = slices.Clone(reasons)
	slices.SortStableFunc(reasons, func(a, b analysis.Count) int { return cmp.Compare(b.N, a.N) })
	others := 0
	for i := range reasons {
		reasons[i].What = cmp.Or(reasons[i].What, "no reason given")
		if i >= most {
			others += reasons[i].N
		}
	}
	parts := words.Counted(reasons[:min(most, len(reasons))])
	if others > 0 {
		parts = append(parts, fmt.Sprintf("%d × other reasons", others))
	}
	return strings.Join(parts, ", ")
}

// weakProof says for the closing paragraph that not all is proven.
func weakProof(groups []analysis.Group) string {
	p := proofs(groups)
	if p.Weak == 0 {
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
		lines[i] = fmt.Sprintf("Warning: %s in %d of %s%s", c.What, c.N, prose.Count(trials, "trial"), words.Explained(c.What))
	}
	return lines
}

// runWarnings explains each code that concerns the machine or a target once.
func runWarnings(run *results.Run) []string {
	codes, about := machineWarnings(run.Header.Warnings)
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

// warningSentence names all warnings for the closing paragraph.
func warningSentence(groups []analysis.Group, machine []results.Warning) string {
	var parts []string
	codes, trials := words.TrialWarnings(groups)
	if len(codes) > 0 {
		counts := make([]string, len(codes))
		for i, c := range codes {
			counts[i] = fmt.Sprintf("%s in %d", c.What, c.N)
		}
		counts[0] += " of " + prose.Count(trials, "trial")
		parts = append(parts, prose.List(counts))
	}
	if codes, _ := machineWarnings(machine); len(codes) > 0 {
		parts = append(parts, prose.List(codes)+" for the whole run")
	}
	if len(parts) == 0 {
		return ""
	}
	return "Warnings: " + strings.Join(parts, "; ") + "."
}
