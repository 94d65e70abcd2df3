package results

import (
	"fmt"
	"strings"
)

// saidRunes is how much of the last line people are shown; the run file has more.
const saidRunes = 80

// Brief says in one line why there is no measurement, with the end of the last line
// that the failing program wrote.
func (e *TrialError) Brief() string { return e.Text + e.LastWords() }

// LastWords is the part of Brief about what the program wrote; "" where it was silent.
func (e *TrialError) LastWords() string {
	said := strings.TrimSpace(e.Said)
	if said == "" {
		return ""
	}
	line := []rune(said[strings.LastIndexByte(said, '\n')+1:])
	if cut := len(line) - saidRunes; cut > 0 {
		line = append([]rune("…"), line[cut+1:]...)
	}
	return fmt.Sprintf("; it said: %q", string(line))
}
