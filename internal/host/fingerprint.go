package host

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mmapbench/internal/units"
)

// Fingerprint returns a short hash over the facts of the machine that must not differ
// between two runs that are to be compared: machine, kernel and settings. Facts that
// change by themselves (free space, temperature, frequency, names of devices) are not
// in it, and targets are not either: see Place.
func Fingerprint(f Facts) string {
	f.Targets = nil
	return fingerprint(f)
}

// Place returns the same for the machine and what is behind one target, whatever the
// target is called: the same file system on the same device.
func Place(f Facts, target TargetFacts) string {
	target.Name = ""
	f.Targets = []TargetFacts{target}
	return fingerprint(f)
}

func fingerprint(f Facts) string {
	h := sha256.New()
	for _, e := range essentials(f) {
		fmt.Fprintf(h, "%q %q\n", e.name, e.value) // quoted: no value can pass for two
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// Differences says in which facts of the machine and of its targets a and b differ, as
// "kernel: 6.12.25 in one, 6.12.34 in the other", a's value first; empty if
// in none.
func Differences(a, b Facts) []string {
	value := map[string]string{}
	for _, e := range essentials(b) {
		value[e.name] = e.value
	}
	var diffs []string
	for _, e := range essentials(a) {
		if v, ok := value[e.name]; ok && v != e.value {
			diffs = append(diffs, difference(e.name, e.value, v))
		}
	}
	for _, t := range a.Targets {
		if !hasTarget(b, t.Name) {
			diffs = append(diffs, "target "+t.Name+": in one, not in the other")
		}
	}
	for _, t := range b.Targets {
		if !hasTarget(a, t.Name) {
			diffs = append(diffs, "target "+t.Name+": not in one, in the other")
		}
	}
	return diffs
}

func hasTarget(f Facts, name string) bool {
	return slices.ContainsFunc(f.Targets, func(t TargetFacts) bool { return t.Name == name })
}

func difference(name, a, b string) string {
	return fmt.Sprintf("%s: %s in one, %s in the other", name, orUnknown(a), orUnknown(b))
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// An essential is one fact of the fingerprint; an empty value is unknown.
type essential struct{ name, value string }

func essentials(f Facts) []essential {
	list := []essential{
		{"machine", f.Machine.Model},
		{"architecture", f.Machine.Arch},
		{"kernel", f.Machine.KernelRelease},
		{"page size", units.FormatSize(f.Machine.PageSize)},
		{"processor", f.Processor.Model},
		{"processors", number(f.Processor.CPUs)},
		{"processors allowed", number(f.Processor.Allowed)},
		{"processor limit", quota(f.Processor.Quota)},
		{"governor", governors(f.Processor.Clocks)},
		{"power", f.Power.Source},
		{"memory", size(rounded(f.Memory.Total))},
		{"memory limit", size(f.Memory.CgroupLimit)},
		{"memory high", size(f.Memory.CgroupHigh)},
		{"transparent huge pages", f.Memory.THP},
		{"dirty limit", percent(f.Memory.DirtyRatio) + size(f.Memory.DirtyBytes)},
		{"dirty background limit", percent(f.Memory.DirtyBackgroundRatio) + size(f.Memory.DirtyBackgroundBytes)},
	}
	for _, t := range slices.SortedStableFunc(slices.Values(f.Targets), byName) {
		list = append(list, t.essentials()...)
	}
	return list
}

// essentials of a target. Settings are taken from the lowest devices, which do the
// work; a stacked device has no scheduler, and no cache of its own.
func (t *TargetFacts) essentials() []essential {
	var lowest, all []*Device
	for _, d := range t.devices() {
		lowest, all = d.lowest(lowest), d.stacked(all)
	}
	name := "target " + t.Name
	return []essential{
		{name + ", file system", t.FileSystem},
		{name + ", block size", size(t.BlockSize)},
		{name + ", mount options", lastingOptions(t.MountOptions)},
		{name + ", device", each(t.devices(), (*Device).identity)},
		{name + ", read-ahead", size(t.ReadAhead)},
		{name + ", scheduler", each(lowest, func(d *Device) string { return d.Scheduler })},
		{name + ", write cache", each(lowest, func(d *Device) string { return d.WriteCache })},
		{name + ", cgroup limits", each(all, func(d *Device) string { return list(d.Limits...) })},
		{name + ", PCIe link", each(lowest, func(d *Device) string {
			if d.Link == nil {
				return ""
			}
			return d.Link.short()
		})},
	}
}

// each puts together what is known of devices, in an order that does not depend
// on their names.
func each(devices []*Device, tell func(*Device) string) string {
	var all []string
	for _, d := range devices {
		all = append(all, tell(d))
	}
	slices.Sort(all)
	return joined(" + ", all...)
}

// governors names the one governor, or each with its processors. The limits that
// it keeps to are left out: a board that is hot lowers them by itself.
func governors(clocks []Clock) string {
	cpus := map[string][]int{}
	for _, c := range clocks {
		cpus[c.Governor] = append(cpus[c.Governor], c.CPUs...)
	}
	if len(cpus) == 1 {
		return clocks[0].Governor
	}
	var all []string
	for governor, list := range cpus {
		slices.Sort(list)
		all = append(all, orUnknown(governor)+" of CPU "+cpuNames(list))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func byName(a, b TargetFacts) int { return strings.Compare(a.Name, b.Name) }

// rounded returns the nearest multiple of 64 MiB: what the kernel keeps for
// itself, and hence MemTotal, moves a little from boot to boot.
func rounded(n *int64) *int64 {
	if n == nil {
		return nil
	}
	const step = 64 << 20
	return new((*n + step/2) / step * step)
}

// lastingOptions leaves out mount options that differ each time the same
// thing is mounted: the layers of a container, the client's address.
func lastingOptions(options string) string {
	var kept []string
	for o := range strings.SplitSeq(options, ",") {
		switch name, _, _ := strings.Cut(o, "="); name {
		case "lowerdir", "lowerdir+", "upperdir", "workdir", "clientaddr", "fd", "rfdno", "wfdno":
		default:
			kept = append(kept, o)
		}
	}
	return strings.Join(kept, ",")
}

// identity tells a device from others of its kind, without the name that it
// has in this boot.
func (d *Device) identity() string {
	parts := []string{d.Kind}
	if d.Kind != KindDM { // a mapping's name is given by whoever opened it
		parts = append(parts, d.Model, d.Serial)
	}
	parts = append(parts, d.Layer)
	var below []*Device
	for i := range d.Underlying {
		below = append(below, &d.Underlying[i])
	}
	if s := each(below, (*Device).identity); s != "" {
		parts = append(parts, "on "+s)
	}
	return joined(" ", parts...)
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// size writes bytes for people, Unlimited as such, and nothing for nil.
func size(n *int64) string {
	switch {
	case n == nil:
		return ""
	case *n == Unlimited:
		return "unlimited"
	}
	return units.FormatSize(*n)
}
