//go:build linux && !386 && !arm

package host

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestParseMount(t *testing.T) {
	for _, tt := range []struct {
		line string
		want mount
	}{
		{`36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`,
			mount{unix.Mkdev(98, 0), "/mnt1", "/mnt2", "rw,noatime", "ext3", "/dev/root", "rw,errors=continue"}},
		{`612 70 8:1 / /media/A\040B\134C rw shared:4 master:7 - vfat /dev/sda1 rw`,
			mount{unix.Mkdev(8, 1), "/", `/media/A B\C`, "rw", "vfat", "/dev/sda1", "rw"}},
		{`28 23 0:25 / /x rw - tmpfs  rw,size=4k`, // no source
			mount{unix.Mkdev(0, 25), "/", "/x", "rw", "tmpfs", "", "rw,size=4k"}},
		{`28 23 0.25 / /x rw - tmpfs t rw`, mount{}},
		{`28 23 0:25 / - tmpfs t rw`, mount{}},
		{``, mount{}},
	} {
		got, ok := parseMount(tt.line)
		if got != tt.want || ok != (tt.want != mount{}) {
			t.Errorf("%q:\ngot  %+v\nwant %+v", tt.line, got, tt.want)
		}
	}
}

func TestAllOptions(t *testing.T) {
	for _, tt := range []struct{ mount, super, want string }{
		{"rw,noatime", "rw", "rw,noatime"},
		{"rw,relatime", "rw,errors=remount-ro", "rw,relatime,errors=remount-ro"},
		{"ro,relatime", "rw,discard", "ro,relatime,discard"},
		{"rw,relatime", "ro,discard", "relatime,ro,discard"}, // after errors=remount-ro
	} {
		if got := (mount{options: tt.mount, superOptions: tt.super}).allOptions(); got != tt.want {
			t.Errorf("%s and %s: %s, want %s", tt.mount, tt.super, got, tt.want)
		}
	}
}

func TestFindMount(t *testing.T) {
	mounts := parseMountinfo(`1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 8:2 / /home rw - ext4 /dev/sda2 rw
3 1 8:3 / /data rw - ext4 hidden rw
4 1 8:4 / /data rw - ext4 /dev/sda4 rw
5 1 8:1 /x /home/bind rw - ext4 bind rw
6 1 0:36 /v /vol rw - btrfs /dev/sdb rw
`)
	for _, tt := range []struct {
		dir, want string
		dev       uint64
	}{
		{"/srv", "/dev/sda1", unix.Mkdev(8, 1)},
		{"/home/pi", "/dev/sda2", unix.Mkdev(8, 2)},
		{"/homes", "/dev/sda1", unix.Mkdev(8, 1)},
		{"/home/bind/y", "bind", unix.Mkdev(8, 1)},
		{"/data/z", "/dev/sda4", unix.Mkdev(8, 4)},
		{"/data", "hidden", unix.Mkdev(8, 3)},       // held open from before the later mount
		{"/vol/sub", "/dev/sdb", unix.Mkdev(0, 99)}, // a subvolume's own st_dev
	} {
		if got, ok := findMount(mounts, tt.dir, tt.dev); !ok || got.source != tt.want {
			t.Errorf("%s is found on %q, want %q", tt.dir, got.source, tt.want)
		}
	}
	if m, ok := findMount(nil, "/", 1); ok {
		t.Errorf("found %+v among no mounts", m)
	}
}

// ssr returns a register with the given bytes at the bits that they start at.
func ssr(fields map[int]byte) string {
	var reg [64]byte
	reg[0] = 0x80 // four data lines
	for bit, v := range fields {
		reg[63-bit/8] = v
	}
	return hex.EncodeToString(reg[:])
}

func TestParseSSR(t *testing.T) {
	words := "8000000005000000040090000f051a00" // what an SE32G begins with; the rest is zeros
	for _, tt := range []struct {
		name, text string
		want       SDClasses
	}{
		{"class 10, U1", words + strings.Repeat("0", 128-len(words)), SDClasses{Speed: "C10", UHS: "U1"}},
		{"class 4", ssr(map[int]byte{440: 2}), SDClasses{Speed: "C4"}},
		{"class 6, U3, V30, A1", ssr(map[int]byte{440: 3, 392: 0x3a, 384: 30, 336: 1}),
			SDClasses{"C6", "U3", "V30", "A1"}},
		{"A2 beside a set neighbor", ssr(map[int]byte{336: 0xf2, 328: 0xff, 344: 0xff}),
			SDClasses{Application: "A2"}},
		{"none", ssr(nil), SDClasses{}},
		{"reserved class", ssr(map[int]byte{440: 9}), SDClasses{}},
	} {
		if got, err := parseSSR(tt.text + "\n"); err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
	}
	for _, bad := range []string{"", "80", strings.Repeat("0", 128), strings.Repeat("x", 128),
		strings.Repeat("1", 130)} {
		if got, err := parseSSR(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}

func TestParseMeminfo(t *testing.T) {
	got := parseMeminfo("MemTotal:        8255488 kB\nHugePages_Total:       7\nSwapFree: x kB\nHuge: " +
		"99999999999999999 kB\nNeg: -1 kB\n\n:")
	if diff := cmp.Diff(map[string]int64{"MemTotal": 8255488 * 1024}, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseCPUList(t *testing.T) {
	got, err := parseCPUList("0-2,8")
	if diff := cmp.Diff([]int{0, 1, 2, 8}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []string{"", "x", "3-1", "-1", "0-99999999", "1,"} {
		if got, err := parseCPUList(bad); err == nil {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}

func TestParseThrottled(t *testing.T) {
	got, err := parseThrottled("throttled=0xe0005\n")
	want := &Throttling{Source: "vcgencmd",
		Now:  []string{"under-voltage", "throttled"},
		Past: []string{"frequency capped", "throttled", "soft temperature limit"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []string{"", "throttled=0x", "VCHI initialization failed", "0x0"} {
		if got, err := parseThrottled(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}

func TestProcessorModel(t *testing.T) {
	core := func(part string) string {
		return "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: " + part + "\n\n"
	}
	for _, tt := range []struct{ info, want string }{
		{core("0xd0b") + core("0xd0b"), "Cortex-A76"},
		{core("0xd05") + core("0xd05") + core("0xd0b"), "2x Cortex-A55 + 1x Cortex-A76"},
		{core("0xfff"), "ARM implementer 0x41 part 0xfff"},
		{"model name\t: AMD EPYC\nmodel\t\t: 2\n", "AMD EPYC"},
		{"Hardware\t: BCM2835\n", "BCM2835"},
		{"", ""},
	} {
		if got := processorModel(tt.info); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.info, got, tt.want)
		}
	}
}

func TestGeneration(t *testing.T) {
	for speed, want := range map[string]int{"2.5 GT/s PCIe": 1, "5.0 GT/s PCIe": 2, "8 GT/s": 3, "8.0 GT/s PCIe": 3,
		"16.0 GT/s PCIe": 4, "32.0 GT/s PCIe": 5, "64.0 GT/s PCIe": 6, "Unknown": 0, "": 0} {
		if got := (Link{Speed: speed}).Generation(); got != want {
			t.Errorf("%q: generation %d, want %d", speed, got, want)
		}
	}
}

func TestControllerGroup(t *testing.T) {
	for _, tt := range []struct {
		text    string
		version int64
		path    string
	}{
		{"0::/user.slice/x.scope\n", 2, "/user.slice/x.scope"},
		{"5:cpu,memory:/docker/1\n0::/\n", 1, "/docker/1"},
		{"0::/\n5:memory:/docker/1:2\n", 1, "/docker/1:2"},
		{"0::/\n5:memoryx:/x\n", 2, "/"},
		{"1:name=systemd:/\n", 0, ""},
		{"", 0, ""},
	} {
		if version, path := controllerGroup(tt.text, "memory"); version != tt.version || path != tt.path {
			t.Errorf("%q: version %d, %s; want %d, %s", tt.text, version, path, tt.version, tt.path)
		}
	}
}

func FuzzMountinfo(f *testing.F) {
	f.Add(`36 35 98:0 /mnt1 /mnt2\040x rw,noatime master:1 - ext3 /dev/root rw`, "/mnt2 x/y", uint64(98))
	f.Add("1 0 0:1 / / rw - tmpfs  rw\n2 1 0:1 \\777 /\\0 - - - ro", "/", uint64(1))
	f.Fuzz(func(t *testing.T, text, dir string, dev uint64) {
		mounts := parseMountinfo(text)
		m, ok := findMount(mounts, dir, dev)
		if ok && !within(dir, m.point) {
			t.Errorf("%q is said to be on %q", dir, m.point)
		}
		for _, m := range mounts {
			if all := "," + m.allOptions() + ","; strings.Contains(all, ",ro,") && strings.Contains(all, ",rw,") {
				t.Errorf("both ro and rw: %s", all)
			}
		}
	})
}

// FuzzUnescape escapes as the kernel does (mangle_path) and expects the same
// back, and takes anything else without a panic.
func FuzzUnescape(f *testing.F) {
	f.Add("/media/USB STICK\t\\\n#1")
	f.Fuzz(func(t *testing.T, s string) {
		escaped := strings.NewReplacer(`\`, `\134`, " ", `\040`, "\t", `\011`, "\n", `\012`, "#", `\043`).Replace(s)
		if got := unescape(escaped); got != s {
			t.Errorf("%q escaped is %q, and that unescaped is %q", s, escaped, got)
		}
		unescape(s)
	})
}

func FuzzSSR(f *testing.F) {
	f.Add(ssr(map[int]byte{440: 4, 392: 0x3a, 384: 30, 336: 2}))
	f.Add(strings.Repeat("f", 128))
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseSSR(text)
		if err != nil && c != (SDClasses{}) {
			t.Errorf("classes %+v beside the error %v", c, err)
		}
	})
}

func FuzzMeminfo(f *testing.F) {
	f.Add("MemTotal:        8255488 kB\nMemFree: 1 kB")
	f.Fuzz(func(t *testing.T, text string) {
		for key, n := range parseMeminfo(text) {
			if n < 0 || n%1024 != 0 {
				t.Errorf("%q is %d bytes", key, n)
			}
		}
	})
}

func FuzzSmallParsers(f *testing.F) {
	f.Add("0-3,8")
	f.Add("throttled=0x50005")
	f.Add("timing spec:\t6 (sd uhs SDR104)\nclock: 200000000 Hz")
	f.Add("0::/user.slice\n4:memory:/x")
	f.Fuzz(func(t *testing.T, s string) {
		if cpus, err := parseCPUList(s); err == nil && len(cpus) == 0 {
			t.Error("a list without CPUs")
		}
		if throttling, err := parseThrottled(s); (throttling == nil) == (err == nil) {
			t.Error("both or neither of result and error")
		}
		parseIOS(s)
		if version, path := controllerGroup(s, "memory"); version == 0 && path != "" || version < 0 || version > 2 {
			t.Errorf("version %d, path %q", version, path)
		}
		fieldsAfter(s, "8:0")
		processorModel(s)
		bracketed(s)
	})
}
