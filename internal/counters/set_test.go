package counters

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/sys/unix"

	"mmapbench/internal/golden"
)

// machine is a tree of /proc and /sys from an archive: begin/ is how it is at
// the start of a phase, end/ what is written over it before the end, devices
// the names of block devices.
type machine struct {
	root    string
	devices []string
	archive *txtar.Archive
}

func newMachine(t *testing.T, name string) *machine {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{root: t.TempDir(), archive: archive}
	for _, f := range archive.Files {
		if f.Name == "devices" {
			m.devices = strings.Fields(string(f.Data))
		}
	}
	m.put(t, "begin/")
	return m
}

// put writes over the files, which keep their inodes, as those of /proc do.
func (m *machine) put(t *testing.T, edge string) {
	t.Helper()
	for _, f := range m.archive.Files {
		path, ok := strings.CutPrefix(f.Name, edge)
		if !ok {
			continue
		}
		path = filepath.Join(m.root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// files opens the sources of the tree that are files.
func (m *machine) files(t *testing.T) *Set {
	t.Helper()
	lock(t)
	s := &Set{tid: unix.Gettid(), groups: fileGroups(Options{Root: m.root, Devices: m.devices, Smaps: true})}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func lock(t testing.TB) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}

func TestMachines(t *testing.T) {
	for _, name := range []string{"server", "board", "container"} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, name)
			s := m.files(t)
			into := map[string]*int64{}
			if err := s.Begin(); err != nil {
				t.Fatal(err)
			}
			m.put(t, "end/")
			if err := s.End(into); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, name+".txt", strings.ReplaceAll(describe(t, s, into), m.root, ""))
		})
	}
}

// describe writes one line for each counter: what it is and its value or why
// it has none.
func describe(t *testing.T, s *Set, into map[string]*int64) string {
	t.Helper()
	var b strings.Builder
	for _, m := range s.Metrics() {
		v, ok := into[m.Name]
		if !ok {
			t.Errorf("%s is neither a value nor nil", m.Name)
		}
		why := cmp.Or(m.Reason, s.Lost()[m.Name].String())
		if (v == nil) != (why != "") {
			t.Errorf("%s: value %v with reason %q", m.Name, v, why)
		}
		fmt.Fprintf(&b, "%s [%s, %s, %s]: ", m.Name, m.Unit, m.Scope, m.Source)
		if v != nil {
			fmt.Fprintf(&b, "%d\n", *v)
		} else {
			fmt.Fprintf(&b, "%s\n", why)
		}
		delete(into, m.Name)
	}
	for name := range into {
		t.Errorf("%s has a value and is not in the list", name)
	}
	return b.String()
}

// A value that was once unknown makes the sum unknown; others add up.
func TestPhasesAddUp(t *testing.T) {
	m := newMachine(t, "board")
	s := m.files(t)
	into := map[string]*int64{}
	for range 2 {
		m.put(t, "begin/")
		if err := s.Begin(); err != nil {
			t.Fatal(err)
		}
		m.put(t, "end/")
		if err := s.End(into); err != nil {
			t.Fatal(err)
		}
	}
	if v := into["vmstat.pgfault"]; v == nil || *v != 2 {
		t.Errorf("vmstat.pgfault is %v after two phases of 1", v)
	}
	// Over the last end and a begin without change: 0 reads since, still unknown.
	if err := s.Begin(); err != nil {
		t.Fatal(err)
	}
	if err := s.End(into); err != nil {
		t.Fatal(err)
	}
	if v := into["diskstats.reads"]; v != nil {
		t.Errorf("diskstats.reads is %d though one phase of it is unknown", *v)
	}
}

func TestMisuse(t *testing.T) {
	s := newMachine(t, "board").files(t)
	if err := s.End(map[string]*int64{}); err == nil {
		t.Error("End without Begin passes")
	}
	other := make(chan error)
	go func() { other <- s.Begin() }() // this thread is locked: that is another one
	if err := <-other; err == nil || !strings.Contains(err.Error(), "LockOSThread") {
		t.Errorf("Begin on another thread: %v", err)
	}
}

func TestSumOfDevicesNeedsAll(t *testing.T) {
	m := newMachine(t, "server")
	m.devices = append(m.devices, "sdz")
	s := m.files(t)
	all := s.Metrics()
	i := slices.IndexFunc(all, func(m Metric) bool { return m.Name == "diskstats.read_bytes" })
	if !strings.Contains(all[i].Reason, "sdz") {
		t.Errorf("a device that is not there: %q", all[i].Reason)
	}
}

// Without a device, the one who asks knows best why.
func TestNoDevice(t *testing.T) {
	for why, want := range map[string]string{"tmpfs is in memory": "tmpfs is in memory",
		"": "no block device is known"} {
		g := diskGroup(Options{Root: t.TempDir(), NoDevice: why})
		if r := g.metrics[0].Reason; g.source != nil || !strings.Contains(r, want) {
			t.Errorf("told %q: reason %q", why, r)
		}
	}
	g := diskGroup(Options{Root: t.TempDir(), Devices: []string{"sda"}, NoDevice: "tmpfs is in memory"})
	if r := g.metrics[0].Reason; !strings.Contains(r, "/proc/diskstats") {
		t.Errorf("a device, and no diskstats: reason %q", r)
	}
}

// A kernel without accounting of I/O shows 0 blocks, which must not pass for a
// count.
func TestUsageWithoutAccounting(t *testing.T) {
	for name, without := range map[string]bool{"server": false, "board": true} {
		for _, m := range usageMetrics(newMachine(t, name).root) {
			if got := m.Reason != ""; got != (without && strings.HasPrefix(m.Name, "blocks_")) {
				t.Errorf("%s: %s is missing: %q", name, m.Name, m.Reason)
			}
		}
	}
}

func TestBackwards(t *testing.T) {
	for _, c := range []struct {
		from, to []int64
		want     bool
	}{
		{[]int64{0, 5}, []int64{0, 7}, false},
		{[]int64{0, 7}, []int64{9, 5}, true},
		{[]int64{0, absent}, []int64{9, 5}, false},
		{[]int64{0, 5}, []int64{9, absent}, false},
	} {
		if got := backwards(c.from, c.to); got != c.want {
			t.Errorf("from %d to %d: %t", c.from, c.to, got)
		}
	}
}
