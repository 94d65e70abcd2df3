//go:build linux && !386 && !arm

package host

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"mmapbench/internal/golden"
)

// TestFixtures reads whole machines and compares what was made of them, as
// JSON and as text, with golden files.
func TestFixtures(t *testing.T) {
	for _, name := range []string{"pi5-sd", "pi5-nvme", "laptop", "container", "vm"} {
		t.Run(name, func(t *testing.T) {
			r, targets := fixture(t, name)
			f := r.Read(targets)
			encoded, err := json.MarshalIndent(f, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, name+".json", string(encoded)+"\n")
			var text strings.Builder
			for _, section := range Describe(f) {
				fmt.Fprintf(&text, "%s\n", section.Title)
				for _, row := range section.Rows {
					fmt.Fprintf(&text, "  %s: %s\n", row.Name, row.Value)
				}
			}
			golden.Check(t, name+".txt", text.String())

			var back Facts
			if err := json.Unmarshal(encoded, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(f, back); diff != "" {
				t.Errorf("facts change on their way through JSON (-before +after):\n%s", diff)
			}
			if strings.Contains(string(encoded), r.Root) {
				t.Errorf("the root %s shows in the facts", r.Root)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct{ fixture, machine, device string }{
		{"pi5-sd", "Raspberry Pi 5 Model B Rev 1.0, Linux 6.12.25, 16 KiB pages",
			"SD card SC64G (A2, mmcblk0), ext4"},
		{"pi5-nvme", "Raspberry Pi 5 Model B Rev 1.0, Linux 6.12.34, 16 KiB pages",
			"NVMe Samsung SSD 980 250GB (Gen3 x1), ext4"},
		{"laptop", "LENOVO ThinkPad X1 Carbon Gen 9, Linux 6.15.4, 4 KiB pages",
			"dm-0 (crypt) over NVMe WD_BLACK SN850X 1000GB (Gen4 x4), btrfs"},
		{"container", "Dell Inc. PowerEdge R630, Linux 5.15.0, 4 KiB pages", "overlay"},
		{"vm", "QEMU Standard PC (Q35 + ICH9, 2009) (virtual machine), Linux 5.10.0, 4 KiB pages",
			"virtio disk vda, ext4"},
	} {
		r, targets := fixture(t, tt.fixture)
		f := r.Read(targets)
		if got := f.MachineName(); got != tt.machine {
			t.Errorf("%s: machine %q, want %q", tt.fixture, got, tt.machine)
		}
		if got := f.Targets[0].DeviceName(); got != tt.device {
			t.Errorf("%s: device %q, want %q", tt.fixture, got, tt.device)
		}
	}
	if got := (Facts{}).MachineName(); got != "unknown machine" {
		t.Errorf("of nothing: machine %q", got)
	}
	if got := (TargetFacts{}).DeviceName(); got != "unknown device" {
		t.Errorf("of nothing: device %q", got)
	}
}

// TestEmptyMachine reads a machine on which nothing can be read: every fact is
// absent, and named with a reason.
func TestEmptyMachine(t *testing.T) {
	r := NewReader(t.TempDir())
	r.Uname = func(*unix.Utsname) error { return unix.EPERM }
	r.Affinity = func(int, *unix.CPUSet) error { return unix.EPERM }
	r.Getrlimit = func(int, *unix.Rlimit) error { return unix.EPERM }
	r.Statfs = func(string, *unix.Statfs_t) error { return unix.EPERM }
	f := r.Read([]Target{{Name: "x", Dir: t.TempDir()}})
	for _, fact := range []string{
		"machine.model", "machine.kernel_release", "machine.arch", "machine.distribution",
		"processor.model", "processor.cpus", "processor.cpus_allowed", "processor.cgroup_cpus", "processor.clocks",
		"memory.total_bytes", "memory.available_bytes", "memory.swap_total_bytes", "memory.swaps", "memory.thp",
		"memory.fault_around_bytes", "memory.overcommit_memory", "memory.dirty_ratio_percent",
		"memory.dirty_background_ratio_percent", "memory.cgroup_limit_bytes", "memory.memlock_bytes",
		"power.source", "power.temperatures", "power.throttling",
		"targets.x.total_bytes", "targets.x.file_system", "targets.x.device",
	} {
		if f.Unknown[fact] == "" {
			t.Errorf("no reason is given for the absence of %s", fact)
		}
	}
	if f.Memory.Total != nil || f.Memory.FaultAround != nil || f.Targets[0].Free != nil {
		t.Errorf("facts of an empty machine: %+v", f)
	}
}

// TestThisMachine reads the machine that the test runs on.
func TestThisMachine(t *testing.T) {
	f := Read("/", []Target{{Name: "tmp", Dir: t.TempDir()}})
	if f.Machine.KernelRelease == "" || f.Machine.Arch == "" {
		t.Errorf("kernel %q, architecture %q: want both", f.Machine.KernelRelease, f.Machine.Arch)
	}
	if n := f.Machine.PageSize; n < 4096 || n&(n-1) != 0 {
		t.Errorf("page size %d", n)
	}
	if n := f.Processor.Allowed; n == nil || int(*n) != runtime.NumCPU() {
		t.Errorf("%v processors allowed, the runtime sees %d", n, runtime.NumCPU())
	}
	if f.Targets[0].Device == nil && f.Unknown["targets.tmp.device"] == "" && f.Unknown["targets.tmp"] == "" {
		t.Error("neither a device nor a reason for the temporary folder")
	}
	if f.Targets[0].Total == nil {
		t.Errorf("no size of the temporary folder's file system: %s", f.Unknown["targets.tmp.total_bytes"])
	}
}

func TestReasons(t *testing.T) {
	const path = "/sys/kernel/debug/fault_around_bytes"
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "open", Path: "/tmp/root" + path, Err: unix.ENOENT}, "there is no " + path},
		{&fs.PathError{Op: "open", Path: "/tmp/root" + path, Err: unix.EACCES},
			path + ": permission denied, root may read it"},
		{&fs.PathError{Op: "read", Path: "/tmp/root" + path, Err: unix.EIO}, "read " + path + ": input/output error"},
	} {
		if got := readError(path, tt.err).Error(); got != tt.want {
			t.Errorf("%v: reason %q, want %q", tt.err, got, tt.want)
		}
	}
}
