//go:build linux

package host

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

func (r *reading) machine() Machine {
	m := Machine{
		PageSize:     int64(r.Getpagesize()),
		Model:        r.model(),
		Distribution: r.distribution(),
		Container:    r.container(),
	}
	var u unix.Utsname
	if err := r.Uname(&u); err != nil {
		for _, fact := range []string{"kernel_release", "kernel_version", "arch"} {
			r.missing("machine."+fact, fmt.Errorf("uname: %w", err))
		}
	} else {
		m.KernelRelease = unix.ByteSliceToString(u.Release[:])
		m.KernelVersion = unix.ByteSliceToString(u.Version[:])
		m.Arch = unix.ByteSliceToString(u.Machine[:])
	}
	m.Virtualisation = r.virtualisation(m.KernelRelease)
	return m
}

// Where the device tree is. /proc/device-tree is an absolute link to it, and
// would lead out of the root.
const deviceTree = "/sys/firmware/devicetree/base"

// model returns the machine's model: from the device tree on ARM, from the
// firmware's tables (DMI) elsewhere. Containers hide /sys/firmware, but not the
// line that a Raspberry Pi's kernel adds to /proc/cpuinfo.
func (r *reading) model() string {
	for _, path := range []string{deviceTree + "/model", "/proc/device-tree/model"} {
		if s := r.optional(path); s != "" {
			return s
		}
	}
	if s := cpuinfoValue(r.optional("/proc/cpuinfo"), "Model"); s != "" {
		return s
	}
	if s := r.dmiModel(); s != "" {
		return s
	}
	r.missing("machine.model", fmt.Errorf("neither a device tree nor %s/product_name names it", dmi))
	return ""
}

const dmi = "/sys/class/dmi/id"

func (r *reading) dmiModel() string {
	vendor, product := r.optional(dmi+"/sys_vendor"), r.optional(dmi+"/product_name")
	switch product {
	case "System Product Name", "To Be Filled By O.E.M.", "To be filled by O.E.M.", "Default string":
		// Assembled from parts: only the board has a name.
		vendor, product = r.optional(dmi+"/board_vendor"), r.optional(dmi+"/board_name")
	}
	// Lenovo calls the product "20XW0055GE" and gives the name that people
	// know as the version.
	if v := r.optional(dmi + "/product_version"); strings.HasPrefix(v, "ThinkPad") {
		product = v
	}
	if product == "" || vendor == "" || strings.HasPrefix(strings.ToLower(product), strings.ToLower(vendor)) {
		return product
	}
	return vendor + " " + product
}

func (r *reading) distribution() string {
	text, err := r.readFile("/etc/os-release")
	if err != nil { // os-release(5): the second place to look
		text, err = r.readFile("/usr/lib/os-release")
	}
	if err != nil {
		r.missing("machine.distribution", err)
		return ""
	}
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			return strings.Trim(value, `"'`)
		}
	}
	r.missing("machine.distribution", fmt.Errorf("/etc/os-release names no PRETTY_NAME"))
	return ""
}

// hypervisors are told by a word in what the firmware says of its vendor and
// product. Order matters: clouds say QEMU or KVM as well.
var hypervisors = []struct{ word, name string }{
	{"Amazon EC2", "amazon"},
	{"Google Compute Engine", "google"},
	{"VMware", "vmware"},
	{"VirtualBox", "virtualbox"},
	{"Parallels", "parallels"},
	{"Xen", "xen"},
	{"Microsoft Corporation Virtual Machine", "hyper-v"},
	{"Hetzner", "kvm"},
	{"DigitalOcean", "kvm"},
	{"OpenStack", "kvm"},
	{"KVM", "kvm"},
	{"QEMU", "qemu"},
}

// virtualisation looks for the signs of a hypervisor: Linux's own note of it,
// the processor flag that every x86 hypervisor sets, the device tree, and
// what the firmware says it is.
func (r *reading) virtualisation(release string) string {
	if strings.Contains(strings.ToLower(release), "microsoft") {
		return "wsl"
	}
	if t := r.optional("/sys/hypervisor/type"); t != "" {
		return t
	}
	firmware := r.optional(dmi+"/sys_vendor") + " " + r.optional(dmi+"/product_name")
	flagged := strings.Contains(cpuinfoValue(r.optional("/proc/cpuinfo"), "flags")+" ", " hypervisor ")
	bare := strings.Contains(firmware, ".metal") // EC2 on the machine itself
	for _, h := range hypervisors {
		if !bare && strings.Contains(firmware, h.word) {
			return h.name
		}
	}
	compatible := r.optional(deviceTree+"/hypervisor/compatible") + r.optional(deviceTree+"/compatible")
	switch {
	case strings.Contains(compatible, "linux,kvm"):
		return "kvm"
	case strings.Contains(compatible, "xen,xen"):
		return "xen"
	case strings.Contains(compatible, "linux,dummy-virt"):
		return "qemu"
	case flagged:
		return "other"
	}
	return None
}

// container looks for the signs that engines leave. Memory and devices
// reported inside a container are the host's.
func (r *reading) container() string {
	if s := r.optional("/run/systemd/container"); s != "" { // systemd's own finding, see systemd-detect-virt(1)
		return s
	}
	switch {
	case r.exists("/run/.containerenv"):
		return "podman"
	case r.exists("/.dockerenv"):
		return "docker"
	}
	cgroup := r.optional("/proc/self/cgroup")
	for _, sign := range []struct{ word, name string }{
		{"kubepods", "kubernetes"}, {"/docker", "docker"}, {"libpod", "podman"}, {"/lxc", "lxc"},
	} {
		if strings.Contains(cgroup, sign.word) {
			return sign.name
		}
	}
	return None
}
