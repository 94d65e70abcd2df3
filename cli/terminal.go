package cli

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// pipeWidth is how wide tables are when nobody knows: in a pipe or a file.
const pipeWidth = 160

// terminalWidth returns the width of the terminal that w writes to, and
// whether it is one.
func terminalWidth(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
			return n, false
		}
		return pipeWidth, false
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil || n <= 0 {
		return 80, true
	}
	return n, true
}

// useColor follows no-color.org: never in a pipe, never with NO_COLOR.
func useColor(w io.Writer) bool {
	_, tty := terminalWidth(w)
	return tty && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
