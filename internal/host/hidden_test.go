//go:build linux && !386 && !arm

package host

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestHiddenCache(t *testing.T) {
	metal := Machine{Virtualisation: None}
	on := func(d Device) []TargetFacts { return []TargetFacts{{Name: "x", Device: &d}} }
	for name, c := range map[string]struct {
		facts Facts
		want  string // a part of the reason; "": none
	}{
		"a card": {Facts{Machine: metal, Targets: on(Device{Kind: KindSD, Name: "mmcblk0"})}, ""},
		"a drive below crypt": {Facts{Machine: metal,
			Targets: on(Device{Kind: KindDM, Name: "dm-0",
				Underlying: []Device{{Kind: KindNVMe, Name: "nvme0n1"}}})}, ""},
		"a loop on a file": {Facts{Machine: metal, Targets: on(Device{Kind: KindLoop, Name: "loop0"})},
			"loop0"},
		"a drive of a hypervisor": {Facts{Machine: metal, Targets: on(Device{Kind: KindVirtio, Name: "vda"})}, "vda"},
		"a virtual machine": {Facts{Machine: Machine{Virtualisation: "kvm"},
			Targets: on(Device{Kind: KindNVMe, Name: "nvme0n1"})}, "kvm"},
		"a server":       {Facts{Machine: metal, Targets: on(Device{Kind: KindNetwork})}, "no block device"},
		"memory":         {Facts{Machine: metal, Targets: on(Device{Kind: KindMemory})}, "no block device"},
		"another target": {Facts{Machine: metal}, "not looked at"},
	} {
		got := c.facts.HiddenCache("x")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q in it", name, got, c.want)
		}
	}
}

func TestReadThrottling(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if x, err := ReadThrottling(root); x != nil || err == nil ||
		!strings.Contains(err.Error(), "only a Raspberry Pi") {
		t.Errorf("another machine: %v, %v", x, err)
	}
	write("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\x00")
	write("sys/class/hwmon/hwmon1/name", "rpi_volt\n")
	write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n")
	if x, err := ReadThrottling(root); err != nil || len(x.Now) != 0 {
		t.Errorf("a Pi at ease: %v, %v", x, err)
	}
	write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
	if x, err := ReadThrottling(root); err != nil || !slices.Equal(x.Now, []string{"under-voltage"}) {
		t.Errorf("a Pi with a weak supply: %v, %v", x, err)
	}
}
