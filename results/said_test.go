package results

import (
	"strings"
	"testing"
)

func TestBrief(t *testing.T) {
	long := strings.Repeat("a", 100)
	for _, c := range []struct{ what, said, brief string }{
		{"nothing said", "", "it failed"},
		{"blanks", " \n", "it failed"},
		{"many lines", "y\ny\nno\n", `it failed; it said: "no"`},
		{"a long line", long, `it failed; it said: "…` + long[:79] + `"`},
		{"control characters", "\x1b[2J", `it failed; it said: "\x1b[2J"`},
	} {
		e := TrialError{Kind: ErrorCommand, Text: "it failed", Said: c.said}
		if got := e.Brief(); got != c.brief || e.Error() != "it failed" {
			t.Errorf("%s: %s, %s", c.what, got, e.Error())
		}
	}
}
