package results

import (
	"strings"
	"testing"
)

func TestBrief(t *testing.T) {
	long := strings.Repeat("a", 100)
	for _, c := range []struct{ what, text, brief, wordless string }{
		{"nothing said", "it failed", "it failed", "it failed"},
		{"many lines", `it failed; it said: "y\ny\nno"`, `it failed; it said: "no"`, "it failed"},
		{"a long line", `it failed; it said: "` + long + `"`, `it failed; it said: "…` + long[:79] + `"`, "it failed"},
		{"more after it", `it failed; it said: "y\nz"; the arm is left out`,
			`it failed; it said: "z"; the arm is left out`, "it failed; the arm is left out"},
		{"not quoted", "killed; it said: one\ntwo\n", `killed; it said: "two"`, "killed"},
		{"two of them", `a; it said: "1\n2"; b; it said: "3\n4"`, `a; it said: "2"; b; it said: "4"`, "a; b"},
	} {
		if brief, wordless := Brief(c.text), Wordless(c.text); brief != c.brief || wordless != c.wordless {
			t.Errorf("%s: %s, %s", c.what, brief, wordless)
		}
	}
}
