package counters

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memory/memorytest"
)

func TestPerfReason(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "proc/sys/kernel/perf_event_paranoid")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err     unix.Errno
		grouped bool
		want    string
	}{
		{unix.EACCES, false, "perf_event_paranoid is 3;"},
		{unix.EPERM, true, "perf_event_paranoid is 3;"},
		{unix.ENOENT, false, "processor does not count it"},
		{unix.EOPNOTSUPP, false, "processor does not count it"},
		{unix.EINVAL, true, "no counter left"},
		{unix.EINVAL, false, "invalid argument"},
		{unix.ENOSYS, false, "without PERF_EVENTS"},
		{unix.EMFILE, false, "too many open files"},
	} {
		if got := perfReason(c.err, root, c.grouped); !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q in it", c.err, got, c.want)
		}
	}
}

// An event that does not open leaves the others alone, whether or not it would
// have led them.
func TestPerfWithoutSome(t *testing.T) {
	lock(t)
	unknown := event{"unknown", "events", unix.PERF_TYPE_SOFTWARE, 1 << 40, anywhere}
	clock := event{"task-clock", "ns", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_TASK_CLOCK, anywhere}
	g := perfSet("/", []event{unknown, clock, unknown})
	if g.source == nil {
		t.Skipf("no perf events here: %s", g.metrics[1].Reason)
	}
	s := &Set{tid: unix.Gettid(), groups: []group{g}}
	defer s.Close()
	into := map[string]*int64{}
	for range 3 {
		if err := s.Begin(); err != nil {
			t.Fatal(err)
		}
		if err := s.End(into); err != nil {
			t.Fatal(err)
		}
	}
	if v := into["perf.task-clock"]; v == nil || *v <= 0 {
		t.Errorf("task-clock: %v (%s)", v, g.metrics[1].Reason)
	}
	if v, ok := into["perf.unknown"]; v != nil || !ok || g.metrics[0].Reason == "" || g.metrics[2].Reason == "" {
		t.Errorf("unknown: %v, %+v", v, g.metrics)
	}
}

// Hardware events that another user of the counters pushed aside for a while
// are missing; a guess is no count. A pipe plays the kernel's part, since few
// virtual machines have such events.
func TestPerfCountedForAPartOfTheTime(t *testing.T) {
	for _, c := range []struct {
		name string
		text []uint64 // events, time enabled, time running, counts
		want int64
		err  string
	}{
		{"all the time", []uint64{2, 150, 150, 7, 8}, 8, ""},
		{"a part of it", []uint64{2, 151, 140, 7, 8}, 8, "40 of 51 ns"},
		{"another number of events", []uint64{1, 150, 140, 7, 8}, absent, "read perf events"},
		{"too short", []uint64{2, 150, 140, 7}, absent, "read perf events"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var pipe [2]int
			if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
			var b []byte
			for _, word := range c.text {
				b = binary.NativeEndian.AppendUint64(b, word)
			}
			if _, err := unix.Write(pipe[1], b); err != nil {
				t.Fatal(err)
			}
			p := &perfSource{fds: pipe[:], places: []int{0, 2}, buf: make([]byte, 8*5), start: perfTimes{100, 100}}
			defer p.close()
			got := []int64{absent, absent, absent}
			err := p.end(got)
			if got[1] != absent || got[2] != c.want || (err == nil) != (c.err == "") ||
				err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v, error %v", got, err)
			}
			if p.on() == nil || p.off() == nil {
				t.Error("a pipe can be switched on and off")
			}
		})
	}
}

// Perf events stand still between phases.
func TestPerfCountsPhasesOnly(t *testing.T) {
	lock(t)
	g := perfSet("/", faultEvents)
	if g.source == nil {
		t.Skipf("no perf events here: %s", g.metrics[0].Reason)
	}
	s := &Set{tid: unix.Gettid(), groups: []group{g}}
	defer s.Close()
	into := map[string]*int64{}
	memorytest.Touch(memorytest.Fresh(t))
	if err := s.Begin(); err != nil {
		t.Fatal(err)
	}
	if err := s.End(into); err != nil {
		t.Fatal(err)
	}
	memorytest.Touch(memorytest.Fresh(t))
	if v := into[g.metrics[0].Name]; v == nil || *v > pages/20 {
		t.Errorf("an empty phase among %d faults has %v", pages, v)
	}
}

// What the kernel does in its own name is not counted without the right to see
// it, and then there must be no 0 in its place; what user mode does has another
// name. The rights are those of a thread that gives up root's and ends.
func TestPerfWithoutPrivilege(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/kernel/perf_event_paranoid")
	if err != nil || strings.TrimSpace(string(text)) < "2" {
		t.Skipf("the kernel lets everybody see it: perf_event_paranoid is %q (%v)", text, err)
	}
	var all []Metric
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread dies with its rights
		const nobody = 65534
		if _, _, err := unix.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); err != 0 && os.Geteuid() == 0 {
			done <- err
			return
		}
		s := Open(Options{Root: "/", Untimed: true})
		all = s.Metrics()
		done <- s.Close()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		name, isPerf := strings.CutPrefix(m.Name, "perf.")
		switch name, userOnly := strings.CutSuffix(name, ":u"); {
		case !isPerf:
		case userOnly != strings.HasSuffix(m.Source, "user mode only"):
			t.Errorf("%+v", m)
		case name != "task-clock" && !userOnly && m.Reason == "":
			t.Errorf("%s is counted in the kernel without the right to", m.Name)
		case strings.HasSuffix(name, "switches") && !strings.Contains(m.Reason, "perf_event_paranoid is "):
			t.Errorf("%s is missing because %q", m.Name, m.Reason)
		}
	}
}
