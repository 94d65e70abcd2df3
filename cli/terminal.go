package cli

import (
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// pipeWidth is how wide tables are when nobody knows: in a pipe or a file.
const pipeWidth = 100

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

// canDraw reports whether w is a terminal on which lines can be drawn over.
func canDraw(w io.Writer) bool {
	_, tty := terminalWidth(w)
	return tty && os.Getenv("TERM") != "" && os.Getenv("TERM") != "dumb"
}

// terminalHeight returns how many rows the terminal has that w writes to.
func terminalHeight(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if _, n, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 24
}

// leastWidth is how narrow text becomes at most: below, hardly a word fits a line.
const leastWidth = 40

// textWidth returns the width for tables and prose.
func textWidth(w io.Writer) int {
	width, _ := terminalWidth(w)
	return max(width, leastWidth)
}

// endSignals ask a program to end. That of a terminal that hangs up, as with a lost
// SSH connection, counts as an interrupt.
var endSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// useColor follows no-color.org: never in a pipe, never with NO_COLOR.
func useColor(w io.Writer) bool {
	_, tty := terminalWidth(w)
	return tty && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// utf8Locale reports whether the terminal is said to take UTF-8 (POSIX.1-2017,
// Base Definitions, 8.2: the first of these that is not empty).
func utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(os.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}
