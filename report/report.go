// Package report shows a run to people and to other programs: tables, a
// paragraph in words, charts, CSV and JSON.
//
// Its attitude: every figure comes from the run that is passed in, stands
// beside its interval, and says so when there is none. What does not fit is
// left out whole and named, never cut; what was excluded is counted where the
// reader looks. It measures nothing and writes only where it is told to.
package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"mmapbench/analysis"
	"mmapbench/internal/spelling"
	"mmapbench/internal/units"
	"mmapbench/report/words"
	"mmapbench/results"
)

// The formats of Tables.
const (
	Table    = "table"    // for a terminal
	Markdown = "markdown" // GitHub-flavoured
	CSV      = "csv"      // one row per trial, RFC 4180
	JSON     = "json"     // the summary; see Summary
)

// Formats lists them.
var Formats = []string{Table, Markdown, CSV, JSON}

// Options say how to write.
type Options struct {
	Format string // one of Formats; "" is Table
	Width  int    // columns that a line may take; 0: no limit
	Color  bool   // mark the fastest and the slower with ANSI colours
	NoHead bool   // leave out the head of a CSV, to append it to another
	// Sparklines draws the trends of a history in the table: it takes a terminal
	// that has the characters.
	Sparklines bool
	// Counters have columns in a CSV; nil: those of the run. Rows that are
	// appended to another CSV need its list.
	Counters []Counter
	Labels   Labels
}

// Labels name what a run file knows only by its target's name.
type Labels struct {
	Machine string                     // "" if not known
	Device  func(target string) string // nil, or "" if not known
}

func (l Labels) device(target string) string {
	if l.Device == nil {
		return ""
	}
	return l.Device(target)
}

// Tables writes the run in the format asked for.
func Tables(w io.Writer, run *results.Run, opts Options) error {
	var buf bytes.Buffer
	var err error
	switch opts.Format {
	case "", Table, Markdown:
		err = writeTables(&buf, run, opts)
	case CSV:
		err = writeCSV(&buf, run, opts)
	case JSON:
		err = writeJSON(&buf, run, opts.Labels)
	default:
		return spelling.Unknown("format", opts.Format, Formats)
	}
	if err != nil {
		return fmt.Errorf("report as %s: %w", opts.Format, err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// A section is what one table shows: groups that differ in their cache state
// and record size alone.
type section struct {
	factors results.Arm // what the groups share
	groups  []analysis.Group
}

// sections sorts the run's groups into sections, in the order of the plan, and
// the groups of a section by cache state and record size.
func sections(run *results.Run) []section {
	var out []section
	for _, g := range analysis.Summarize(run).Groups {
		key := g.Factors
		key.Cache, key.Record, key.Ops, key.Bytes = "", 0, 0, 0
		i := slices.IndexFunc(out, func(s section) bool { return s.factors == key })
		if i < 0 {
			i = len(out)
			out = append(out, section{factors: key})
		}
		out[i].groups = append(out[i].groups, g)
	}
	for _, s := range out {
		slices.SortStableFunc(s.groups, byCacheAndRecord)
	}
	return out
}

func byCacheAndRecord(a, b analysis.Group) int {
	if c := slices.Index(results.Caches, a.Factors.Cache) - slices.Index(results.Caches, b.Factors.Cache); c != 0 {
		return c
	}
	return int(a.Factors.Record - b.Factors.Record)
}

// caches lists the cache states of the section's groups.
func (s *section) caches() []string {
	return words.Distinct(s.groups, func(g analysis.Group) string { return g.Factors.Cache })
}

// commands reports whether the section is of commands: programs of the user's,
// of which there is a time and no more.
func (s *section) commands() bool { return s.factors.Workload == results.Exec }

// work is what the section's arms do, in a word.
func (s *section) work() string {
	if s.commands() {
		return "commands"
	}
	return s.factors.Workload
}

// data says what was worked on.
func (s *section) data() []string {
	f := s.factors
	switch {
	case !s.commands():
	case f.Size > 0:
		return []string{"files of " + units.FormatSize(f.Size)}
	default:
		return nil
	}
	facts := []string{"file of " + units.FormatSize(f.Size)}
	if r := s.records(); len(r) == 1 {
		facts = append(facts, "records of "+units.FormatSize(r[0]))
	}
	return facts
}

// records lists the record sizes of the section's groups.
func (s *section) records() []int64 {
	return words.Distinct(s.groups, func(g analysis.Group) int64 { return g.Factors.Record })
}

// backends lists the backends of the section's arms in the order of the plan.
func (s *section) backends() []string {
	var all []string
	for _, g := range s.groups {
		for _, r := range g.Rows {
			if !slices.Contains(all, r.Arm.Backend) {
				all = append(all, r.Arm.Backend)
			}
		}
	}
	return all
}

// any reports whether a row of the section is so.
func (s *section) any(is func(*analysis.Row) bool) bool {
	return slices.ContainsFunc(s.lines(), func(l line) bool { return is(l.row) })
}

// trials returns the fewest and the most usable trials of an arm.
func (s *section) trials() (fewest, most int) {
	fewest = s.groups[0].Rows[0].Usable
	for _, g := range s.groups {
		for _, r := range g.Rows {
			fewest, most = min(fewest, r.Usable), max(most, r.Usable)
		}
	}
	return fewest, most
}
