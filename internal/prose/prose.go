// Package prose breaks prose into lines, and writes counts and lists in words.
//
// Widths are counted in characters, and a word is never cut.
package prose

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Wrap breaks the text at spaces into lines of at most width columns; a word
// that is longer stands alone. A width of 0 breaks nothing.
func Wrap(text string, width int) string {
	if width <= 0 {
		return text
	}
	var out strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+n > width:
			out.WriteByte('\n')
			column = 0
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += n
	}
	return out.String()
}

// Indent wraps the text to width columns in all and puts the margin before each
// of its lines.
func Indent(text, margin string, width int) string {
	if width > 0 {
		width = max(width-utf8.RuneCountInString(margin), 1)
	}
	return margin + strings.ReplaceAll(Wrap(text, width), "\n", "\n"+margin)
}

// Count writes a number of things, with an s unless it is one of them.
func Count[N int | int64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// List joins the words with commas and a last "and".
func List(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

// AtMost writes how often something happens at the most.
func AtMost(times int) string {
	if times == 1 {
		return "once"
	}
	return fmt.Sprintf("at most %d times", times)
}
