//go:build linux && !386 && !arm

package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"mmapbench/harness"
	"mmapbench/internal/units"
	"mmapbench/results"
)

// progressBar paints one line on a terminal; in a pipe it is silent. It is not
// a library's, because those repaint from a goroutine of their own: this one
// paints between trials, and while a trial is timed nothing of this process
// runs.
type progressBar struct {
	w     io.Writer // nil: nothing is painted
	lines io.Writer // takes notices
	quiet bool
	shown int     // columns of the line that is there
	part  float64 // the part that was painted last
}

// notice says a sentence that stays; not on a terminal it is a line like any other.
func (b *progressBar) notice(text string) {
	if b.quiet {
		return
	}
	b.clear()
	fmt.Fprintln(b.lines, text)
}

// newProgressBar returns a bar that is silent when quiet or not on a terminal.
func newProgressBar(w io.Writer, quiet bool) *progressBar {
	b := &progressBar{lines: w, quiet: quiet}
	if _, tty := terminalWidth(w); tty && !quiet {
		b.w = w
	}
	return b
}

// tell shows an event.
func (b *progressBar) tell(e harness.Event) {
	switch e := e.(type) {
	case harness.Making:
		b.paint(float64(e.Done)/float64(e.Total), fmt.Sprintf("making the dataset on %s, %s of %s",
			e.Target, units.FormatSize(e.Done), units.FormatSize(e.Total)))
	case harness.Progress:
		b.trial(e)
	case harness.Late:
		b.late(e.Arm, e.Expected, e.Most)
	case harness.Notice:
		b.notice(string(e))
	}
}

func (b *progressBar) trial(p harness.Progress) {
	b.paint(float64(p.Done)/float64(p.Total), fmt.Sprintf("round %d of %d, %s left: %s %s %s",
		p.Round+1, p.Rounds, roundTime(p.Left), p.Arm.Workload, p.Arm.Backend, p.Arm.Cache))
}

// late is painted once, while a trial takes much longer than expected.
func (b *progressBar) late(a results.Arm, expected, most time.Duration) {
	text := "takes long"
	if expected > 0 {
		text = fmt.Sprintf("takes longer than the %s expected", units.FormatDuration(expected))
	}
	b.paint(b.part, fmt.Sprintf("%s %s %s %s; ended after %s", a.Workload, a.Backend, a.Cache, text, roundTime(most)))
}

// barCells is the width of the bar itself.
const barCells = 20

func (b *progressBar) paint(part float64, text string) {
	if b.w == nil {
		return
	}
	b.part = part
	width, _ := terminalWidth(b.w)
	full := int(part * barCells)
	line := fmt.Sprintf("[%s%s] %3.0f%% %s", strings.Repeat("#", full), strings.Repeat(".", barCells-full),
		math.Floor(100*part), text)
	if r := []rune(line); len(r) >= width {
		line = string(r[:width-1])
	}
	b.show(line)
}

// show paints a line over the last one. It takes spaces to remove what is longer,
// as there are terminals that know no escape sequences.
func (b *progressBar) show(line string) {
	n := utf8.RuneCountInString(line)
	fmt.Fprintf(b.w, "\r%s%s", line, strings.Repeat(" ", max(b.shown-n, 0)))
	b.shown = n
}

// clear removes the line.
func (b *progressBar) clear() {
	if b.shown > 0 {
		b.show("")
		fmt.Fprint(b.w, "\r")
	}
}

// roundTime writes a time left without false precision.
func roundTime(d time.Duration) string { return d.Round(time.Second).String() }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
