package host

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mmapbench/internal/units"
)

// A Section is facts under one heading, for people.
type Section struct {
	Title string
	Rows  []Row
}

// A Row is the name of a fact and its value.
type Row struct{ Name, Value string }

// Describe lists the facts that are known, and in the last section the facts that
// could not be read and why.
func Describe(f Facts) (sections []Section) {
	add := func(title string, rows []Row) {
		rows = slices.DeleteFunc(rows, func(r Row) bool { return r.Value == "" })
		for i := range rows { // values come from the machine, and may hold anything
			rows[i].Value = strings.Join(strings.Fields(rows[i].Value), " ")
		}
		if len(rows) > 0 {
			sections = append(sections, Section{title, rows})
		}
	}
	add("Machine", machineRows(f))
	add("Processor", processorRows(f.Processor))
	add("Memory", memoryRows(f.Memory))
	add("Power", powerRows(f.Power))
	for _, target := range f.Targets {
		add(fmt.Sprintf("Target %s: %s", target.Name, target.DeviceName()), targetRows(target))
	}
	var unknown []Row
	for _, fact := range slices.Sorted(maps.Keys(f.Unknown)) {
		unknown = append(unknown, Row{fact, f.Unknown[fact]})
	}
	add("Unknown, and why", unknown)
	return sections
}

func machineRows(f Facts) []Row {
	m := f.Machine
	return []Row{
		{"model", m.Model},
		{"kernel", m.KernelRelease},
		{"kernel build", m.KernelVersion},
		{"architecture", m.Arch},
		{"page size", units.FormatSize(m.PageSize)},
		{"distribution", m.Distribution},
		{"virtualisation", m.Virtualisation},
		{"container", m.Container},
		{"fingerprint", Fingerprint(f)},
	}
}

func processorRows(p Processor) []Row {
	rows := []Row{{"model", p.Model}, {"online", number(p.CPUs)}, {"allowed for this process", number(p.Allowed)},
		{"cgroup limit", quota(p.Quota)}}
	for _, c := range p.Clocks {
		text := list(c.Governor, c.Driver, span("from", c.Min, c.Max), span("now", c.Slowest, c.Fastest))
		rows = append(rows, Row{"clock of CPU " + cpuNames(c.CPUs), text})
	}
	return rows
}

func quota(cpus *float64) string {
	switch {
	case cpus == nil:
		return ""
	case *cpus == Unlimited:
		return "unlimited"
	}
	return strconv.FormatFloat(*cpus, 'g', 4, 64) + " CPUs"
}

func cpuNames(cpus []int) string {
	names := make([]string, len(cpus))
	for i, n := range cpus {
		names[i] = strconv.Itoa(n)
	}
	return strings.Join(names, " ")
}

// span writes two frequencies, or the one if they are equal.
func span(word string, low, high *int64) string {
	if low == nil || high == nil {
		return ""
	}
	s := word + " " + megahertz(*low)
	if *low != *high {
		s += " to " + megahertz(*high)
	}
	return s
}

func megahertz(hz int64) string { return strconv.FormatFloat(float64(hz)/1e6, 'f', 0, 64) + " MHz" }

func memoryRows(m Memory) []Row {
	rows := []Row{
		{"total", size(m.Total)},
		{"available", size(m.Available)},
		{"swap", size(m.SwapTotal)},
		{"swap free", size(m.SwapFree)},
	}
	for _, s := range m.Swaps {
		rows = append(rows, Row{"swap area", list(s.Name, s.Type, size(&s.Size))})
	}
	for _, z := range m.Zram {
		rows = append(rows, Row{"zram", list(z.Name, size(&z.Size), z.Algorithm)})
	}
	return append(rows, []Row{
		{"transparent huge pages", m.THP},
		{"fault-around", size(m.FaultAround)},
		{"overcommit_memory", number(m.Overcommit)},
		{"dirty limit", percent(m.DirtyRatio) + size(m.DirtyBytes)},
		{"dirty background limit", percent(m.DirtyBackgroundRatio) + size(m.DirtyBackgroundBytes)},
		{"cgroup version", number(m.CgroupVersion)},
		{"cgroup limit", size(m.CgroupLimit)},
		{"cgroup high", size(m.CgroupHigh)},
		{"RLIMIT_MEMLOCK", size(m.Memlock)},
	}...)
}

func percent(n *int64) string {
	if n == nil {
		return ""
	}
	return number(n) + " %"
}

func powerRows(p Power) []Row {
	rows := []Row{{"source", p.Source}, {"battery", percent(p.Battery)}}
	for _, t := range p.Temperatures {
		rows = append(rows, Row{"temperature of " + t.Zone, strconv.FormatFloat(t.Celsius, 'f', 1, 64) + " °C"})
	}
	if t := p.Throttling; t != nil {
		now, past := list(t.Now...), list(t.Past...)
		rows = append(rows, Row{"throttling now", orNone(now)})
		if t.Source != "hwmon" { // it keeps no record
			rows = append(rows, Row{"throttling since boot", orNone(past)})
		}
	}
	return rows
}

func orNone(s string) string {
	if s == "" {
		return None
	}
	return s
}

func targetRows(t TargetFacts) []Row {
	rows := []Row{
		{"directory", t.Dir},
		{"file system", t.FileSystem},
		{"mounted", list(t.MountSource, "on "+t.MountPoint)},
		{"mount options", lastingOptions(t.MountOptions)},
		{"block size", size(t.BlockSize)},
		{"size", size(t.Total)},
		{"free", size(t.Free)},
		{"read-ahead", size(t.ReadAhead)},
	}
	if t.MountPoint == "" {
		rows[2].Value = ""
	}
	label := "device"
	if len(t.Members) > 1 {
		label = "member"
	}
	for _, d := range t.devices() {
		rows = append(rows, deviceRows(label, *d)...)
	}
	return rows
}

// list joins the items that are known into one value.
func list(items ...string) string { return joined(", ", items...) }

func joined(separator string, items ...string) string {
	known := slices.DeleteFunc(slices.Clone(items), func(s string) bool { return s == "" })
	return strings.Join(known, separator)
}
