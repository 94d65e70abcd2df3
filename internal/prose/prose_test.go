package prose

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two  three", 0, "one two  three"},
		{"one two  three", 7, "one two\nthree"},
		{"one two three", 8, "one two\nthree"},
		{"a incomprehensible b", 5, "a\nincomprehensible\nb"},
		{"µs µs µs", 5, "µs µs\nµs"},
	} {
		if got := Wrap(tt.text, tt.width); got != tt.want {
			t.Errorf("Wrap(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
	if got, want := Indent("one two three", "  ", 9), "  one two\n  three"; got != want {
		t.Errorf("Indent: %q, want %q", got, want)
	}
}

func TestWrapKeepsEveryWordAndTheWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, width := rapid.String().Draw(t, "text"), rapid.IntRange(1, 40).Draw(t, "width")
		got := Wrap(text, width)
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(text), " ") {
			t.Fatalf("%q became %q", text, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if utf8.RuneCountInString(line) > width && strings.Contains(line, " ") {
				t.Fatalf("%q has a line of more than %d columns", got, width)
			}
		}
	})
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 charts", 1: "1 chart", 2: "2 charts"} {
		if got := Count(n, "chart"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}
