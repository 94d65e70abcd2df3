package results

import (
	"fmt"
	"strconv"
	"strings"
)

// Said comes before the last words of a program in the text of an error.
const Said = "; it said: "

// saidRunes is how much of the last line people are shown; the run file has more.
const saidRunes = 80

// Brief is the text of an error with no more of a program's words than the end of
// their last line.
func Brief(text string) string {
	return words(text, func(said string) string {
		said = strings.TrimSpace(said)
		line := []rune(said[strings.LastIndexByte(said, '\n')+1:])
		if cut := len(line) - saidRunes; cut > 0 {
			line = append([]rune("…"), line[cut+1:]...)
		}
		return fmt.Sprintf("%s%q", Said, string(line))
	})
}

// Wordless is the text of an error without a program's words.
func Wordless(text string) string { return words(text, func(string) string { return "" }) }

// words replaces what a program said, which is quoted where it was a command.
func words(text string, by func(said string) string) string {
	before, said, found := strings.Cut(text, Said)
	if !found {
		return text
	}
	if quoted, err := strconv.QuotedPrefix(said); err == nil {
		if plain, err := strconv.Unquote(quoted); err == nil {
			return before + by(plain) + words(said[len(quoted):], by)
		}
	}
	return before + by(said)
}
