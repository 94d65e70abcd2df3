package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"mmapbench/analysis"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
	"mmapbench/results"
)

// none stands where there is no figure.
const none = "–"

const mebibyte = 1 << 20

// duration writes seconds to three digits in the unit that fits. Unlike
// units.FormatDuration it keeps trailing zeros, so that the digits of a column
// say how exact it is.
func duration(seconds float64) string {
	for _, u := range []struct {
		name string
		size float64
	}{{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}} {
		if seconds >= 0.9995*u.size {
			return three(seconds/u.size) + " " + u.name
		}
	}
	return three(seconds*1e9) + " ns"
}

// three writes a number rounded to three digits, those before the point too:
// more would claim a precision that no interval here has.
func three(f float64) string {
	rounded := strconv.FormatFloat(f, 'e', 2, 64)
	_, exponent, _ := strings.Cut(rounded, "e")
	e, err := strconv.Atoi(exponent)
	if err != nil || f == 0 { // infinite, or nothing to round
		return units.FormatNumber(f)
	}
	f, _ = strconv.ParseFloat(rounded, 64) // as written by FormatFloat
	return strconv.FormatFloat(f, 'f', max(0, 2-e), 64)
}

// span writes "1.19–1.25 ms", with the unit of the lower end only where it
// differs.
func span(low, high string) string {
	a, unit, ok := strings.Cut(low, " ")
	if b, other, _ := strings.Cut(high, " "); ok && unit == other {
		return a + "–" + b + " " + unit
	}
	return low + "–" + high
}

// margin writes the longer side of the interval as a share of the median.
func margin(e *analysis.Estimate) string {
	if e.Interval == nil {
		return noInterval()
	}
	side := max(e.Interval.High-e.Median, e.Median-e.Interval.Low)
	return fmt.Sprintf("±%.1f%%", 100*side/e.Median)
}

// noInterval says why there is none, in a table's cell.
func noInterval() string { return fmt.Sprintf("n<%d", analysis.MinN(analysis.Confidence)) }

// ratio writes how many times as fast, with digits enough to see 1%. Those of a
// small ratio and of the ends of its interval are of one number, so that zeros at
// the end stay.
func ratio(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	case f >= 0.1:
		return fmt.Sprintf("%.2f", f)
	}
	return three(f)
}

// place names a target with its device: "sd (SanDisk SC64G)".
func place(target string, l Labels) string {
	if d := l.device(target); d != "" && d != target {
		return target + " (" + d + ")"
	}
	return target
}

// progress says how much of the plan was carried out.
func progress(run *results.Run) string {
	summary := analysis.Summarize(run)
	complete, begun := summary.RoundsComplete, summary.RoundsBegun
	s := fmt.Sprintf("%d of %s", complete, prose.Count(run.Header.Plan.Rounds, "round"))
	if begun > complete {
		s += fmt.Sprintf(" and part of %d more", begun-complete)
	}
	if n := len(run.Resumes); n > 0 {
		s += fmt.Sprintf(", resumed %s", prose.Count(n, "time"))
	}
	return s + ending(run)
}

// ending says how the run ended if not as planned.
func ending(run *results.Run) string {
	switch {
	case run.End == nil:
		return ", cut short"
	case run.End.Status == results.EndBudget:
		return ", stopped by its time budget"
	case run.End.Status == results.EndInterrupted:
		return ", interrupted"
	case run.End.Status == results.EndError:
		return ", ended by an error: " + results.Wordless(run.End.Reason)
	}
	return ""
}

// cacheName puts a cache state into words; workloads without one have "".
func cacheName(cache string) string {
	switch cache {
	case results.Cold:
		return "cold cache"
	case results.DropCaches:
		return "cold after dropping caches"
	case results.DeviceCold:
		return "cold down to the device"
	}
	return cache // "cached" and "mapped" are words already
}

// leftOut counts the trials that these groups do without: "3 of 48 trials are
// left out: 2 × not cold (the first: …), 1 × sigbus (…)". Without any it is
// empty.
func leftOut(groups []analysis.Group) string {
	var reasons []analysis.Count
	usable, lost := 0, 0
	for _, g := range groups {
		for _, r := range g.Rows {
			usable += r.Usable
			reasons = analysis.Add(analysis.Add(reasons, r.Excluded...), r.Errors...)
		}
	}
	for _, c := range reasons {
		lost += c.N
	}
	if lost == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s %s left out: %s.", lost, prose.Count(usable+lost, "trial"), are(lost), strings.Join(counted(reasons), ", "))
}

// counted writes each count with what was counted, and what the first one said.
func counted(reasons []analysis.Count) []string {
	parts := make([]string, len(reasons))
	for i, c := range reasons {
		first := strings.TrimRight(strings.Join(strings.Fields(results.Brief(c.First)), " "), ".")
		switch {
		case first == "" && c.Varies:
			parts[i] = fmt.Sprintf("%d × %s in the first, with other figures in others", c.N, c.What)
		case first == "":
			parts[i] = fmt.Sprintf("%d × %s", c.N, c.What)
		case c.N > 1:
			parts[i] = fmt.Sprintf("%d × %s (the first: %s)", c.N, c.What, first)
		default:
			parts[i] = fmt.Sprintf("%d × %s (%s)", c.N, c.What, first)
		}
	}
	return parts
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// upper begins the sentence with a capital letter.
func upper(s string) string {
	if s == "" {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:]
}
