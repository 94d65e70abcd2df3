package export

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/results"
)

var command = regexp.MustCompile(`^::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)$`)

// TestAnnotationsAreOneLineEach, at most ten of a kind, with what fails first.
func TestAnnotationsAreOneLineEach(t *testing.T) {
	for name, c := range compared(t) {
		for range 2 {
			kinds := map[string]int{}
			for l := range strings.Lines(exportedComparison(t, "annotations", c)) {
				m := command.FindStringSubmatch(strings.TrimSuffix(l, "\n"))
				if m == nil {
					t.Fatalf("%s: %q", name, l)
				}
				kinds[m[1]]++
			}
			want := map[string]string{"regression": "error", "invalid": "error", "refused": "error",
				"inconclusive": "warning", "improvement": "notice"}[name]
			if want != "" && kinds[want] == 0 || name == "pass" && len(kinds) > 0 || name != "regression" &&
				name != "invalid" && name != "refused" && kinds["error"] > 0 {
				t.Errorf("%s: %v", name, kinds)
			}
			for kind, n := range kinds {
				if n > maxAnnotations {
					t.Errorf("%s: %d annotations of kind %s", name, n, kind)
				}
			}
			c = many(c, 40)
		}
	}
}

func TestAnnotationsCountWhatIsNotShown(t *testing.T) {
	c := many(compared(t)["regression"], 40)
	regressions := 0
	for _, r := range c.Rows {
		if r.Verdict == verdict.Regression {
			regressions++
		}
	}
	text := exportedComparison(t, "annotations", c)
	if more := fmt.Sprintf("regression%%3A %d more::%d of %d", regressions-maxAnnotations+1, regressions,
		len(c.Rows)); !strings.Contains(text, more) {
		t.Errorf("want %q in\n%s", more, text)
	}
}

// many is a comparison with its rows so many times over.
func many(c *analysis.Compared, times int) *analysis.Compared {
	out := *c
	out.Rows = nil
	for range times {
		out.Rows = append(out.Rows, c.Rows...)
	}
	return &out
}

func FuzzEscapeCommand(f *testing.F) {
	for _, s := range append([]string{"", "a:b,c%d\r\ne", "::error::", "%0A", "%250A"}, oddNames...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b strings.Builder
		annotate(&b, "error", s, s)
		m := command.FindStringSubmatch(strings.TrimSuffix(b.String(), "\n"))
		if m == nil {
			t.Fatalf("%q is no command", b.String())
		}
		// As the runner takes them back.
		data := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%")
		property := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
		if title, text := property.Replace(m[2]), data.Replace(m[3]); title != s || text != s {
			t.Errorf("%q comes back as %q and %q", s, title, text)
		}
	})
}

// TestMarkdownKeepsItsLimit, and within it what matters: the outcome, and the rows
// that did not pass, though they come last.
func TestMarkdownKeepsItsLimit(t *testing.T) {
	c := compared(t)["regression"]
	var passing, failing []analysis.Comparison
	for _, r := range c.Rows {
		if r.Verdict == verdict.Regression {
			failing = append(failing, r)
		} else {
			passing = append(passing, r)
		}
	}
	some := *c
	some.Rows, some.Controls = passing, nil
	big := many(&some, 5000)
	big.Rows = append(big.Rows, failing...)
	for name, most := range map[string]int{"summary": summaryMax, "comment": commentMax} {
		text := exportedComparison(t, name, big)
		if len(text) >= most || len(text) < most*9/10 {
			t.Errorf("%s: %d bytes of %d", name, len(text), most)
		}
		if n := len(regexp.MustCompile(`(?m)^\|.* REGRESSION +\|`).FindAllString(text, -1)); n != len(failing) {
			t.Errorf("%s: %d of %d regressions are left", name, n, len(failing))
		}
		for _, want := range []string{"## ❌ mmapbench: regression\n", "\noutcome: REGRESSION", "\n**Cut:** ",
			"rows and notes are not shown"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in it", name, want)
			}
		}
		if strings.Contains(exportedComparison(t, name, c), "**Cut:**") {
			t.Errorf("%s: a small comparison was cut", name)
		}
	}
}

// TestRunMarkdown has the conclusion first, and escapes what would end a cell.
func TestRunMarkdown(t *testing.T) {
	text := exported(t, "summary", madeUp(7))
	if !strings.HasPrefix(text, "## mmapbench: made-up\n") ||
		!strings.Contains(text, "| mmap:private,advise=random |") || strings.Contains(text, "**Cut:**") {
		t.Errorf("summary:\n%s", text)
	}
	if text = exported(t, "comment", odd()); !strings.Contains(text, `a\|b`) ||
		!strings.HasPrefix(text, "## mmapbench: odd name\n") {
		t.Errorf("comment:\n%s", text)
	}
}

// TestRunMarkdownIsCut after whole rows, with the conclusion first and a line that says
// so at the end.
func TestRunMarkdownIsCut(t *testing.T) {
	run := odd()
	run.Header.Plan.Arms = run.Header.Plan.Arms[:0]
	run.Trials = run.Trials[:0]
	for i := range 2000 {
		arm := results.Arm{ID: i, Workload: results.Exec, Backend: fmt.Sprintf("command é|ü %d", i)}
		run.Header.Plan.Arms = append(run.Header.Plan.Arms, arm)
		run.Trials = append(run.Trials, results.Trial{Arm: i, Laps: 1, Body: &results.Phase{Wall: 5e6}})
	}
	text := exported(t, "comment", run)
	if len(text) >= commentMax || len(text) < commentMax*9/10 {
		t.Errorf("%d bytes of %d", len(text), commentMax)
	}
	rows := strings.Count(text, "\n| command é")
	if !strings.Contains(text, "\n**Cut:** ") || rows < 100 || strings.Contains(text, "command é\\|ü 1999 ") {
		t.Errorf("%d rows are left:\n%s", rows, text)
	}
}
