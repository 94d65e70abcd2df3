package comparison

import (
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// groups sorts the rows by workload and target, in the order in which they come.
// Groups without headings that follow each other are one.
func groups(c *analysis.Compared, rows []*row, columns []column) (out []document.Group) {
	type key struct{ workload, target string }
	of := func(r *row) key { return key{r.Arm.Workload, r.Arm.Target} }
	for _, k := range words.Distinct(rows, of) {
		mine := slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return of(r) != k })
		g := document.Group{Heading: nameRows(c, mine), Rows: cells(mine, columns)}
		if n := len(out); n > 0 && g.Heading == "" && out[n-1].Heading == "" {
			out[n-1].Rows = append(out[n-1].Rows, g.Rows...)
			continue
		}
		out = append(out, g)
	}
	return out
}

// nameRows gives the rows of a group labels of what they differ in, and returns a
// heading of what they share; "" where a single arm says all.
func nameRows(c *analysis.Compared, rows []*row) (heading string) {
	if len(words.Distinct(rows, func(r *row) string { return r.Name })) == 1 {
		return ""
	}
	arms := make([]results.Arm, len(rows))
	labels := make([][]string, len(rows))
	for i, r := range rows {
		arms[i] = r.Arm
	}
	differ := results.Differing(arms)
	numbers := 0
	for _, f := range differ {
		if f.IsNumber() && f.Key != "ops" {
			numbers++
		}
	}
	head := words.TermsOf(arms[0]).Work
	shared := []string{head}
	if arms[0].Target != "" {
		shared[0] = strings.TrimSpace(head + " on " + arms[0].Target)
	}
	for _, f := range results.Factors {
		switch {
		case f.Key == "target", f.Key == "workload", f.Key == "ops" && numbers > 0:
		case !slices.Contains(differ, f):
			if f.Key != "ops" {
				shared = append(shared, f.Phrase(&arms[0]))
			}
		default:
			for i := range rows {
				label := f.Text(&arms[i])
				if f.Key == "ops" || f.IsNumber() && numbers > 1 { // which number a bare one is would not be clear
					label = f.Phrase(&arms[i])
				}
				labels[i] = append(labels[i], label)
			}
		}
	}
	for i, r := range rows {
		if c.New == "" {
			labels[i] = append(labels[i], r.New)
		}
		if label := strings.Join(strings.Fields(strings.Join(labels[i], " ")), " "); label != "" {
			r.label = label
		}
	}
	return strings.Join(slices.DeleteFunc(shared, func(s string) bool { return s == "" }), ", ")
}
