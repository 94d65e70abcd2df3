package counters

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A row is a counter of a file: its name in the file and its unit.
type row struct{ key, unit string }

// Counters of /proc/self/io, proc_pid_io(5). Mapped memory is missing from
// rchar and wchar; write_bytes counts when a page is dirtied for the first
// time, and cancelled_write_bytes what was then truncated away.
var ioRows = []row{ioRchar: {"rchar", "bytes"}, {"wchar", "bytes"}, ioSyscr: {"syscr", "calls"}, {"syscw", "calls"},
	{"read_bytes", "bytes"}, {"write_bytes", "bytes"}, {"cancelled_write_bytes", "bytes"}}

// Places in ioRows.
const (
	ioRchar = 0
	ioSyscr = 2
)

const ioPath = "/proc/self/io"

// Counters of /proc/PID/schedstat, Documentation/scheduler/sched-stats.rst.
var schedRows = []row{{"run", "ns"}, {"wait", "ns"}, schedSlices: {"timeslices", "slices"}}

const schedSlices = 2 // place in schedRows

// Counters of /proc/vmstat. Faults, paging, scans and steals are exact. What
// counts pages by zone or node (nr_, workingset_) lags by up to 125 pages a
// processor for up to a second (mm/vmstat.c, calculate_normal_threshold).
var vmstatRows = []row{{"pgfault", "faults"}, {"pgmajfault", "faults"}, {"pgpgin", "KiB"}, {"pgpgout", "KiB"},
	{"workingset_refault_file", "pages"}, {"pgscan_kswapd", "pages"}, {"pgscan_direct", "pages"},
	{"pgsteal_kswapd", "pages"}, {"pgsteal_direct", "pages"}, {"nr_dirtied", "pages"}, {"nr_written", "pages"},
	{"thp_fault_alloc", "huge pages"}, {"thp_file_mapped", "huge pages"}}

var diskRows = [diskPlaces]row{diskReads: {"reads", "requests"}, diskReadBytes: {"read_bytes", "bytes"},
	diskWrites: {"writes", "requests"}, diskWriteBytes: {"write_bytes", "bytes"}, diskBusy: {"busy", "ms"}}

// fileGroups opens the sources that are files, from the narrowest scope to the
// widest.
func fileGroups(o Options) []group {
	groups := []group{
		ioGroup(o.Root),
		schedGroup(o.Root),
		memoryGroup(o.Root),
		diskGroup(o),
		vmstatGroup(o.Root),
		stealGroup(o.Root),
	}
	groups = append(groups, pressureGroups(o.Root, "io", "memory", "cpu")...)
	groups = append(groups, shootdownGroup(o.Root))
	if o.Smaps {
		groups = append(groups, smapsGroup(o.Root))
	}
	return groups
}

// metricsOf describes the counters of a file.
func metricsOf(rows []row, prefix, scope, source string) []Metric {
	all := make([]Metric, len(rows))
	for i, r := range rows {
		all[i] = Metric{Name: prefix + "." + r.key, Unit: r.unit, Scope: scope, Source: source}
	}
	return all
}

// keyed returns a parser of lines that begin with the rows' names.
func keyed(rows []row) func([]byte, []int64) {
	index := make(map[string]int, len(rows))
	for i, r := range rows {
		index[r.key] = i
	}
	return func(text []byte, into []int64) { parseKeyed(text, index, into) }
}

// An ioSource takes its own read off: at the start of a phase the kernel
// counts the read after it has made the text.
type ioSource struct{ textSource }

func (s *ioSource) begin(into []int64) error {
	n, err := s.values(into)
	if into[ioRchar] != absent {
		into[ioRchar] += int64(n)
	}
	if into[ioSyscr] != absent {
		into[ioSyscr]++
	}
	return err
}

const noIO = "the kernel was built without TASK_IO_ACCOUNTING"

func ioGroup(root string) group {
	metrics := metricsOf(ioRows, "io", Process, ioPath)
	f, err := openText(root, ioPath, true)
	if err != nil {
		return missing(metrics, hint(err, noIO))
	}
	return newGroup(&ioSource{textSource{f, keyed(ioRows)}}, metrics, noIO)
}

// A schedSource asks for the thread's processor time before each read. The
// text has the time up to the last tick or switch only; that clock brings the
// account up to date (kernel/sched/core.c, task_sched_runtime). Without it, half
// a millisecond of work showed 0 ns two times of three.
type schedSource struct{ textSource }

func (s *schedSource) begin(into []int64) error {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		return fmt.Errorf("read the thread's processor time: %w", err)
	}
	if _, err := s.values(into); err != nil {
		return err
	}
	if into[schedSlices] == 0 { // a thread that runs has been given a time slice: see noSched
		none(into)
	}
	return nil
}

func (s *schedSource) end(into []int64) error { return s.begin(into) }

const noSched = "the kernel was built without SCHED_INFO and shows zeros"

func schedGroup(root string) group {
	const path = "/proc/thread-self/schedstat"
	metrics := metricsOf(schedRows, "schedstat", Thread, path)
	f, err := openText(root, path, true)
	if err != nil {
		return missing(metrics, hint(err, "the kernel was built without SCHED_INFO"))
	}
	return newGroup(&schedSource{textSource{f, parseNumbers}}, metrics, noSched)
}

func vmstatGroup(root string) group {
	const path = "/proc/vmstat"
	metrics := metricsOf(vmstatRows, "vmstat", Host, path)
	f, err := openText(root, path, false)
	if err != nil {
		return missing(metrics, err.Error())
	}
	return newGroup(&textSource{f, keyed(vmstatRows)}, metrics, "this kernel does not have the line")
}

// pressureGroups are the times in which some, or all, of the host's tasks were
// held up for want of a resource, Documentation/accounting/psi.rst. That all
// tasks want a processor is undefined for a host; the kernel prints 0 there,
// which is no count.
func pressureGroups(root string, resources ...string) []group {
	var groups []group
	for _, resource := range resources {
		path := "/proc/pressure/" + resource
		rows := []row{{resource + "_some", "µs"}, {resource + "_full", "µs"}}
		if resource == "cpu" {
			rows = rows[:1]
		}
		metrics := metricsOf(rows, "psi", Host, path)
		f, err := openText(root, path, true)
		if err != nil {
			groups = append(groups, missing(metrics,
				hint(err, "pressure accounting is off; psi=1 on the kernel's command line turns it on")))
			continue
		}
		groups = append(groups, newGroup(&textSource{f, parsePressure}, metrics,
			"this kernel does not have the line"))
	}
	return groups
}

// stealGroup counts what a hypervisor took, and what tasks wanted, of all processors.
func stealGroup(root string) group {
	const path = "/proc/stat"
	metrics := metricsOf([]row{{"steal", "ticks of 10 ms"}, {"wanted", "ticks of 10 ms"}}, "stat", Host, path)
	f, err := openText(root, path, false)
	if err != nil {
		return missing(metrics, err.Error())
	}
	return newGroup(&textSource{f, parseSteal}, metrics,
		"nothing was stolen since the machine started: its kernel may not be told by a hypervisor, or has none")
}

const interruptsPath = "/proc/interrupts"

const noShootdowns = "no row TLB: x86 only; elsewhere, as on arm64, the hardware tells the other processors and " +
	"nothing is counted"

// shootdownGroup counts the interrupts by which a processor is told to forget
// translations, after munmap, or when a mapped page is evicted.
func shootdownGroup(root string) group {
	metrics := metricsOf([]row{{"tlb_shootdowns", "interrupts"}}, "interrupts", Host, interruptsPath)
	f, err := openText(root, interruptsPath, false)
	if err != nil {
		return missing(metrics, err.Error())
	}
	return newGroup(&textSource{f, parseShootdowns}, metrics, noShootdowns)
}

// A smapsSource is not a counter but a state: what is mapped by huge pages at
// the end of the phase.
type smapsSource struct{ textSource }

func (s *smapsSource) begin(into []int64) error {
	into[0] = 0
	return nil
}

func smapsGroup(root string) group {
	const path = "/proc/self/smaps_rollup"
	rows := []row{{"FilePmdMapped", "bytes"}}
	metrics := metricsOf(rows, "smaps", Process, path)
	f, err := openText(root, path, true)
	if err != nil {
		return missing(metrics, err.Error())
	}
	return newGroup(&smapsSource{textSource{f, keyed(rows)}}, metrics,
		"no line FilePmdMapped: it came with Linux 5.4")
}

// diskText opens /proc/diskstats for the sum over some devices.
func diskText(root string, names []string) (*textSource, error) {
	if len(names) == 0 {
		return nil, errors.New("no block device is known behind the target")
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(names)))
	for i, name := range wanted {
		wanted[i] = strings.ReplaceAll(name, "!", "/") // sysfs writes cciss!c0d0
	}
	f, err := openText(root, "/proc/diskstats", false)
	if err != nil {
		return nil, err
	}
	s := &textSource{f, func(text []byte, into []int64) { parseDiskstats(text, wanted, into) }}
	text, err := f.read()
	if err == nil {
		if name := parseDiskstats(text, wanted, make([]int64, diskPlaces)); name != "" {
			err = fmt.Errorf("/proc/diskstats has no full line for %s", name)
		}
	}
	if err != nil {
		_ = f.close()
		return nil, err
	}
	return s, nil
}

func diskGroup(o Options) group {
	metrics := metricsOf(diskRows[:], "diskstats", Device, "/proc/diskstats")
	s, err := diskText(o.Root, o.Devices)
	switch {
	case err == nil:
	case len(o.Devices) == 0 && o.NoDevice != "":
		return missing(metrics, o.NoDevice)
	default:
		return missing(metrics, err.Error())
	}
	return newGroup(s, metrics, "this kernel does not have the field")
}

// hint adds what an error may mean when a file is not there.
func hint(err error, absentMeans string) string {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("%v: %s", err, absentMeans)
	}
	return err.Error()
}
