package report

import (
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/units"
	"mmapbench/report/words"
	"mmapbench/results"
)

// A compareGroup is what stands below one heading: the comparisons of one
// workload on one target.
type compareGroup struct {
	heading string // "" where a single arm says all
	rows    []*analysis.Comparison
	labels  []string // one per row
}

// compareGroups sorts the rows by workload and target, in the order in which
// they come. whole: rows are to have their full names, and no headings.
func compareGroups(c *analysis.Compared, whole bool) []compareGroup {
	var groups []compareGroup
	key := func(r *analysis.Comparison) [2]string { return [2]string{r.Arm.Workload, r.Arm.Target} }
	for i := range c.Rows {
		r := &c.Rows[i]
		k := slices.IndexFunc(groups, func(g compareGroup) bool { return key(g.rows[0]) == key(r) })
		if k < 0 {
			k = len(groups)
			groups = append(groups, compareGroup{})
		}
		groups[k].rows = append(groups[k].rows, r)
	}
	for i := range groups {
		groups[i].name(c, whole)
	}
	return groups
}

// compareFactors tell arms of one workload and target apart: the words for what
// all arms share stand in the heading, those for what they differ in in the rows.
var compareFactors = []struct {
	heading, row func(a *results.Arm) string
}{
	{func(a *results.Arm) string { return prefixed("records of ", size(a.Record)) }, func(a *results.Arm) string { return size(a.Record) }},
	{func(a *results.Arm) string {
		if a.Workload == results.Exec {
			return prefixed("files of ", size(a.Size))
		}
		return prefixed("file of ", size(a.Size))
	}, func(a *results.Arm) string { return prefixed("of ", size(a.Size)) }},
	{func(a *results.Arm) string { return words.Cache(a.Cache) }, func(a *results.Arm) string { return a.Cache }},
	{func(a *results.Arm) string { return a.Backend }, func(a *results.Arm) string { return a.Backend }},
	{func(a *results.Arm) string { return prefixed("consumer ", a.Consumer) }, func(a *results.Arm) string { return a.Consumer }},
	{func(a *results.Arm) string { return prefixed("durability ", a.Durability) }, func(a *results.Arm) string { return a.Durability }},
	{func(a *results.Arm) string { return prefixed("side ", a.Side) }, func(a *results.Arm) string { return a.Side }},
}

func size(n int64) string {
	if n == 0 {
		return ""
	}
	return units.FormatSize(n)
}

// prefixed is empty for an empty word.
func prefixed(prefix, word string) string {
	if word == "" {
		return ""
	}
	return prefix + word
}

// name gives the group its heading and the rows their labels: what they share
// stands in the one, and what they differ in in the others.
func (g *compareGroup) name(c *analysis.Compared, whole bool) {
	arms := len(words.Distinct(g.rows, func(r *analysis.Comparison) string { return r.Name }))
	if whole || arms == 1 {
		for _, r := range g.rows {
			g.labels = append(g.labels, r.Name)
		}
		return
	}
	g.labels = make([]string, len(g.rows))
	arm := &g.rows[0].Arm
	head := arm.Workload
	if head == results.Exec {
		head = "commands"
	}
	shared := []string{strings.TrimSpace(head + " " + prefixed("on ", arm.Target))}
	for _, f := range compareFactors {
		labels := words.Distinct(g.rows, func(r *analysis.Comparison) string { return f.row(&r.Arm) })
		if len(labels) == 1 {
			shared = append(shared, f.heading(arm))
			continue
		}
		for i, r := range g.rows {
			g.labels[i] = strings.TrimSpace(g.labels[i] + " " + f.row(&r.Arm))
		}
	}
	g.heading = strings.Join(slices.DeleteFunc(shared, func(s string) bool { return s == "" }), ", ")
	if c.New == "" {
		for i, r := range g.rows {
			g.labels[i] = strings.TrimSpace(g.labels[i] + " " + r.New)
		}
	}
	for i, r := range g.rows {
		if g.labels[i] == "" {
			g.labels[i] = r.Name
		}
	}
}
