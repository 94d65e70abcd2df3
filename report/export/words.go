package export

import (
	"fmt"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/report/words"
)

// sentence says in one line what a comparison showed. Of an invalid comparison that is
// no control the sentence says why, and gives no ratio.
func sentence(c *analysis.Compared, r *analysis.Comparison) string {
	text := r.Verdict.String()
	switch {
	case c.Anchor != "":
		text += fmt.Sprintf(" (against the anchor %s)", c.Anchor)
	case r.BaseRuns > 0:
		text += " (by runs)"
	case c.Unpaired:
		text += " (unpaired)"
	}
	if len(c.Across) > 0 {
		text += " (across a difference of the machines)"
	}
	own := slices.DeleteFunc(slices.Clone(r.Reasons), func(x verdict.Reason) bool { return x == verdict.Unpaired })
	if c.Outcome == verdict.Void && r.Verdict == verdict.Invalid {
		return text + ": " + strings.Join(voidReasons(c), "; ")
	}
	if s := r.Speed(); s != nil {
		text += fmt.Sprintf(": %s times as %s as the base", words.FineRatio(*s),
			map[bool]string{true: "fast", false: "few"}[r.Unit == "s"])
		if b := analysis.SpeedBounds(r.Deciding()); b != nil {
			text += fmt.Sprintf(", bounds %s to %s", words.FineRatio(b.Low), words.FineRatio(b.High))
		}
	}
	text += "; tolerance " + words.Percent(r.Metric.Tolerance)
	switch {
	case r.BaseRuns > 0:
		text += fmt.Sprintf("; %d and %d runs", r.BaseRuns, r.NewRuns)
	case c.Unpaired:
		text += fmt.Sprintf("; %d and %d trials", r.BaseValues, r.NewValues)
	default:
		text += fmt.Sprintf("; %d pairs", r.Pairs)
	}
	for _, why := range own {
		text += "; " + words.Why(why)
	}
	return text
}

// voidReasons say why the whole comparison is invalid.
func voidReasons(c *analysis.Compared) []string {
	var why []string
	for _, r := range c.Reasons {
		if r != verdict.Unpaired {
			why = append(why, words.Why(r))
		}
	}
	for i := range c.Controls {
		if r := &c.Controls[i]; r.Verdict == verdict.Invalid && r.Speed() != nil {
			why = append(why, fmt.Sprintf("%s by %s, %s times as fast as itself",
				r.Name, r.Metric.Name, words.FineRatio(*r.Speed())))
		}
	}
	return append(why, c.Refused...)
}
