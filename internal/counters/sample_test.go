package counters

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// gained writes changes down: a number, or the reason why there is none.
func gained(changes []Change) []any {
	var out []any
	for _, c := range changes {
		if c.N != nil {
			out = append(out, *c.N)
		} else {
			out = append(out, c.Reason)
		}
	}
	return out
}

func TestSample(t *testing.T) {
	const noOwn, noDisk = "open /proc/self/io: no such file or directory: " + noIO,
		"no block device is known behind the target"
	anew := errBackwards.Error()
	names := []string{DiskReadBytes, IOReadBytes, "io.nothing", IOWriteBytes, DiskWriteBytes}
	for _, c := range []struct {
		name, machine, why string
		devices            []string
		want               []any // the names
	}{
		{name: "a RAID's two devices", machine: "server", devices: []string{"nvme0n1", "nvme1n1"},
			want: []any{int64(1024000), int64(1048576), "", int64(8192), int64(55296)}},
		{name: "no device", machine: "container", why: "tmpfs is in memory",
			want: []any{"tmpfs is in memory", int64(0), "", int64(0), "tmpfs is in memory"}},
		{name: "no device, and nobody says why", machine: "server",
			want: []any{noDisk, int64(1048576), "", int64(8192), noDisk}},
		{name: "a device of which there is no account", machine: "server", devices: []string{"sdz"},
			want: []any{"/proc/diskstats has no full line for sdz", int64(1048576), "", int64(8192),
				"/proc/diskstats has no full line for sdz"}},
		// Nothing was written to the card that came back; that its writes seem
		// to be 0 is chance.
		{name: "a card taken out", machine: "board", devices: []string{"mmcblk0"},
			want: []any{anew, noOwn, "", noOwn, anew}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t, c.machine)
			s := Open(Options{Root: m.root, Devices: c.devices, NoDevice: c.why, Few: true})
			base := s.Sample(names...)
			m.put(t, "end/")
			c.want[2] = "there is no counter of this name"
			if diff := cmp.Diff(c.want, gained(s.Sample(names...).Since(base))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			for _, closed := range s.Sample(names...).Since(base) {
				if closed.N != nil || closed.Reason == "" {
					t.Errorf("closed, it still gives %+v", closed)
				}
			}
		})
	}
}

// A sample in the middle of a phase changes nothing of the phase.
func TestSampleInAPhase(t *testing.T) {
	m := newMachine(t, "server")
	lock(t)
	s := Open(Options{Root: m.root, Devices: m.devices, Few: true})
	defer s.Close()
	if err := s.Begin(); err != nil {
		t.Fatal(err)
	}
	m.put(t, "end/")
	s.Sample(DiskReadBytes)
	m.put(t, "begin/")
	into := map[string]*int64{}
	if err := s.End(into); err != nil {
		t.Fatal(err)
	}
	if v := into[DiskReadBytes]; v == nil || *v != 0 {
		t.Errorf("%s is %v over a phase that ends as it began", DiskReadBytes, v)
	}
}

// A device that goes away leaves nothing to read, not a 0.
func TestDeviceGone(t *testing.T) {
	m := newMachine(t, "server")
	s := Open(Options{Root: m.root, Devices: []string{"nvme0n1"}, Few: true})
	defer s.Close()
	base := s.Sample(DiskReadBytes)
	if err := os.WriteFile(filepath.Join(m.root, "proc/diskstats"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := s.Sample(DiskReadBytes).Since(base)[0]; got.N != nil || !strings.Contains(got.Reason, "diskstats") {
		t.Errorf("%+v", got)
	}
}

// The kernel gives most files in pieces, and a long one does not fit at first.
func TestLongFile(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("IPI0:  1 2 3 4 Rescheduling interrupts\n", 10_000) + "TLB: 3 4 TLB shootdowns\n"
	if err := os.WriteFile(filepath.Join(root, interruptsPath), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	g := shootdownGroup(root)
	defer g.close()
	for range 2 {
		if err := g.read(); err != nil || g.now[0] != 7 {
			t.Errorf("count %d (%v)", g.now[0], err)
		}
	}
}
