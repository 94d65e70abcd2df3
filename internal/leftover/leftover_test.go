package leftover

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		what, text string
		want       stat
		ok         bool
	}{
		{"a shell", "4711 (bash) S 1 4711 4700 34816 0", stat{Process{4711, "bash"}, 1, 4700, true}, true},
		{"a name with a parenthesis and a space", "12 (a) S 1 " +
			"2) R 3 12 9 0", stat{Process{12, "a) S 1 2"}, 3, 9, true}, true},
		{"a name with a newline", "12 (a\nb) D 1 12 9 0", stat{Process{12, "a\nb"}, 1, 9, true}, true},
		{"a zombie", "12 (a) Z 1 12 9 0", stat{Process{12, "a"}, 1, 9, false}, true},
		{"cut short", "12 (a) S 1 2", stat{}, false},
		{"no name", "12 S 1 2 3", stat{}, false},
		{"nothing", "", stat{}, false},
		{"no number", "x (a) S 1 2 3", stat{}, false},
	} {
		if s, ok := parse([]byte(c.text)); ok != c.ok || ok && s != c.want {
			t.Errorf("%s: %+v, %v", c.what, s, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("12 (a) S 1 2) R 1 12 9 0"))
	f.Fuzz(func(_ *testing.T, text []byte) { parse(text) })
}

// TestMain is also the process that adopts: it runs a script, waits for the script
// alone, ends what is left below it, and names that.
func TestMain(m *testing.M) {
	script := os.Getenv("LEFTOVER_SCRIPT")
	if script == "" {
		os.Exit(m.Run())
	}
	fail := func(err error) {
		if err != nil {
			println(err.Error())
			os.Exit(1)
		}
	}
	fail(Adopt())
	fail(exec.Command("sh", "-c", script).Run())
	if os.Getenv("LEFTOVER_ALL") != "" {
		fail(KillAll(os.Getpid()))
		same, other, err := Below(os.Getpid())
		fail(err)
		for _, p := range append(same, other...) {
			os.Stdout.WriteString("alive: " + p.Name + "\n")
		}
		return
	}
	left, going, err := End(os.Getpid())
	fail(err)
	for _, p := range going {
		os.Stdout.WriteString("going:" + p.Name + "\n")
	}
	for _, p := range left {
		os.Stdout.WriteString(p.Name + "\n")
	}
	again, _, err := Below(os.Getpid())
	fail(err)
	if len(again) > 0 {
		println("something is still there")
		os.Exit(1)
	}
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
		{"one whose parent is dead", "(sleep 62 & ) & sleep 0.1", []string{"sleep"}},
		{"one in a group of its own", "timeout 63 sleep 64 & sleep 0.1", []string{"timeout", "sleep"}},
		{"one that is stopped", "sleep 65 & sleep 0.2; kill -STOP $!", []string{"sleep"}},
		{"a daemon is let go", "setsid sleep 0.7 & sleep 0.1", []string{"going:sleep"}},
		{"a daemon that has not begun its session", "setsid sleep 0.7 & true", []string{"going:sleep"}},
	} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "LEFTOVER_SCRIPT="+c.script)
		var err strings.Builder
		cmd.Stderr = &err
		out, e := cmd.Output()
		if got := strings.Fields(string(out)); e != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v %s, want %v", c.what, got, e, err.String(), c.want)
		}
	}
}

// TestKillAll: a trial that is cut off leaves nothing, sessions of their own neither.
func TestKillAll(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LEFTOVER_ALL=1", "LEFTOVER_SCRIPT=setsid sleep 67 & sleep 68 & (setsid sh -c "+
		"'sleep 69 & wait' &); sleep 0.2")
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestKillMarked: what a process started ends after the process has died, sessions of
// their own too; what was not started by it goes on.
func TestKillMarked(t *testing.T) {
	const mark = "LEFTOVER_MARK=0123456789"
	other := exec.Command("sleep", "60")
	other.Env = append(os.Environ(), mark+"0")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer other.Wait()
	defer other.Process.Kill()
	cmd := exec.Command("sh", "-c", "setsid sleep 61 & sleep 62 & (setsid sh -c 'sleep 63 & wait' &); "+
		"sleep 0.1; kill -9 $$")
	cmd.Env = append(os.Environ(), mark)
	if err := cmd.Run(); err == nil {
		t.Fatal("the shell is not dead")
	}
	if left := marked(mark); len(left) != 4 {
		t.Errorf("%v are left, want 4 processes", left)
	}
	if err := KillMarked(mark); err != nil || len(marked(mark)) > 0 {
		t.Errorf("%v; %v are left", err, marked(mark))
	}
	if len(marked(mark+"0")) != 1 {
		t.Error("a process that has another mark was ended")
	}
}

// TestNobodyElse: what is not below a process is not found.
func TestNobodyElse(t *testing.T) {
	cmd := exec.Command("sleep", "66")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); _ = cmd.Wait() }()
	time.Sleep(20 * time.Millisecond)
	found := func(root int) bool {
		list, _, err := Below(root)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(list, func(p Process) bool { return p.PID == cmd.Process.Pid })
	}
	if !found(os.Getpid()) || found(cmd.Process.Pid) {
		t.Error("a child is not found below its parent, or below itself")
	}
}

func TestWithoutProc(t *testing.T) {
	if _, _, err := list(t.TempDir(), 1); err == nil {
		t.Error("nothing was seen, and that was taken for nothing left")
	}
}
