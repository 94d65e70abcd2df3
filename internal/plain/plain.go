// Package plain makes text that others wrote fit to be shown: on a terminal, in a
// table, in a file that another program reads.
//
// A terminal obeys what it is sent, and a reader believes what is shown. Characters
// that would move the cursor, change a color, turn the direction of writing or break
// a line are shown as Go writes them in a string; all others are left as they are.
package plain

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes text fit for one line: what is not plain in it is escaped, such as
// \x1b, \n or \u202e, and bytes that are not UTF-8, such as \xe9.
func Line(text string) string { return escape(text, "") }

// Text does the same for text that may have several lines: line feeds and tabs
// stay, and a carriage return before a line feed goes.
func Text(text string) string {
	return escape(strings.ReplaceAll(text, "\r\n", "\n"), "\n\t")
}

// Is reports whether Line would leave the text as it is.
func Is(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, obeyed)
}

// Lines does what Line does to every element, in a new list.
func Lines(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = Line(s)
	}
	return out
}

// Writer is w for people: what is written to it is made plain, as by Text. Each
// Write holds whole characters, as those of package fmt do.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ w io.Writer }

func (w writer) Write(b []byte) (int, error) {
	if _, err := io.WriteString(w.w, Text(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

func escape(text, keep string) string {
	if Is(text) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			const digits = "0123456789abcdef"
			b.WriteString(`\x` + string(digits[text[i]>>4]) + string(digits[text[i]&15]))
		case obeyed(r) && !strings.ContainsRune(keep, r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// obeyed reports whether a character does something instead of being seen: the
// controls C0, DEL and C1, separators of lines and paragraphs, and the format
// characters, by which text changes its direction or hides (UAX #9; Boucher and
// Anderson, "Trojan Source", 2021). The two joiners stay, as words of Persian and
// Hindi, and many an emoji, need them.
func obeyed(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	if r < unicode.MaxASCII {
		return r < ' '
	}
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Cf) && r != nonJoiner && r != joiner
}
