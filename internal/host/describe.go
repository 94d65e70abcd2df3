package host

import (
	"fmt"
	"strings"

	"mmapbench/internal/units"
)

// MachineName returns the machine in a few words, for titles: "Raspberry Pi 5
// Model B Rev 1.0, Linux 6.12.25, 16 KiB pages".
func (f Facts) MachineName() string {
	name := f.Machine.Model
	if name == "" {
		name = f.Processor.Model
	}
	if name == "" {
		name = "unknown machine"
	}
	if v := f.Machine.Virtualisation; v != "" && v != None {
		name += " (virtual machine)"
	}
	parts := []string{name}
	if release := kernelNumber(f.Machine.KernelRelease); release != "" {
		parts = append(parts, "Linux "+release)
	}
	if f.Machine.PageSize > 0 {
		parts = append(parts, units.FormatSize(f.Machine.PageSize)+" pages")
	}
	return strings.Join(parts, ", ")
}

// kernelNumber cuts "6.12.25+rpt-rpi-2712" to "6.12.25".
func kernelNumber(release string) string {
	end := strings.IndexFunc(release, func(c rune) bool { return (c < '0' || c > '9') && c != '.' })
	if end > 0 {
		return strings.TrimRight(release[:end], ".")
	}
	return release
}

// DeviceName returns what the target's files are kept on in a few words, for
// titles of charts: "SD card SC64G (A2, mmcblk0), ext4".
func (t TargetFacts) DeviceName() string {
	switch {
	case t.Device == nil && t.FileSystem == "":
		return "unknown device"
	case t.Device == nil:
		return "unknown device, " + t.FileSystem
	case t.Device.Kind == KindOverlay || t.Device.Kind == KindFUSE:
		return t.FileSystem
	case t.Device.Kind == KindNetwork:
		return fmt.Sprintf("%s %s", t.FileSystem, t.MountSource)
	}
	name := t.Device.title()
	if t.FileSystem != "" {
		name += ", " + t.FileSystem
	}
	return name
}

// DeviceName returns what the files of a target are kept on; "" for a target of
// which nothing is known.
func (f *Facts) DeviceName(target string) string {
	for _, t := range f.Targets {
		if t.Name == target {
			return t.DeviceName()
		}
	}
	return ""
}

// title names a device. The name it has in this boot is in it where the rest
// is not enough to find it among its like.
func (d *Device) title() string {
	switch d.Kind {
	case KindSD:
		if d.Card != nil && d.Card.Classes != nil {
			return titled("SD card", d.Model, d.Card.Classes.Application, d.Name)
		}
		return titled("SD card", d.Model, d.Name)
	case KindEMMC:
		return titled("eMMC", d.Model, d.Name)
	case KindNVMe:
		if d.Link != nil {
			return titled("NVMe", d.Model, d.Link.short())
		}
		return titled("NVMe", d.Model, d.Name)
	case KindSSD:
		return titled("SSD", d.Model, d.Name)
	case KindHDD:
		return titled("hard disk", d.Model, d.Name)
	case KindUSB:
		return titled("USB disk", d.Model, d.Name)
	case KindVirtio:
		return "virtio disk " + d.Name
	case KindMemory:
		return titled("memory", "", d.Name)
	case KindLoop, KindDM, KindMD:
		return d.stack()
	case KindNetwork, KindFUSE, KindOverlay: // these are below a loop
		return "a file system without a device (" + d.Kind + ")"
	}
	return "disk " + d.Name
}

// titled puts kind and model together, and what is known of the details into
// brackets.
func titled(kind, model string, details ...string) string {
	name := strings.TrimSpace(kind + " " + model)
	if known := list(details...); known != "" {
		return name + " (" + known + ")"
	}
	return name
}

// stack names a stacked device and what it is stacked on: "dm-0 (crypt) over
// NVMe Samsung SSD 980 (Gen3 x4)".
func (d *Device) stack() string {
	name := titled(d.Name, "", d.Layer)
	var below []string
	for i := range d.Underlying {
		below = append(below, d.Underlying[i].title())
	}
	if below == nil {
		return name
	}
	return name + " over " + strings.Join(below, " + ")
}

// short returns the link in use: "Gen3 x1".
func (l Link) short() string { return fmt.Sprintf("Gen%d x%d", l.Generation(), l.Width) }

// Generation returns the PCIe generation in use, 0 if the speed is none that
// is known.
func (l Link) Generation() int { return generation(l.Speed) }

func generation(speed string) int {
	rate, _, _ := strings.Cut(speed, " ") // "8.0 GT/s PCIe", "8 GT/s" before 5.5
	switch strings.TrimSuffix(rate, ".0") {
	case "2.5":
		return 1
	case "5":
		return 2
	case "8":
		return 3
	case "16":
		return 4
	case "32":
		return 5
	case "64":
		return 6
	}
	return 0
}
