//go:build linux && !386 && !arm

package host

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFingerprint changes one fact at a time: those that matter change the
// fingerprint and are named among the differences, those that change by
// themselves do neither.
func TestFingerprint(t *testing.T) {
	read := func() Facts {
		r, targets := fixture(t, "pi5-sd")
		return r.Read(targets)
	}
	base := read()
	if got := fingerprint(read()); got != fingerprint(base) || len(got) != 12 {
		t.Fatalf("fingerprints of the same machine: %s and %s", fingerprint(base), got)
	}
	ptr := func(n int64) *int64 { return &n }
	for _, tt := range []struct {
		name   string
		change func(*Facts)
		want   string // beginning of the difference; "": none
	}{
		{"kernel", func(f *Facts) { f.Machine.KernelRelease = "6.12.34" },
			"kernel: 6.12.25+rpt-rpi-2712 in one, 6.12.34 in the other"},
		{"pages", func(f *Facts) { f.Machine.PageSize = 4096 }, "page size: 16 KiB in one, 4 KiB"},
		{"memory", func(f *Facts) { f.Memory.Total = ptr(4 << 30) }, "memory: 7.88 GiB in one, 4 GiB"},
		{"memory limit", func(f *Facts) { f.Memory.CgroupLimit = ptr(1 << 28) },
			"memory limit: unknown in one, 256 MiB"},
		{"processors", func(f *Facts) { f.Processor.CPUs = nil }, "processors: 4 in one, unknown"},
		{"huge pages", func(f *Facts) { f.Memory.THP = "never" }, "transparent huge pages: always in one, never"},
		{"device", func(f *Facts) { f.Targets[0].Device.Serial = "0x1" },
			"target sd, device: sd SC64G 0x8018acb0 in one, sd SC64G 0x1"},
		{"read-ahead", func(f *Facts) { f.Targets[0].ReadAhead = ptr(4096) },
			"target sd, read-ahead: 128 KiB in one, 4 KiB"},
		{"scheduler", func(f *Facts) { f.Targets[0].Device.Scheduler = "none" },
			"target sd, scheduler: mq-deadline in one, none"},
		{"governor", func(f *Facts) { f.Processor.Clocks[0].Governor = "performance" },
			"governor: ondemand in one, performance in the other"},
		{"governor of one CPU", func(f *Facts) {
			f.Processor.Clocks[0].CPUs = []int{0, 1, 2}
			f.Processor.Clocks = append(f.Processor.Clocks, Clock{CPUs: []int{3}, Governor: "powersave"})
		}, "governor: ondemand in one, ondemand of CPU 0 1 2, powersave of CPU 3 in the other"},
		{"power", func(f *Facts) { f.Power.Source = PowerBattery }, "power: unknown in one, battery"},
		{"dirty limit", func(f *Facts) { f.Memory.DirtyRatio, f.Memory.DirtyBytes = nil, ptr(1<<20) },
			"dirty limit: 20 % in one, 1 MiB"},
		{"write cache", func(f *Facts) { f.Targets[0].Device.WriteCache = "write through" },
			"target sd, write cache: write back in one, write through"},
		{"block size", func(f *Facts) { f.Targets[0].BlockSize = ptr(1024) },
			"target sd, block size: 4 KiB in one, 1 KiB"},
		{"mount options", func(f *Facts) { f.Targets[0].MountOptions = "rw" },
			"target sd, mount options: rw,noatime in one, rw"},

		{"memory, a little", func(f *Facts) { *f.Memory.Total -= 512 << 10 }, ""},
		{"free space", func(f *Facts) { *f.Targets[0].Free /= 2 }, ""},
		{"frequency limit of a hot board", func(f *Facts) { f.Processor.Clocks[0].Max = ptr(18e8) }, ""},
		{"processors governed apart by their limits", func(f *Facts) {
			f.Processor.Clocks[0].CPUs = []int{0, 1, 2}
			f.Processor.Clocks = append(f.Processor.Clocks,
				Clock{CPUs: []int{3}, Governor: "ondemand", Max: ptr(18e8)})
		}, ""},
		{"temperature", func(f *Facts) { f.Power.Temperatures = nil }, ""},
		{"frequency", func(f *Facts) { f.Processor.Clocks[0].Fastest = ptr(1) }, ""},
		{"device name", func(f *Facts) {
			f.Targets[0].Device.Name, f.Targets[0].MountSource = "mmcblk1",
				"/dev/mmcblk1p2"
		}, ""},
		{"layers", func(f *Facts) { f.Targets[0].MountOptions += ",upperdir=/x/9f1e" }, ""},
		{"order of targets", func(f *Facts) { f.Targets[0], f.Targets[1] = f.Targets[1], f.Targets[0] }, ""},
	} {
		f := read()
		tt.change(&f)
		diffs := Differences(base, f)
		if tt.want == "" && (diffs != nil || fingerprint(f) != fingerprint(base)) {
			t.Errorf("%s: differences %q, fingerprint changed: %v; want neither", tt.name, diffs,
				fingerprint(f) != fingerprint(base))
		}
		if tt.want != "" && (len(diffs) != 1 || !strings.HasPrefix(diffs[0], tt.want) ||
			fingerprint(f) == fingerprint(base)) {
			t.Errorf("%s: differences %q, want one beginning %q, and another fingerprint", tt.name, diffs, tt.want)
		}
	}
}

// A PCIe link that came up slower is another device to a benchmark.
func TestFingerprintOfLink(t *testing.T) {
	r, targets := fixture(t, "pi5-nvme")
	a, b := r.Read(targets), r.Read(targets)
	b.Targets[0].Device.Link.Speed = "5.0 GT/s PCIe"
	want := []string{"target nvme, PCIe link: Gen3 x1 in one, Gen2 x1 in the other"}
	if diff := cmp.Diff(want, Differences(a, b)); diff != "" || fingerprint(a) == fingerprint(b) {
		t.Error(diff)
	}
}

// TestFingerprintOfMachine wants one fingerprint of a machine whatever the targets are,
// and one of a place whatever the target is called.
func TestFingerprintOfMachine(t *testing.T) {
	r, targets := fixture(t, "pi5-sd")
	f := r.Read(targets)
	bare := f
	bare.Targets = nil
	if Fingerprint(f) != Fingerprint(bare) {
		t.Error("the machine has another fingerprint with targets")
	}
	sd, other := f.Targets[0], f.Targets[0]
	other.Name = "card"
	if Place(f, sd) != Place(bare, other) {
		t.Error("a place has another fingerprint under another name")
	}
	if other.FileSystem = "xfs"; Place(f, sd) == Place(f, other) {
		t.Error("another file system has the same fingerprint")
	}
}

func TestDifferencesOfTargets(t *testing.T) {
	a := Facts{Targets: []TargetFacts{{Name: "sd", FileSystem: "ext4"}}}
	b := Facts{Targets: []TargetFacts{{Name: "nvme", FileSystem: "ext4"}}}
	want := []string{"target sd: in one, not in the other", "target nvme: not in one, in the other"}
	if diff := cmp.Diff(want, Differences(a, b)); diff != "" {
		t.Error(diff)
	}
	if fingerprint(a) == fingerprint(b) {
		t.Error("the same fingerprint with other targets")
	}
}
