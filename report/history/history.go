// Package history makes the report of a history: tables with a row for each arm that
// several runs measured, what changed when, charts from run to run, and what was left
// out.
package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/changepoint"
	"mmapbench/internal/prose"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// Version is the version of the JSON structure of a history. The version changes when
// a field changes its meaning or goes, and not when a field is added.
const Version = 3

// Data is what is written as JSON.
type Data struct {
	Format      string  `json:"format"` // "mmapbench-history"
	Version     int     `json:"version"`
	Machine     string  `json:"machine,omitempty"` // the machine, in words
	Confidence  float64 `json:"confidence"`        // the least that each interval has, each by itself
	ChangeLevel float64 `json:"change_level"`      // the largest share of arms without a change that show one
	ChangeRuns  int     `json:"change_min_runs"`   // the least number of runs that show a change
	*analysis.History
}

// Document makes the report. Sparklines draw the trends in the tables, which takes a
// terminal that has the characters.
func Document(h *analysis.History, sparklines bool) *document.Document {
	data := Data{Format: "mmapbench-history", Version: Version, Confidence: analysis.Confidence,
		ChangeLevel: changepoint.Level, ChangeRuns: changepoint.MinRuns, History: h}
	if len(h.Runs) > 0 {
		data.Machine = h.Host.MachineName()
	}
	d := &document.Document{Records: records(h), Data: data}
	sections, single := sectionsOf(h)
	if lines := together(h); len(lines) > 0 {
		d.Blocks = append(d.Blocks, lines)
	}
	for _, s := range sections {
		d.Blocks = append(d.Blocks, s.table(h, sparklines))
	}
	for _, ch := range charts(h, sections) {
		d.Blocks = append(d.Blocks, ch)
	}
	if text := without(h, len(sections), single); text != "" {
		d.Blocks = append(d.Blocks, document.Say(text))
	}
	for _, text := range LeftOut(h) {
		d.Blocks = append(d.Blocks, document.Say(text))
	}
	return d
}

// without says why arms, or all tables, are missing.
func without(h *analysis.History, sections, single int) string {
	another := func(l analysis.LeftOutRun) bool { return l.Kind == analysis.LeftOutPlan }
	switch {
	case sections > 0 && single > 0:
		return fmt.Sprintf("Not shown: %s that one run alone has; --format %s has them.",
			prose.Count(single, "arm"), document.CSV)
	case sections > 0:
		return ""
	case len(h.Runs) == 1:
		return fmt.Sprintf("There is one run, %s, and nothing to compare it with yet.", h.Runs[0].File)
	case !slices.ContainsFunc(h.LeftOut, another):
		return "There is no run to show."
	}
	return "There are no two runs with an arm in common."
}

// together says at which runs which arms changed, all arms of a run read as one.
func together(h *analysis.History) (list document.Lines) {
	for i := range h.Trends {
		t := &h.Trends[i]
		if p := t.VsLevel; h.IsAnchor(t) && p != nil && p.Interval != nil && !p.Interval.Contains(1) {
			name := strings.Join(results.Phrases(&t.Arm, results.Factors...), ", ")
			list = append(list, fmt.Sprintf("The machine is not as it was: the last run of the anchor itself took %s "+
				"against the runs before (%s).", changeText(p.Ratio), name))
		}
	}
	anchors := len(list)
	for _, g := range h.Together {
		g.Changes = slices.DeleteFunc(slices.Clone(g.Changes), func(c analysis.ChangedArm) bool {
			return c.Change.State == analysis.ChangeHidden
		})
		if len(g.Changes) == 0 {
			continue
		}
		text := fmt.Sprintf("From %s on: %d of %s changed", when(g.Run, "2006-01-02 15:04"), len(g.Changes),
			prose.Count(g.Arms, "arm"))
		if common := results.Phrases(&g.Changes[0].Trend.Arm, g.Common(h)...); len(common) > 0 {
			text += ", all " + prose.List(common)
		}
		low, high := g.Range()
		if text += ", by " + changeText(low); len(g.Changes) > 1 {
			text += " to " + changeText(high)
		}
		open := 0
		for _, c := range g.Changes {
			if c.Change.State == analysis.ChangeNew {
				open++
			}
		}
		if open < len(g.Changes) {
			text += fmt.Sprintf("; %d acknowledged", len(g.Changes)-open)
		}
		list = append(list, text+".")
	}
	if len(list) > anchors {
		list = append(list, fmt.Sprintf("Of these changes at most one in twenty is expected to be chance, however "+
			"many the arms are; none is below %.0f%%, or below what its arm's scatter lets be found.",
			100*analysis.LeastChange))
	}
	return list
}

// mostNamed is how many files are named that are left out for one reason.
const mostNamed = 3

// LeftOut names the files that have no part in the history, by reason.
func LeftOut(h *analysis.History) (list []string) {
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
	for _, why := range order {
		names := files[why]
		if n := len(names); n > mostNamed {
			names = append(slices.Clone(names[:mostNamed-1]), fmt.Sprintf("%d more", n-mostNamed+1))
		}
		text := fmt.Sprintf("Left out: %s: %s.", prose.List(names), strings.TrimRight(why.Reason, "."))
		if why.Machine != "" {
			text += fmt.Sprintf(" For its history: --machine %s.", why.Machine)
		}
		list = append(list, text)
	}
	return list
}

// A section is the trends of one table: on one device, measured in one way, and
// differing in their backend and in the factors of words.Within alone.
type section struct {
	first  *analysis.Trend
	shared results.Arm // the factors in which the trends cannot differ
	groups []group
}

// A group is the trends that differ in their backend alone.
type group struct {
	shared results.Arm
	trends []*analysis.Trend
}

// sectionsOf sorts the trends of at least two runs into sections, and counts the
// other trends.
func sectionsOf(h *analysis.History) (sections []*section, single int) {
	for i := range h.Trends {
		t := &h.Trends[i]
		if len(t.Points) < 2 {
			single++
			continue
		}
		arm := t.Arm.Without(words.Factor("backend"))
		shared := arm.Without(words.Within...)
		k := slices.IndexFunc(sections, func(s *section) bool {
			return s.shared == shared && s.first.Place == t.Place && s.first.Settings == t.Settings
		})
		if k < 0 {
			k = len(sections)
			sections = append(sections, &section{first: t, shared: shared})
		}
		sections[k].add(t, arm)
	}
	for _, s := range sections {
		slices.SortStableFunc(s.groups, func(a, b group) int { return words.CompareWithin(&a.shared, &b.shared) })
	}
	return sections, single
}

func (s *section) add(t *analysis.Trend, arm results.Arm) {
	k := slices.IndexFunc(s.groups, func(g group) bool { return g.shared == arm })
	if k < 0 {
		k = len(s.groups)
		s.groups = append(s.groups, group{shared: arm})
	}
	s.groups[k].trends = append(s.groups[k].trends, t)
}

// trends lists the trends of all groups.
func (s *section) trends() (all []*analysis.Trend) {
	for _, g := range s.groups {
		all = append(all, g.trends...)
	}
	return all
}

// differing are the factors in which the section's groups differ.
func (s *section) differing() []*results.Factor {
	var arms []results.Arm
	for _, g := range s.groups {
		arms = append(arms, g.shared)
	}
	return words.DifferWithin(arms)
}

// facts are phrases of what all trends of the section share.
func (s *section) facts() []string {
	facts := words.Shared(s.groups[0].shared, s.differing()...)
	if s.first.Settings != "" {
		facts = append(facts, s.first.Settings)
	}
	return facts
}

// runs lists the runs of the section's trends in their order.
func (s *section) runs() []*analysis.PastRun {
	places := make(map[*analysis.PastRun]int)
	var runs []*analysis.PastRun
	for _, t := range s.trends() {
		for _, p := range t.Points {
			if places[p.Run] == 0 {
				places[p.Run] = p.Index + 1
				runs = append(runs, p.Run)
			}
		}
	}
	slices.SortFunc(runs, func(a, b *analysis.PastRun) int { return cmp.Compare(places[a], places[b]) })
	return runs
}

// where names the target with its device, and the machine.
func (s *section) where(h *analysis.History) string {
	return words.Place(s.shared.Target, s.first.Device) + ", " + h.Host.MachineName()
}

// terms are the words for what the section's arms do.
func (s *section) terms() words.Terms { return words.TermsOf(s.shared) }
