//go:build linux && !386 && !arm

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// glass is the little of a terminal that a screen needs: it takes text and fails at a
// sequence that it does not know.
type glass struct {
	t    *testing.T
	rows [][]rune
	y, x int
}

func (g *glass) Write(p []byte) (int, error) {
	for text := string(p); text != ""; {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
			n, _ := strconv.Atoi(rest[:i])
			g.obey(rest[i], n)
			text = rest[i+1:]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			g.x = 0
		case '\n':
			g.y, g.x = g.y+1, 0
		default:
			g.row()[g.x] = r
			g.x++
		}
	}
	return len(p), nil
}

func (g *glass) row() []rune {
	for len(g.rows) <= g.y {
		g.rows = append(g.rows, []rune(strings.Repeat(" ", 80)))
	}
	return g.rows[g.y]
}

func (g *glass) obey(what byte, n int) {
	row := g.row()
	switch what {
	case 'A':
		g.y -= n
	case 'J':
		g.rows = g.rows[:g.y+1]
		fallthrough
	case 'K':
		copy(row[g.x:], []rune(strings.Repeat(" ", 80-g.x)))
	default:
		g.t.Errorf("the sequence %q", what)
	}
}

func (g *glass) shows() (lines []string) {
	for _, row := range g.rows {
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	return lines
}

func TestScreen(t *testing.T) {
	g := &glass{t: t}
	s := &screen{w: g}
	for _, lines := range [][]string{{"bar", "now"}, {"a", "longer line", "bar", "now"}, {"a", "short", "bar", "now"},
		{"a", "short", "bar", "now"}, {"bar", "now"}, {"bar"}, {"a", "b", "c"}, {"z", "b", "c"}} {
		s.draw(lines, 80)
		if got := g.shows(); !slices.Equal(got, lines) {
			t.Errorf("drawn %q, want %q", got, lines)
		}
	}
	s.clear(80)
	if got := g.shows(); len(got) != 1 || got[0] != "" || g.x != 0 || g.y != 0 {
		t.Errorf("cleared: %q, the cursor at %d, %d", got, g.y, g.x)
	}
	// Lines of 30 that a terminal of 20 columns has folded take two rows each.
	var b strings.Builder
	s = &screen{w: &b, shown: []string{strings.Repeat("x", 30), strings.Repeat("y", 30)}, width: 40}
	s.draw([]string{"new"}, 20)
	if got, want := b.String(), "\r\x1b[3A\x1b[J\rnew\x1b[K"; got != want {
		t.Errorf("after a resize: %q, want %q", got, want)
	}
}

func TestStandingsFit(t *testing.T) {
	one := standing{name: "random 4k cold", leader: "mmap", other: "pread", median: "1.20", interval: " (1.10 to 1.31)",
		decided: true, state: "decided"}
	two := standing{name: "seqscan", leader: "pread", other: "mmap", state: "open"}
	s := &standings{last: []standing{one, two, two}}
	for _, c := range []struct {
		what          string
		rows, columns int
		want          []string
	}{
		{"wide", 3, 90, []string{"random 4k cold  mmap 1.20 times as fast as pread (1.10 to 1.31), decided",
			"seqscan         pread – times as fast as mmap, open",
			"seqscan         pread – times as fast as mmap, open"}},
		{"narrow", 2, 37, []string{"random 4k cold: mmap 1.20, decided", "and 2 more; 1 of 3 standings decided"}},
		{"no room", 1, 80, nil},
	} {
		if got := s.lines(c.rows, c.columns); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// TestRunOnATerminal looks at a run on a narrow terminal that changes its size, until
// Ctrl-C ends it.
func TestRunOnATerminal(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, terminal := range []string{"xterm", "dumb", ""} {
		t.Run("TERM="+terminal, func(t *testing.T) {
			t.Parallel() // each waits most of the time
			dir := t.TempDir()
			program := filepath.Join(dir, "mmapbench")
			if err := os.Symlink(exe, program); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(program, "run", "--workload", "seqscan", "--backend", "pread,mmap", "--cache", "cached",
				"--size", "256k", "--record", "64k", "--rounds", "1000", "--charts", "none")
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "TERM="+terminal, "COLUMNS=")
			f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 12, Cols: 40})
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			done := make(chan struct{})
			seen := make(chan struct{}, 1)
			go func() {
				defer close(done)
				buf := make([]byte, 4096)
				for {
					n, err := f.Read(buf)
					if err != nil {
						return
					}
					said.Write(buf[:n])
					if strings.Contains(said.String(), "seqscan: ") && len(seen) == 0 {
						seen <- struct{}{}
					}
				}
			}()
			wait := 20 * time.Second
			if terminal != "xterm" {
				wait = 3 * time.Second
			}
			select {
			case <-seen:
			case <-done:
			case <-time.After(wait):
			}
			if err := pty.Setsize(f, &pty.Winsize{Rows: 8, Cols: 60}); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
			if _, err := f.Write([]byte{3}); err != nil {
				t.Error(err)
			}
			<-done
			if err := cmd.Wait(); cmd.ProcessState.ExitCode() != ExitInterrupted {
				t.Errorf("TERM=%s: %v", terminal, err)
			}
			f.Close()
			text := said.String()
			drew := strings.Contains(text, clearLine)
			if want := terminal == "xterm"; drew != want {
				t.Fatalf("TERM=%s: something is drawn: %t", terminal, drew)
			}
			if !drew {
				return
			}
			after := text[strings.LastIndex(text, clearLine):]
			view, report, cleared := strings.Cut(after, clearDown)
			if !cleared || !strings.HasPrefix(report, "Ending after") || !strings.Contains(report, "interrupted") ||
				!strings.Contains(text, "round 1 of 1000") {
				t.Errorf("%q, and then %q", view, report)
			}
		})
	}
}
