package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"mmapbench/analysis"
	"mmapbench/analysis/changepoint"
	"mmapbench/internal/prose"
	"mmapbench/internal/spelling"
	"mmapbench/internal/units"
	"mmapbench/report/words"
)

// History writes the history in the format asked for.
func History(w io.Writer, h *analysis.History, opts Options) error {
	var buf bytes.Buffer
	var err error
	switch opts.Format {
	case "", Table, Markdown:
		err = writeTrends(&buf, h, opts)
	case CSV:
		err = writeTrendsCSV(&buf, h)
	case JSON:
		err = writeTrendsJSON(&buf, h)
	default:
		return spelling.Unknown("format", opts.Format, Formats)
	}
	if err != nil {
		return fmt.Errorf("history as %s: %w", opts.Format, err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// A trendSection is a section of trends that share a device and a way of
// measuring.
type trendSection struct {
	section
	first *analysis.Trend
	// all are those of the history: the ID of a row's arm is the index of its trend.
	all []analysis.Trend
}

// trendSections sorts the trends of at least two runs into sections, and counts
// the others.
func trendSections(h *analysis.History) (sections []*trendSection, single int) {
	for i := range h.Trends {
		t := &h.Trends[i]
		if len(t.Points) < 2 {
			single++
			continue
		}
		factors := t.Arm
		factors.Backend = ""
		key := factors
		key.Cache, key.Record, key.Ops, key.Bytes = "", 0, 0, 0
		k := slices.IndexFunc(sections, func(s *trendSection) bool {
			return s.factors == key && s.first.Place == t.Place && s.first.Settings == t.Settings
		})
		if k < 0 {
			k = len(sections)
			sections = append(sections, &trendSection{section: section{factors: key}, first: t, all: h.Trends})
		}
		s := sections[k]
		g := slices.IndexFunc(s.groups, func(g analysis.Group) bool { return g.Factors == factors })
		if g < 0 {
			g = len(s.groups)
			s.groups = append(s.groups, analysis.Group{Factors: factors})
		}
		s.groups[g].Rows = append(s.groups[g].Rows, analysis.Row{Arm: t.Arm, Usable: len(t.Points)})
		s.groups[g].Rows[len(s.groups[g].Rows)-1].Arm.ID = i
	}
	for _, s := range sections {
		slices.SortStableFunc(s.groups, byCacheAndRecord)
	}
	return sections, single
}

// lines lists the trends. A row whose last change is to the worse has the
// standing of a slower one.
func (s *trendSection) lines() []line {
	var lines []line
	for i := range s.groups {
		g := &s.groups[i]
		for j := range g.Rows {
			r := &g.Rows[j]
			l := line{group: g, row: r, first: j == 0, trend: &s.all[r.Arm.ID]}
			if n := len(l.trend.Changes); n > 0 {
				l.won = l.trend.Changes[n-1].Ratio < 1
				r.Standing = analysis.Slower
				if l.won {
					r.Standing = analysis.Faster
				}
			}
			lines = append(lines, l)
		}
	}
	return lines
}

func writeTrends(w io.Writer, h *analysis.History, opts Options) error {
	width := opts.Width
	if opts.Format == Markdown {
		width = 0
	}
	sections, single := trendSections(h)
	for i, s := range sections {
		lines := s.lines()
		t := table{s.caption(h), trendLayout(lines, s, width, opts.Sparklines), s.notes(lines)}
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := t.write(w, lines, opts); err != nil {
			return fmt.Errorf("table of %s: %w", s.factors.Workload, err)
		}
	}
	var notes []string
	switch {
	case len(sections) > 0 && single > 0:
		notes = append(notes, fmt.Sprintf("Not shown: %s that one run alone has; --format %s has them.", prose.Count(single, "arm"), CSV))
	case len(sections) == 0 && len(h.Runs) == 1:
		notes = append(notes, fmt.Sprintf("There is one run, %s, and nothing to compare it with yet.", h.Runs[0].File))
	case len(sections) == 0 && !slices.ContainsFunc(h.LeftOut, func(l analysis.LeftOutRun) bool { return l.Kind == analysis.LeftOutPlan }):
		notes = append(notes, "There is no run to show.")
	case len(sections) == 0:
		notes = append(notes, "There are no two runs with an arm in common.")
	}
	for i, note := range append(notes, LeftOutRuns(h)...) {
		if i == 0 && len(sections) > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, opts.wrap(note))
	}
	return nil
}

// caption says what was measured, where, and when.
func (s *trendSection) caption(h *analysis.History) string {
	where := words.Place(s.factors.Target, s.first.Device)
	return fmt.Sprintf("%s on %s, %s: %s. %s.", s.factors.Workload, where, h.Host.MachineName(),
		strings.Join(s.facts(), ", "), words.Capitalize(s.span()))
}

// facts are the factors that all trends of the section share.
func (s *trendSection) facts() []string {
	f := s.factors
	facts := s.data()
	if c := s.caches(); len(c) == 1 && c[0] != "" {
		facts = append(facts, words.Cache(c[0]))
	}
	for _, fact := range []struct{ name, value string }{{"consumer ", f.Consumer}, {"durability ", f.Durability}, {"", s.first.Settings}} {
		if fact.value != "" {
			facts = append(facts, fact.name+fact.value)
		}
	}
	return facts
}

// runs lists the runs of the section's trends in the order of time.
func (s *trendSection) runs() []*analysis.PastRun {
	var runs []*analysis.PastRun
	for _, l := range s.lines() {
		for _, p := range l.trend.Points {
			if !slices.Contains(runs, p.Run) {
				runs = append(runs, p.Run)
			}
		}
	}
	slices.SortFunc(runs, func(a, b *analysis.PastRun) int { return a.Started.Compare(b.Started) })
	return runs
}

// span writes "14 runs, 2026-01-01 to 2026-01-14 (UTC)".
func (s *trendSection) span() string {
	runs := s.runs()
	format := dayFormat(runs)
	return fmt.Sprintf("%s, %s to %s (UTC)", prose.Count(len(runs), "run"), when(runs[0], format), when(runs[len(runs)-1], format))
}

// dayFormat has the time of day only where two runs are of one day.
func dayFormat(runs []*analysis.PastRun) string {
	days := words.Distinct(runs, func(r *analysis.PastRun) string { return when(r, time.DateOnly) })
	if len(days) < len(runs) {
		return "2006-01-02 15:04"
	}
	return time.DateOnly
}

// when is in UTC, as the names of run files are: the same everywhere.
func when(r *analysis.PastRun, format string) string { return r.Started.UTC().Format(format) }

// what names the figures.
func (s *trendSection) what() string {
	if s.commands() {
		return "time"
	}
	return "time per lap"
}

// notes says how to read the table, and what changed when.
func (s *trendSection) notes(lines []line) []string {
	format := dayFormat(s.runs())
	var changes []string
	fewest, most := s.trials()
	for _, l := range lines {
		for _, c := range l.trend.Changes {
			changes = append(changes, s.changeNote(l, c, format))
		}
	}
	switch {
	case most < changepoint.MinRuns:
		changes = []string{fmt.Sprintf("Changes of level: not told from fewer than %d runs.", changepoint.MinRuns)}
	case len(changes) == 0 && fewest < changepoint.MinRuns:
		changes = []string{fmt.Sprintf("Changes of level: none is shown; of fewer than %d runs none is told.", changepoint.MinRuns)}
	case len(changes) == 0:
		changes = []string{"Changes of level: none is shown."}
	default:
		changes = append(changes, fmt.Sprintf("p: how likely so clear a change is without any. Of the arms that never change, at most %.0f%% show one.",
			100*changepoint.Level))
	}
	return append([]string{fmt.Sprintf("Median %s; + is slower. In parentheses intervals of at least %.0f%% confidence, unpaired.",
		s.what(), 100*analysis.Confidence)}, changes...)
}

// changeNote writes "mmap, cold cache: +10.1%, slower, from 2026-01-11 on (run 11
// of 14, p = 0.002)."
func (s *trendSection) changeNote(l line, c analysis.TrendChange, format string) string {
	name := l.row.Arm.Backend
	if len(s.caches()) > 1 && l.group.Factors.Cache != "" {
		name += ", " + words.Cache(l.group.Factors.Cache)
	}
	if len(s.records()) > 1 {
		name += ", records of " + units.FormatSize(l.group.Factors.Record)
	}
	how := "slower"
	if c.Ratio < 1 {
		how = "faster"
	}
	p := fmt.Sprintf("p = %.3f", c.P)
	if c.P < 0.001 {
		p = "p < 0.001"
	}
	return fmt.Sprintf("%s: %s, %s, from %s on (run %d of %d, %s).", name, changeText(c.Ratio), how, when(l.trend.Points[c.At].Run, format),
		c.At+1, len(l.trend.Points), p)
}

// mostNamed is how many files are named that are left out for one reason.
const mostNamed = 3

// LeftOutRuns names the files that have no part in the history, by reason.
func LeftOutRuns(h *analysis.History) []string {
	files := make(map[analysis.LeftOutRun][]string)
	var order []analysis.LeftOutRun
	for _, l := range h.LeftOut {
		why := l
		why.File = ""
		if files[why] == nil {
			order = append(order, why)
		}
		files[why] = append(files[why], l.File)
	}
	var notes []string
	for _, why := range order {
		names := files[why]
		if n := len(names); n > mostNamed {
			names = append(slices.Clone(names[:mostNamed-1]), fmt.Sprintf("%d more", n-mostNamed+1))
		}
		note := fmt.Sprintf("Left out: %s: %s.", prose.List(names), strings.TrimRight(why.Reason, "."))
		if why.Machine != "" {
			note += fmt.Sprintf(" For its history: --machine %s.", why.Machine)
		}
		notes = append(notes, note)
	}
	return notes
}
