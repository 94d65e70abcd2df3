//go:build linux && !386 && !arm

package cli

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"mmapbench/harness"
	"mmapbench/internal/units"
	"mmapbench/results"
	"mmapbench/session"
)

// progress shows a run under way. On a terminal that is the standing of each group,
// a bar, and what runs now; elsewhere it is a line now and then. It is not a library's,
// because those repaint from a goroutine of their own: this one paints between trials,
// and while a trial is timed nothing of this process runs.
type progress struct {
	w         io.Writer
	mu        sync.Mutex // an interrupt comes at any time
	quiet     bool
	screen    *screen // nil: nothing is drawn
	standings standings
	bar, now  string
	round     int
	drawn     time.Time             // when it was drawn, or a line written, last
	took      map[int]time.Duration // how long an arm's last trial took, with what is around it
	began     time.Time             // when the present trial did
}

// newProgress shows the run that is asked for. Where the user's commands write to the
// terminal themselves, nothing is drawn.
func newProgress(w io.Writer, quiet bool, q *session.Request) *progress {
	b := &progress{w: w, quiet: quiet, took: map[int]time.Duration{}, drawn: time.Now()}
	b.standings.run.Header.Plan = *q.Plan
	if q.Resume != nil {
		for i := range q.Resume.Run.Trials {
			b.standings.add(&q.Resume.Run.Trials[i])
		}
	}
	inherits := func(c results.Command) bool { return c.Way.Output == results.OutputInherit }
	if canDraw(w) && !quiet && !slices.ContainsFunc(q.Plan.Commands, inherits) {
		b.screen = &screen{w: w}
	}
	return b
}

// notice says a sentence that stays.
func (b *progress) notice(text string) {
	b.erase()
	fmt.Fprintln(b.w, text)
	b.draw()
}

// ending says that the run was interrupted. A terminal has written ^C by then.
func (b *progress) ending() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.erase(); b.screen == nil {
		fmt.Fprintln(b.w)
	}
	fmt.Fprintln(b.w, "Ending after the running trial, or in a second; once more to end at once.")
}

// tell shows an event.
func (b *progress) tell(e harness.Event) {
	if b.quiet {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := e.(type) {
	case harness.Making:
		if e.Done < e.Total && time.Since(b.drawn) < oftenest {
			return
		}
		b.bar = barOf(float64(e.Done) / float64(e.Total))
		b.now = fmt.Sprintf("making the dataset on %s, %s of %s", e.Target, units.FormatSize(e.Done),
			units.FormatSize(e.Total))
		b.draw()
	case harness.Progress:
		b.trial(e)
	case harness.Tried:
		b.took[e.Trial.Arm] = time.Since(b.began)
		b.standings.add(e.Trial)
	case harness.Late:
		b.late(e.Arm, e.Expected, e.Most)
	case harness.Notice:
		b.notice(string(e))
	}
}

const (
	oftenest = 250 * time.Millisecond // between two pictures
	seldom   = 30 * time.Second       // between two lines where there is no terminal
)

// trial shows what is tried next. Of a trial that will be over before the next picture
// may be drawn, none is.
func (b *progress) trial(p harness.Progress) {
	defer func() { b.began = time.Now() }()
	next := p.Round != b.round
	b.round = p.Round
	if b.screen == nil {
		if next && time.Since(b.drawn) > seldom {
			b.standings.reckon()
			b.drawn = time.Now()
			fmt.Fprintf(b.w, "Round %d of %s, %s left: %s.\n", p.Round+1, b.rounds(), roundTime(p.Left),
				b.standings.tally())
		}
		return
	}
	if next {
		b.standings.reckon()
	}
	if took, known := b.took[p.Arm.ID]; known && took < oftenest && time.Since(b.drawn) < oftenest {
		return
	}
	b.bar = fmt.Sprintf("%s %s left", barOf(float64(p.Done)/float64(p.Total)), roundTime(p.Left))
	b.now = fmt.Sprintf("round %d of %s: %s %s %s", p.Round+1, b.rounds(), p.Arm.Workload, p.Arm.Backend, p.Arm.Cache)
	b.draw()
}

// rounds is how many there are, as far as that is known.
func (b *progress) rounds() string {
	p := &b.standings.run.Header.Plan
	if overBudget(p) {
		return fmt.Sprintf("at most %d", p.Rounds)
	}
	return fmt.Sprint(p.Rounds)
}

// late is shown once, while a trial takes much longer than expected.
func (b *progress) late(a results.Arm, expected, most time.Duration) {
	text := "takes long"
	if expected > 0 {
		text = fmt.Sprintf("takes longer than the %s expected", units.FormatDuration(expected))
	}
	b.now = fmt.Sprintf("%s %s %s %s; ended after %s", a.Workload, a.Backend, a.Cache, text, roundTime(most))
	b.draw()
}

// barCells is the width of the bar itself.
const barCells = 20

func barOf(part float64) string {
	full := int(part * barCells)
	return fmt.Sprintf("[%s%s] %3.0f%%", strings.Repeat("#", full), strings.Repeat(".", barCells-full),
		math.Floor(100*part))
}

// draw shows the standings that fit above the bar and what runs now. A terminal's echo
// of Ctrl-C has room behind the last line.
func (b *progress) draw() {
	if b.screen == nil {
		return
	}
	b.drawn = time.Now()
	width, _ := terminalWidth(b.w)
	lines := append(b.standings.lines(terminalHeight(b.w)-3, width-3), b.bar, b.now)
	for i, line := range lines {
		if r := []rune(line); len(r) > width-3 {
			lines[i] = string(r[:max(width-3, 0)])
		}
	}
	b.screen.draw(lines, width)
}

// clear removes what is drawn.
func (b *progress) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
}

func (b *progress) erase() {
	if b.screen != nil {
		width, _ := terminalWidth(b.w)
		b.screen.clear(width)
	}
}

// roundTime writes a time left without false precision.
func roundTime(d time.Duration) string { return d.Round(time.Second).String() }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
