package host

import (
	"fmt"
	"slices"
)

// BlockDevices returns the kernel's names of the lowest whole block devices
// behind the target, each once: those whose lines in /proc/diskstats add up to
// what the hardware was asked for. The devices stacked on them count the same
// again. Where no count would be true, there are no names, and why says so.
//
// Devices of a file system's own besides those that hold its files (an external
// journal, the realtime device of XFS) are not among them.
func (t *TargetFacts) BlockDevices() (names []string, why string) {
	var all []*Device
	for _, d := range t.devices() {
		all = d.lowest(all)
	}
	for _, d := range all {
		if reason := d.uncounted(); reason != "" {
			return nil, reason
		}
		if !slices.Contains(names, d.Name) { // two partitions of one device
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return nil, t.noBlockDevice()
	}
	slices.Sort(names)
	return names, ""
}

// devices returns the devices that the file system lies on.
func (t *TargetFacts) devices() []*Device {
	if len(t.Members) == 0 && t.Device != nil {
		return []*Device{t.Device}
	}
	var all []*Device
	for i := range t.Members {
		all = append(all, &t.Members[i])
	}
	return all
}

// lowest appends the block devices at the bottom of a stack. A loop device on a
// file that is in memory, or on another machine, is such a bottom itself.
func (d *Device) lowest(all []*Device) []*Device {
	before := len(all)
	for i := range d.Underlying {
		all = d.Underlying[i].lowest(all)
	}
	if len(all) == before && d.Name != "" {
		all = append(all, d)
	}
	return all
}

// stacked appends the device and all below it.
func (d *Device) stacked(all []*Device) []*Device {
	all = append(all, d)
	for i := range d.Underlying {
		all = d.Underlying[i].stacked(all)
	}
	return all
}

// uncounted says why the kernel's count for a block device would be no count.
func (d *Device) uncounted() string {
	if d.IOStats != nil && !*d.IOStats {
		return fmt.Sprintf("the kernel does not count what %s does: /sys/block/%s/queue/iostats is 0", d.Name, d.Name)
	}
	return ""
}

// noBlockDevice says why a target has no block device to be counted.
func (t *TargetFacts) noBlockDevice() string {
	switch {
	case t.Device == nil && t.FileSystem == "":
		return "neither the file system nor the device below it is known"
	case t.Device == nil:
		return fmt.Sprintf("the device below %s is not known", t.FileSystem)
	case t.Device.Kind == KindMemory:
		return t.FileSystem + " is in memory"
	case t.Device.Kind == KindNetwork:
		return t.FileSystem + " files are on another machine"
	case t.Device.Kind == KindFUSE:
		return fmt.Sprintf("the files of %s come from a process (FUSE)", t.FileSystem)
	case t.Device.Kind == KindOverlay:
		return fmt.Sprintf("what %s lies on cannot be seen from here", t.FileSystem)
	}
	return fmt.Sprintf("the device below %s has no name", t.FileSystem)
}
