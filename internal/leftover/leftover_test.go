package leftover

import (
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		what, stat string
		want       Process
		session    int
		runs       bool
	}{
		{"a shell", "4711 (bash) S 1 4711 4700 34816 0", Process{4711, "bash"}, 4700, true},
		{"a name with a parenthesis and a space", "12 (a) S 1 2) R 1 12 9 0", Process{12, "a) S 1 2"}, 9, true},
		{"a name with a newline", "12 (a\nb) D 1 12 9 0", Process{12, "a\nb"}, 9, true},
		{"a zombie", "12 (a) Z 1 12 9 0", Process{12, "a"}, 9, false},
		{"cut short", "12 (a) S 1 2", Process{}, 0, false},
		{"no name", "12 S 1 2 3", Process{}, 0, false},
		{"nothing", "", Process{}, 0, false},
		{"no number", "x (a) S 1 2 3", Process{}, 0, false},
	} {
		p, session, runs := parse([]byte(c.stat))
		if runs != c.runs || session != c.session || p != c.want && c.want.PID != 0 {
			t.Errorf("%s: %+v, %d, %v", c.what, p, session, runs)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("12 (a) S 1 2) R 1 12 9 0"))
	f.Fuzz(func(_ *testing.T, stat []byte) { parse(stat) })
}

// session runs a script in a session of its own and waits for its leader alone.
func session(t *testing.T, script string) int {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Kill(cmd.Process.Pid, 0) })
	return cmd.Process.Pid
}

func TestEnd(t *testing.T) {
	for _, c := range []struct {
		what, script string
		want         []string
	}{
		{"nothing", "true", nil},
		{"one in the background", "sleep 60 &", []string{"sleep"}},
		{"one about to end", "sleep 0.01 &", nil},
		{"one that heeds no signal", "(trap '' TERM HUP INT; exec sleep 61) &", []string{"sleep"}},
		{"one whose parent is dead", "(sleep 62 & ) &", []string{"sleep"}},
		{"one that is stopped", "sleep 63 & sleep 0.2; kill -STOP $!", []string{"sleep"}},
	} {
		id := session(t, c.script)
		left, err := End(id, 0)
		if err != nil || len(left) != len(c.want) {
			t.Errorf("%s: %+v, %v, want %v", c.what, left, err, c.want)
		}
		for i := range min(len(left), len(c.want)) {
			if left[i].Name != c.want[i] {
				t.Errorf("%s: %+v, want %v", c.what, left, c.want)
			}
		}
		if now, err := Of(id, 0); err != nil || len(now) > 0 {
			t.Errorf("%s: %+v are left, %v", c.what, now, err)
		}
	}
}

func TestADaemonIsLetGo(t *testing.T) {
	cmd := exec.Command("sleep", "64")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id := session(t, "true")
	if left, err := End(id, 0); err != nil || len(left) > 0 {
		t.Errorf("%+v, %v", left, err)
	}
	time.Sleep(2 * pause)
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("it was ended with a session that is not its own: %v", err)
	}
	cmd.Process.Kill()
	_ = cmd.Wait()
}

func TestWithoutProc(t *testing.T) {
	if _, err := list(t.TempDir(), 1, 0); err == nil {
		t.Error("nothing was seen, and that was taken for nothing left")
	}
}
