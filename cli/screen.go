//go:build linux && !386 && !arm

package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// A screen is some lines at the end of what a terminal shows, which are drawn over as
// they change: over a slow line few bytes go. The cursor stays behind the last line, and
// no mode of the terminal is changed, so that there is nothing to restore.
type screen struct {
	w     io.Writer
	shown []string
	width int // of the terminal when they were drawn
}

const (
	clearLine = "\x1b[K" // from the cursor on
	clearDown = "\x1b[J"
)

// draw shows lines that fit the width in the place of those that are there.
func (s *screen) draw(lines []string, width int) {
	if width != s.width {
		s.clear(width) // a terminal may have folded them anew
	}
	if slices.Equal(lines, s.shown) {
		return
	}
	var b strings.Builder
	b.WriteString(home(len(s.shown)))
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\n") // the terminal goes to the next line's beginning
		}
		last := i == len(lines)-1
		if i < len(s.shown) && s.shown[i] == line && !last {
			continue
		}
		b.WriteString(line + clearLine)
		if last && len(s.shown) > len(lines) {
			b.WriteString(clearDown)
		}
	}
	io.WriteString(s.w, b.String())
	s.shown, s.width = lines, width
}

// clear removes the lines; the width is the terminal's now.
func (s *screen) clear(width int) {
	rows := 0
	for _, line := range s.shown {
		rows += max(1, (utf8.RuneCountInString(line)+width-1)/max(width, 1))
	}
	if rows > 0 {
		io.WriteString(s.w, home(rows)+clearDown)
	}
	s.shown = nil
}

// home moves the cursor from the last of some rows to the beginning of the first.
func home(rows int) string {
	if rows < 2 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", rows-1)
}
