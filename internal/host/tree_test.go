//go:build linux && !386 && !arm

package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// tree returns a reading of a machine with the given files. A value "-> x" is a
// symbolic link to x.
func tree(t *testing.T, files map[string]string) *reading {
	t.Helper()
	root := t.TempDir()
	for path, content := range files {
		put(t, filepath.Join(root, path), func(path string) error {
			if to, ok := strings.CutPrefix(content, "-> "); ok {
				return os.Symlink(to, path)
			}
			return os.WriteFile(path, []byte(content+"\n"), 0o644)
		})
	}
	return &reading{Reader: *NewReader(root), unknown: map[string]string{}}
}

func TestMemoryCgroup(t *testing.T) {
	const v2 = "31 22 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  int64 // 0: unknown
	}{
		{"v2, the lowest of three", map[string]string{
			"proc/self/cgroup": "0::/a/b/c", "proc/self/mountinfo": v2, "sys/fs/cgroup/a/memory.max": "4096000",
			"sys/fs/cgroup/a/b/memory.max": "8192000", "sys/fs/cgroup/a/b/c/memory.max": "max"}, 4096000},
		{"v2, root of the hierarchy", map[string]string{
			"proc/self/cgroup": "0::/", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/cgroup.controllers": "cpu memory"}, Unlimited},
		{"v2, controller off", map[string]string{
			"proc/self/cgroup": "0::/", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/cgroup.controllers": "cpu io pids"}, 0},
		{"v2, seen from the host", map[string]string{
			"proc/self/cgroup":         "0::/docker/1c0f",
			"proc/self/mountinfo":      strings.Replace(v2, " / /sys", " /docker/1c0f /sys", 1),
			"sys/fs/cgroup/memory.max": "1048576"}, 1048576},
		{"v2, a mount whose root only begins alike", map[string]string{
			"proc/self/cgroup":         "0::/docker/1c0fff",
			"proc/self/mountinfo":      strings.Replace(v2, " / /sys", " /docker/1c0f /sys", 1),
			"sys/fs/cgroup/memory.max": "1048576", "sys/fs/cgroupff/memory.max": "4096",
			"sys/fs/cgroup/ff/memory.max": "4096"}, 1048576},
		{"v2, outside of the namespace", map[string]string{
			"proc/self/cgroup": "0::/../x", "proc/self/mountinfo": v2, "sys/fs/cgroup/memory.max": "1048576",
			"sys/fs/x/memory.max": "4096"}, 1048576},
		{"v2, nonsense", map[string]string{
			"proc/self/cgroup": "0::/", "proc/self/mountinfo": v2, "sys/fs/cgroup/memory.max": "lots"}, 0},
		{"v1", map[string]string{
			"proc/self/cgroup": "0::/\n4:memory:/x",
			"proc/self/mountinfo": v2 + "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup " +
				"rw,memory\n",
			"sys/fs/cgroup/memory/x/memory.stat": "cache 5\nhierarchical_memory_limit 2097152"}, 2097152},
		{"v1, not mounted", map[string]string{"proc/self/cgroup": "4:memory:/x", "proc/self/mountinfo": v2}, 0},
		{"none", map[string]string{"proc/self/cgroup": "1:name=systemd:/", "proc/self/mountinfo": v2}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tree(t, tt.files)
			var m Memory
			r.memoryCgroup(&m)
			limit := m.CgroupLimit
			reason := r.unknown["memory.cgroup_limit_bytes"]
			switch {
			case tt.want == 0 && (limit != nil || reason == ""):
				t.Errorf("limit %v, reason %q: want none and a reason", size(limit), reason)
			case tt.want != 0 && (limit == nil || *limit != tt.want):
				t.Errorf("limit %q (%s), want %d", size(limit), reason, tt.want)
			}
		})
	}
}

// TestLimits reads what cgroups may do to a trial besides its memory: the lowest
// of each limit, from the process's group up.
func TestLimits(t *testing.T) {
	const v2 = "31 22 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	const v1 = "32 22 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n33 22 0:30 / /cg/blkio rw - cgroup cgroup " +
		"rw,blkio\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		cpus  float64 // 0: unknown
		io    string
	}{
		{"v2", map[string]string{
			"proc/self/cgroup": "0::/a/b", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/a/b/cpu.max": "max 100000", "sys/fs/cgroup/a/cpu.max": "50000 100000",
			"sys/fs/cgroup/a/b/io.max": "8:1 rbps=1\n8:0 rbps=2000 wbps=max riops=30 wiops=max",
			"sys/fs/cgroup/a/io.max":   "8:0 rbps=1000 wbps=max"},
			0.5, "rbps=1000, riops=30"},
		{"v2, no limits", map[string]string{"proc/self/cgroup": "0::/a", "proc/self/mountinfo": v2}, Unlimited, ""},
		{"v1", map[string]string{
			"proc/self/cgroup": "2:cpu,cpuacct:/x\n3:blkio:/y\n0::/", "proc/self/mountinfo": v2 + v1,
			"cg/cpu/x/cpu.cfs_quota_us": "250000", "cg/cpu/x/cpu.cfs_period_us": "100000",
			"cg/cpu/cpu.cfs_quota_us": "-1", "cg/cpu/cpu.cfs_period_us": "100000",
			"cg/blkio/y/blkio.throttle.read_bps_device": "8:0 94371840\n8:16 5"},
			2.5, "rbps=94371840"},
		{"v1, not mounted", map[string]string{"proc/self/cgroup": "2:cpu,cpuacct:/x\n3:blkio:/y",
			"proc/self/mountinfo": v2}, 0, ""},
		{"nonsense", map[string]string{"proc/self/cgroup": "0::/", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/cpu.max": "5 0"}, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tree(t, tt.files)
			cpus := r.cpuQuota()
			if tt.cpus == 0 && (cpus != nil || r.unknown["processor.cgroup_cpus"] == "") || tt.cpus != 0 &&
				(cpus == nil || *cpus != tt.cpus) {
				t.Errorf("processors %q (%s), want %v", quota(cpus), r.unknown["processor.cgroup_cpus"], tt.cpus)
			}
			if got := list(r.ioLimits("io", "8:0")...); got != tt.io {
				t.Errorf("I/O limits %q (%s), want %q", got, r.unknown["io"], tt.io)
			}
		})
	}
}

func TestVirtualisation(t *testing.T) {
	for _, tt := range []struct {
		want, release string
		files         map[string]string
	}{
		{"none", "6.1.0", nil},
		{"wsl", "5.15.153.1-microsoft-standard-WSL2", nil},
		{"other", "6.1.0", map[string]string{"proc/cpuinfo": "flags\t: fpu hypervisor"}},
		{"xen", "6.1.0", map[string]string{"sys/hypervisor/type": "xen"}},
		{"amazon", "6.1.0", map[string]string{"sys/class/dmi/id/sys_vendor": "Amazon EC2",
			"sys/class/dmi/id/product_name": "m6g.large"}},
		{"none", "6.1.0", map[string]string{"sys/class/dmi/id/sys_vendor": "Amazon EC2",
			"sys/class/dmi/id/product_name": "m6g.metal"}},
		{"none", "6.1.0", map[string]string{"sys/class/dmi/id/sys_vendor": "Google",
			"sys/class/dmi/id/product_name": "Eve"}},
		{"none", "6.1.0", map[string]string{"sys/class/dmi/id/sys_vendor": "Microsoft Corporation",
			"sys/class/dmi/id/product_name": "Surface Pro 7"}},
		{"qemu", "6.1.0", map[string]string{"sys/firmware/devicetree/base/compatible": "linux,dummy-virt\x00"}},
		{"kvm", "6.1.0", map[string]string{"sys/firmware/devicetree/base/hypervisor/compatible": "linux,kvm\x00"}},
	} {
		if got := tree(t, tt.files).virtualisation(tt.release); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.files, got, tt.want)
		}
	}
}

func TestContainer(t *testing.T) {
	for _, tt := range []struct{ want, path, content string }{
		{"none", "proc/self/cgroup", "0::/user.slice"},
		{"docker", ".dockerenv", ""},
		{"podman", "run/.containerenv", ""},
		{"systemd-nspawn", "run/systemd/container", "systemd-nspawn"},
		{"kubernetes", "proc/self/cgroup", "11:memory:/kubepods/besteffort/pod1/2"},
		{"lxc", "proc/self/cgroup", "0::/lxc/box"},
	} {
		if got := tree(t, map[string]string{tt.path: tt.content}).container(); got != tt.want {
			t.Errorf("%s %q: %s, want %s", tt.path, tt.content, got, tt.want)
		}
	}
}

func TestModel(t *testing.T) {
	for _, tt := range []struct {
		want  string
		files map[string]string
	}{
		{"Raspberry Pi 4 Model B Rev 1.2", map[string]string{"proc/device-tree/model": "Raspberry Pi 4 Model B " +
			"Rev 1.2\x00"}},
		{"Raspberry Pi 5 Model B Rev 1.0", map[string]string{"proc/cpuinfo": "Model\t\t: Raspberry Pi 5 Model B " +
			"Rev 1.0"}},
		{"ASUSTeK COMPUTER INC. PRIME X570-P",
			map[string]string{"sys/class/dmi/id/sys_vendor": "ASUS",
				"sys/class/dmi/id/product_name": "System Product Name",
				"sys/class/dmi/id/board_vendor": "ASUSTeK COMPUTER INC.",
				"sys/class/dmi/id/board_name":   "PRIME X570-P"}},
		{"HP EliteDesk 800", map[string]string{"sys/class/dmi/id/sys_vendor": "HP",
			"sys/class/dmi/id/product_name": "HP EliteDesk 800"}},
		{"", nil},
	} {
		if got := tree(t, tt.files).model(); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.files, got, tt.want)
		}
	}
}

// TestDeviceKinds gives each kind of block device by its place in /sys.
func TestDeviceKinds(t *testing.T) {
	for _, tt := range []struct{ disk, file, content, kind, title string }{
		{"platform/mmc/mmc0:0001/block/mmcblk0", "device/type", "MMC", KindEMMC, "eMMC (mmcblk0)"},
		{"platform/mmc/mmc0:0001/block/mmcblk0", "device/type", "SD", KindSD, "SD card (mmcblk0)"},
		{"pci/virtio3/host0/block/sda", "queue/rotational", "1", KindVirtio, "virtio disk sda"},
		{"pci/ata1/host0/block/sda", "queue/rotational", "1", KindHDD, "hard disk (sda)"},
		{"pci/ata1/host0/block/sda", "queue/rotational", "0", KindSSD, "SSD (sda)"},
		{"pci/usb2/2-1/host0/block/sdb", "queue/rotational", "0", KindUSB, "USB disk (sdb)"},
		{"virtual/block/md0", "md/level", "raid1", KindMD, "md0 (raid1)"},
		{"virtual/block/zram1", "size", "8", KindMemory, "memory (zram1)"},
		{"vbd-51712/block/xvda", "size", "8", KindOther, "disk xvda"},
	} {
		disk := "/sys/devices/" + tt.disk
		d := tree(t, map[string]string{disk + "/" + tt.file: tt.content}).deviceAt("d", disk, 0)
		if d.Kind != tt.kind || d.title() != tt.title {
			t.Errorf("%s: %s %q, want %s %q", tt.disk, d.Kind, d.title(), tt.kind, tt.title)
		}
	}
}

// TestStacks follows a RAID to its members, a multipath NVMe drive to its
// controller, and a stack without end only so far.
func TestStacks(t *testing.T) {
	r := tree(t, map[string]string{
		"sys/devices/virtual/block/md0/md/level":       "raid1",
		"sys/devices/virtual/block/md0/slaves/nvme0n1": "-> ../../../../nvme-subsystem/nvme-subsys0/nvme0n1",
		"sys/devices/virtual/block/md0/slaves/sda":     "-> ../../../../gone/sda",

		"sys/devices/nvme-subsystem/nvme-subsys0/nvme0n1/device": "-> ../../nvme-subsys0",
		"sys/devices/nvme-subsystem/nvme-subsys0/nvme0":          "-> ../../pci/nvme/nvme0",
		"sys/devices/nvme-subsystem/nvme-subsys0/model":          "SAMSUNG MZQL2",
		"sys/devices/pci/nvme/nvme0/device":                      "-> ../../../pci",
		"sys/devices/pci/current_link_speed":                     "16.0 GT/s PCIe",
		"sys/devices/pci/max_link_speed":                         "16.0 GT/s PCIe",
		"sys/devices/pci/current_link_width":                     "2",
		"sys/devices/pci/max_link_width":                         "4",

		"sys/devices/virtual/block/dm-0/slaves/dm-0": "-> ../../dm-0",
	})
	d := r.deviceAt("d", "/sys/devices/virtual/block/md0", 0)
	if got, want := d.title(), "md0 (raid1) over disk sda + NVMe SAMSUNG MZQL2 (Gen4 x2)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if r.unknown["d.underlying.sda"] == "" {
		t.Error("no reason for the member that cannot be read")
	}
	depth := 0
	for d := r.deviceAt("loop", "/sys/devices/virtual/block/dm-0", 0); len(d.Underlying) > 0; d = &d.Underlying[0] {
		depth++
	}
	if depth != maxLayers {
		t.Errorf("followed a device that lies on itself %d times, want %d", depth, maxLayers)
	}
}

// TestOverlayOutside reads an overlay outside of a container, where the upper
// directory is an ordinary one.
func TestOverlayOutside(t *testing.T) {
	r := tree(t, map[string]string{
		"sys/dev/block/8:1":                              "-> ../../devices/ata1/block/sda",
		"sys/devices/ata1/block/sda/queue/rotational":    "0",
		"sys/devices/ata1/block/sda/queue/read_ahead_kb": "256",
		"proc/self/mountinfo": "1 0 8:1 / / rw - ext4 /dev/sda rw\n" +
			"2 1 0:40 / /merged rw - overlay overlay rw,lowerdir=/l,upperdir=/upper,workdir=/w\n",
	})
	r.EvalSymlinks = func(path string) (string, error) { return path, nil }
	r.Stat = func(path string, st *unix.Stat_t) error {
		st.Dev = map[string]uint64{"/merged": unix.Mkdev(0, 40), "/upper": unix.Mkdev(8, 1)}[path]
		return nil
	}
	f := r.target(Target{"o", "/merged"}, r.mounts())
	if got, want := f.DeviceName(), "SSD (sda), overlay"; got != want || f.ReadAhead == nil ||
		*f.ReadAhead != 256<<10 {
		t.Errorf("%q with read-ahead %s, want %q with 256 KiB", got, size(f.ReadAhead), want)
	}
}

func TestSupply(t *testing.T) {
	for _, tt := range []struct {
		want  string
		files map[string]string
	}{
		{"", nil},
		{"ac", map[string]string{"AC/type": "Mains", "AC/online": "1", "BAT0/type": "Battery",
			"BAT0/status": "Full"}},
		{"battery", map[string]string{"AC/type": "Mains", "AC/online": "1", "BAT0/type": "Battery",
			"BAT0/status": "Discharging"}},
		{"", map[string]string{"mouse/type": "Battery", "mouse/status": "Discharging", "mouse/scope": "Device"}},
		{"ac", map[string]string{"usb/type": "USB", "usb/online": "1"}},
	} {
		files := map[string]string{}
		for name, content := range tt.files {
			files["sys/class/power_supply/"+name] = content
		}
		if got, _ := tree(t, files).supply(); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.files, got, tt.want)
		}
	}
}

func TestThrottling(t *testing.T) {
	hwmon := func(alarm string) map[string]string {
		return map[string]string{"sys/class/hwmon/hwmon0/name": "rpi_volt",
			"sys/class/hwmon/hwmon0/in0_lcrit_alarm": alarm}
	}
	for _, tt := range []struct {
		model, alarm string
		want         *Throttling
	}{
		{"Raspberry Pi 5", "1", &Throttling{Source: "hwmon", Now: []string{"under-voltage"}}},
		{"Raspberry Pi 5", "0", &Throttling{Source: "hwmon"}},
		{"Raspberry Pi 5", "?", nil},
		{"Rock 5B", "1", nil},
	} {
		r := tree(t, hwmon(tt.alarm))
		got := r.throttling(tt.model)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s, alarm %s: %s", tt.model, tt.alarm, diff)
		}
		if (got == nil) != (r.unknown["power.throttling"] != "") {
			t.Errorf("%s, alarm %s: reason %q", tt.model, tt.alarm, r.unknown["power.throttling"])
		}
	}
}

// TestRunVcgencmd runs a stand-in for vcgencmd, found in PATH.
func TestRunVcgencmd(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if _, err := runVcgencmd(); err == nil {
		t.Error("no error without a vcgencmd")
	}
	for _, tt := range []struct {
		script, want string
		fails        bool
	}{
		{"#!/bin/sh\n[ \"$*\" = get_throttled ] && echo throttled=0x0\n", "throttled=0x0\n", false},
		{"#!/bin/sh\nexit 3\n", "", true},
	} {
		if err := os.WriteFile(filepath.Join(dir, "vcgencmd"), []byte(tt.script), 0o755); err != nil {
			t.Fatal(err)
		}
		if got, err := runVcgencmd(); got != tt.want || (err != nil) != tt.fails {
			t.Errorf("%q: %q, %v", tt.script, got, err)
		}
	}
}

func TestNewReader(t *testing.T) {
	if NewReader("/").Vcgencmd == nil {
		t.Error("vcgencmd is not run on the machine itself")
	}
	if NewReader(t.TempDir()).Vcgencmd != nil {
		t.Error("vcgencmd is run for files of another machine")
	}
}

// TestNoSize reads a file system that answers statfs with zeros.
func TestNoSize(t *testing.T) {
	r := tree(t, nil)
	r.Statfs = func(string, *unix.Statfs_t) error { return nil }
	f := TargetFacts{Name: "x", Dir: "/x"}
	r.space("targets.x", &f)
	if f.Total != nil || f.Free != nil || r.unknown["targets.x.total_bytes"] == "" {
		t.Errorf("size %s, reason %q: want none and a reason", size(f.Total), r.unknown["targets.x.total_bytes"])
	}
}
