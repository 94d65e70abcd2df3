package plain_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"mmapbench/internal/plain"
)

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"größer µ 漢字 🙂":          "größer µ 漢字 🙂",
		`C:\x1b`:                 `C:\x1b`,
		"\x1b[31mred":            `\x1b[31mred`,
		"a\r\nb\tc":              `a\r\nb\tc`,
		"\x00\x7f":               `\x00\x7f`,
		"\u0085\u009b31m":        `\u0085\u009b31m`,
		"\u2028\u2029":           `\u2028\u2029`,
		"a\u202egnp.exe":         `a\u202egnp.exe`,
		"\u2066x\u2069\u200f":    `\u2066x\u2069\u200f`,
		"\ufeffname":             `\ufeffname`,
		"caf\xe9":                `caf\xe9`,
		"\ufffd":                 "\ufffd",
		"می\u200cخواهم 👩\u200d🔬": "می\u200cخواهم 👩\u200d🔬",
	} {
		if got := plain.Line(text); got != want {
			t.Errorf("Line(%q) = %q, want %q", text, got, want)
		}
		if got := plain.Is(text); got != (text == want) {
			t.Errorf("Is(%q) = %v", text, got)
		}
	}
}

func TestText(t *testing.T) {
	if got, want := plain.Text("no\x1b[31msuch\r\nline\tµ\rx"), `no\x1b[31msuch`+"\nline\tµ"+`\rx`; got != want {
		t.Errorf("Text: %q, want %q", got, want)
	}
}

// FuzzLine: what comes out is UTF-8 of characters that are seen, and goes in and
// out again as it is.
func FuzzLine(f *testing.F) {
	f.Add("\x1b]0;title\x07 \u202e caf\xe9 \xf0\x9f\x99")
	f.Fuzz(func(t *testing.T, text string) {
		line, lines := plain.Line(text), plain.Text(text)
		for _, s := range []string{line, strings.NewReplacer("\n", "", "\t", "").Replace(lines)} {
			if !utf8.ValidString(s) || !plain.Is(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("%q became %q", text, s)
			}
		}
		if again := plain.Line(line); again != line {
			t.Errorf("%q became %q and then %q", text, line, again)
		}
		if plain.Is(text) && text != line {
			t.Errorf("%q is plain and became %q", text, line)
		}
	})
}
