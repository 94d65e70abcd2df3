package host

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"mmapbench/internal/units"
)

// Text writes the facts for people: sections of names and values, and at the
// end what could not be read and why.
func Text(w io.Writer, f Facts) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	// Errors stick: tabwriter keeps what it is given until Flush.
	section(t, "Machine", machineRows(f))
	section(t, "Processor", processorRows(f.Processor))
	section(t, "Memory", memoryRows(f.Memory))
	section(t, "Power", powerRows(f.Power))
	for _, target := range f.Targets {
		section(t, fmt.Sprintf("Target %s: %s", target.Name, target.DeviceName()), targetRows(target))
	}
	var unknown []row
	for _, fact := range slices.Sorted(maps.Keys(f.Unknown)) {
		unknown = append(unknown, row{fact, f.Unknown[fact]})
	}
	section(t, "Unknown, and why", unknown)
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the facts of the machine: %w", err)
	}
	return nil
}

// A row is a name and a value; rows without a value are left out.
type row struct{ name, value string }

func section(w io.Writer, title string, rows []row) {
	rows = slices.DeleteFunc(rows, func(r row) bool { return r.value == "" })
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(w, title)
	for _, r := range rows {
		// Values come from the machine; a tab in one would make a column.
		fmt.Fprintf(w, "  %s\t%s\n", r.name, strings.Join(strings.Fields(r.value), " "))
	}
	fmt.Fprintln(w)
}

func machineRows(f Facts) []row {
	m := f.Machine
	return []row{
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

func processorRows(p Processor) []row {
	rows := []row{{"model", p.Model}, {"online", number(p.CPUs)}, {"allowed for this process", number(p.Allowed)},
		{"cgroup limit", quota(p.Quota)}}
	for _, c := range p.Clocks {
		text := list(c.Governor, c.Driver, span("from", c.Min, c.Max), span("now", c.Slowest, c.Fastest))
		rows = append(rows, row{"clock of CPU " + cpuNames(c.CPUs), text})
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

func memoryRows(m Memory) []row {
	rows := []row{
		{"total", size(m.Total)},
		{"available", size(m.Available)},
		{"swap", size(m.SwapTotal)},
		{"swap free", size(m.SwapFree)},
	}
	for _, s := range m.Swaps {
		rows = append(rows, row{"swap area", list(s.Name, s.Type, size(&s.Size))})
	}
	for _, z := range m.Zram {
		rows = append(rows, row{"zram", list(z.Name, size(&z.Size), z.Algorithm)})
	}
	return append(rows, []row{
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

func powerRows(p Power) []row {
	rows := []row{{"source", p.Source}, {"battery", percent(p.Battery)}}
	for _, t := range p.Temperatures {
		rows = append(rows, row{"temperature of " + t.Zone, strconv.FormatFloat(t.Celsius, 'f', 1, 64) + " °C"})
	}
	if t := p.Throttling; t != nil {
		now, past := list(t.Now...), list(t.Past...)
		rows = append(rows, row{"throttling now", orNone(now)})
		if t.Source != "hwmon" { // it keeps no record
			rows = append(rows, row{"throttling since boot", orNone(past)})
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

func targetRows(t TargetFacts) []row {
	rows := []row{
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
		rows[2].value = ""
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

// list puts those of its arguments that are known into one value.
func list(items ...string) string {
	var known []string
	for _, s := range items {
		if s != "" {
			known = append(known, s)
		}
	}
	return strings.Join(known, ", ")
}
