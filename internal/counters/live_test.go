package counters

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/host"
	"mmapbench/internal/memory/memorytest"
)

// phase returns what the machine's counters say of work, on a set with all
// there is.
func phase(t *testing.T, devices []string, work func()) (map[string]*int64, map[string]Metric) {
	t.Helper()
	lock(t)
	s := Open(Options{Root: "/", Devices: devices, Smaps: true, Untimed: true})
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	into := map[string]*int64{}
	if err := s.Begin(); err != nil {
		t.Fatal(err)
	}
	work()
	if err := s.End(into); err != nil {
		t.Fatal(err)
	}
	metrics := map[string]Metric{}
	for _, m := range s.Metrics() {
		metrics[m.Name] = m
		if v, ok := into[m.Name]; !ok || (v == nil) != (m.Reason != "") {
			t.Errorf("%s: value %v, listed %t, reason %q", m.Name, v, ok, m.Reason)
		}
	}
	return into, metrics
}

// atLeast checks a counter, or says why this machine cannot.
func atLeast(t *testing.T, into map[string]*int64, metrics map[string]Metric, name string, want int64) {
	t.Helper()
	if into[name] == nil && into[name+":u"] != nil {
		name += ":u"
	}
	switch v := into[name]; {
	case v == nil:
		t.Logf("%s is not checked: %s", name, metrics[name].Reason)
	case *v < want:
		t.Errorf("%s is %d, want at least %d", name, *v, want)
	}
}

const pages = memorytest.Pages

func TestFreshPagesMoveTheCounters(t *testing.T) {
	m := memorytest.Fresh(t)
	into, metrics := phase(t, nil, func() { memorytest.Touch(m) })
	// Kernels with anonymous folios of several pages take fewer faults.
	for _, name := range []string{"perf.page-faults", "perf.minor-faults", "vmstat.pgfault"} {
		atLeast(t, into, metrics, name, pages/16)
	}
	for _, name := range []string{"perf.task-clock", "perf.cycles", "perf.instructions", "schedstat.run"} {
		atLeast(t, into, metrics, name, 1)
	}
	again, metrics := phase(t, nil, func() { memorytest.Touch(m) })
	for _, name := range []string{"perf.page-faults", "perf.page-faults:u", "perf.minor-faults",
		"perf.minor-faults:u"} {
		if v := again[name]; v != nil && *v > pages/20 {
			t.Errorf("%s is %d when the pages are touched again", name, *v)
		}
	}
	if v := again["io.syscr"]; v == nil {
		t.Logf("io.syscr is not checked: %s", metrics["io.syscr"].Reason)
	} else if *v != 0 {
		t.Errorf("touching memory takes %d reads: the set counts its own", *v)
	}
}

// The scheduler's account of a running thread is brought up to date at both
// edges, also between two ticks.
func TestRunTimeBetweenTicks(t *testing.T) {
	for range 5 {
		into, metrics := phase(t, nil, func() {
			for start := time.Now(); time.Since(start) < 200*time.Microsecond; {
			}
		})
		atLeast(t, into, metrics, "schedstat.run", 1000)
	}
}

func TestNothingIsNothing(t *testing.T) {
	into, metrics := phase(t, nil, func() {})
	for _, name := range []string{"perf.page-faults", "perf.major-faults", "io.read_bytes", "io.rchar", "io.syscr"} {
		if v := into[name]; v != nil && *v != 0 {
			t.Errorf("an empty phase has %s %d", name, *v)
		}
	}
	for name, m := range metrics {
		if m.Unit == "" || m.Scope == "" || m.Source == "" || !strings.Contains(name, ".") {
			t.Errorf("%+v is not described", m)
		}
	}
}

// coldFile is a file on a block device, written, and then evicted.
func coldFile(t *testing.T, size int) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "cold"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	_, err = f.Write(make([]byte, size))
	for _, e := range []error{err, f.Sync(), unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)} {
		if e != nil {
			t.Fatal(e)
		}
	}
	return f
}

// below returns the block devices below a file, or skips the test.
func below(t *testing.T, f *os.File) []string {
	t.Helper()
	facts := host.Read("/", []host.Target{{Name: "test", Dir: filepath.Dir(f.Name())}})
	names, why := facts.Targets[0].BlockDevices()
	if len(names) == 0 {
		t.Skipf("%s: %s", f.Name(), why)
	}
	return names
}

func TestColdReadMovesTheDevice(t *testing.T) {
	const size = 4 << 20
	f := coldFile(t, size)
	names := below(t, f)
	devices := Open(Options{Root: "/", Devices: names, Few: true})
	defer devices.Close()
	base := devices.Sample(IOReadBytes, DiskReadBytes)
	into, metrics := phase(t, names, func() {
		if _, err := f.ReadAt(make([]byte, size), 0); err != nil {
			t.Error(err)
		}
	})
	got := devices.Sample(IOReadBytes, DiskReadBytes).Since(base)
	atLeast(t, into, metrics, "io.rchar", size)
	if v := into["io.read_bytes"]; v != nil && *v == 0 {
		t.Skipf("%s was not evicted: what it lies on keeps it in memory", f.Name())
	}
	atLeast(t, into, metrics, "io.read_bytes", size)
	atLeast(t, into, metrics, "diskstats.read_bytes", size)
	atLeast(t, into, metrics, "diskstats.reads", 1)
	atLeast(t, into, metrics, "vmstat.pgpgin", size>>10)
	for i, name := range []string{"process", "device"} {
		if v := got[i]; v.N == nil {
			t.Logf("the %s's reads are not checked: %s", name, v.Reason)
		} else if *v.N < size {
			t.Errorf("reading %d cold bytes: the %s's account shows %d", size, name, *v.N)
		}
	}
}

func TestCloseGivesFilesBack(t *testing.T) {
	lock(t)
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	before := count()
	s := Open(Options{Root: "/", Smaps: true, Untimed: true})
	few := Open(Options{Root: "/", Few: true})
	if err := errors.Join(s.Close(), few.Close()); err != nil {
		t.Fatal(err)
	}
	if after := count(); after != before {
		t.Errorf("%d files open before, %d after", before, after)
	}
}

func TestShootdowns(t *testing.T) {
	s := Open(Options{Root: "/", Few: true})
	defer s.Close()
	got := s.Sample(Shootdowns).Since(s.Sample(Shootdowns))[0]
	if (got.N == nil) != (got.Reason != "") {
		t.Errorf("count %v with reason %q", got.N, got.Reason)
	}
	if runtime.GOARCH == "arm64" && got.N != nil {
		t.Errorf("arm64 counts %d TLB shootdowns", *got.N)
	}
}

func TestClockCost(t *testing.T) {
	if ns := ClockCost(); ns <= 0 || ns > 1e6 {
		t.Errorf("a reading of the clock takes %v ns", ns)
	}
}

// BenchmarkSet is the cost of the two edges of a phase.
func BenchmarkSet(b *testing.B) {
	for name, o := range map[string]Options{
		"timed": {Root: "/"}, "untimed": {Root: "/", Untimed: true}, "smaps": {Root: "/", Smaps: true},
	} {
		b.Run(name, func(b *testing.B) {
			lock(b)
			s := Open(o)
			defer s.Close()
			into := map[string]*int64{}
			b.ReportAllocs()
			for b.Loop() {
				if err := errors.Join(s.Begin(), s.End(into)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	lock(b)
	for b.Loop() {
		if err := Open(Options{Root: "/"}).Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSample(b *testing.B) {
	s := Open(Options{Root: "/", Few: true})
	defer s.Close()
	base := s.Sample(DiskReadBytes, DiskWriteBytes, Shootdowns)
	for b.Loop() {
		s.Sample(DiskReadBytes, DiskWriteBytes, Shootdowns).Since(base)
	}
}
