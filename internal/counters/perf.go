package counters

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Where an event may be counted without the right to look into the kernel.
type privilege int

const (
	inUser   privilege = iota // its part in user mode
	inKernel                  // nowhere: it happens in the kernel, and user mode would show 0
	anywhere                  // everywhere: the mode makes no difference
)

// An event is what perf_event_open(2) can count.
type event struct {
	name, unit string
	kind       uint32
	config     uint64
	privilege  privilege
}

// faultEvents make each fault slower, see Options.Untimed.
var faultEvents = []event{
	{"page-faults", "faults", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_PAGE_FAULTS, inUser},
	{"minor-faults", "faults", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_PAGE_FAULTS_MIN, inUser},
	{"major-faults", "faults", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_PAGE_FAULTS_MAJ, inUser},
}

// Alignment faults are not among them: neither x86 nor 64-bit arm64 code ever
// counts one, so that their 0 would say nothing.
var softwareEvents = []event{
	{"context-switches", "switches", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CONTEXT_SWITCHES, inKernel},
	{"cpu-migrations", "migrations", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CPU_MIGRATIONS, inKernel},
	{"task-clock", "ns", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_TASK_CLOCK, anywhere},
}

// hardwareEvents are in the order in which they get the processor's few
// counters.
var hardwareEvents = []event{
	{"cycles", "cycles", unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CPU_CYCLES, inUser},
	{"instructions", "instructions", unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_INSTRUCTIONS, inUser},
	{"dTLB-load-misses", "misses", unix.PERF_TYPE_HW_CACHE,
		missOf(unix.PERF_COUNT_HW_CACHE_DTLB, unix.PERF_COUNT_HW_CACHE_OP_READ), inUser},
	{"dTLB-store-misses", "misses", unix.PERF_TYPE_HW_CACHE,
		missOf(unix.PERF_COUNT_HW_CACHE_DTLB, unix.PERF_COUNT_HW_CACHE_OP_WRITE), inUser},
	{"cache-misses", "misses", unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CACHE_MISSES, inUser},
	{"cache-references", "references", unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CACHE_REFERENCES, inUser},
	{"iTLB-load-misses", "misses", unix.PERF_TYPE_HW_CACHE,
		missOf(unix.PERF_COUNT_HW_CACHE_ITLB, unix.PERF_COUNT_HW_CACHE_OP_READ), inUser},
	{"branch-misses", "misses", unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_BRANCH_MISSES, inUser},
}

func missOf(cache, op uint64) uint64 {
	return cache | op<<8 | unix.PERF_COUNT_HW_CACHE_RESULT_MISS<<16
}

// perfGroups opens the software and the hardware events. They are two groups,
// so that software events need no counter of the processor.
func perfGroups(o Options) []group {
	groups := []group{perfSet(o.Root, hardwareEvents), perfSet(o.Root, softwareEvents)}
	if o.Untimed {
		return append(groups, perfSet(o.Root, faultEvents))
	}
	return append(groups, missing(perfMetrics(faultEvents),
		"left out where phases are timed: it would make each fault slower; getrusage counts the same"))
}

// A perfSource is one group of perf events: the kernel counts all of them over
// the same time or none. Scaled counts, which perf makes of events that take
// turns, are guesses; here an event that finds no counter beside the events
// before it is missing, and says so.
type perfSource struct {
	fds    []int // the events that opened, the leader first
	places []int // their places among the metrics
	buf    []byte
	start  perfTimes
}

// perfTimes are how long a group was to count, and did, in ns.
type perfTimes struct{ enabled, running uint64 }

func perfMetrics(events []event) []Metric {
	all := make([]Metric, len(events))
	for i, e := range events {
		all[i] = Metric{Name: "perf." + e.name, Unit: e.unit, Scope: Thread, Source: "perf_event_open(2)"}
	}
	return all
}

// perfSet opens events as one group. An event counted in user mode only has a name
// of its own, as perf prints it, for it is another quantity.
func perfSet(root string, events []event) group {
	metrics := perfMetrics(events)
	p := &perfSource{}
	for i, e := range events {
		fd, userOnly, err := e.open(p.leader())
		if err != nil {
			metrics[i].Reason = perfReason(err, root, len(p.fds) > 0)
			continue
		}
		if userOnly {
			metrics[i].Name += ":u"
			metrics[i].Source += ", user mode only"
		}
		p.fds, p.places = append(p.fds, fd), append(p.places, i)
	}
	p.buf = make([]byte, 8*(3+len(p.fds)))
	p.fit(events, metrics)
	if len(p.fds) == 0 {
		return group{metrics: metrics}
	}
	return group{source: p, switched: p, metrics: metrics, start: make([]int64, len(metrics)),
		now: make([]int64, len(metrics))}
}

func (p *perfSource) leader() int {
	if len(p.fds) == 0 {
		return -1
	}
	return p.fds[0]
}

// open opens an event for the calling thread, on whatever processor it runs,
// first with what happens in the kernel, then without. The hypervisor's part
// is always left out.
func (e *event) open(leader int) (fd int, userOnly bool, err error) {
	attr := unix.PerfEventAttr{
		Type:   e.kind,
		Size:   uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Config: e.config,
		Bits:   unix.PerfBitExcludeHv,
		Read_format: unix.PERF_FORMAT_GROUP | unix.PERF_FORMAT_TOTAL_TIME_ENABLED |
			unix.PERF_FORMAT_TOTAL_TIME_RUNNING,
	}
	if leader < 0 {
		attr.Bits |= unix.PerfBitDisabled // and with it the events that follow it
	}
	fd, err = unix.PerfEventOpen(&attr, 0, -1, leader, unix.PERF_FLAG_FD_CLOEXEC)
	if e.privilege == inKernel || !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM) {
		return fd, false, err
	}
	attr.Bits |= unix.PerfBitExcludeKernel
	fd, err = unix.PerfEventOpen(&attr, 0, -1, leader, unix.PERF_FLAG_FD_CLOEXEC)
	return fd, e.privilege == inUser, err
}

// perfReason says why an event did not open.
func perfReason(err error, root string, grouped bool) string {
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENODEV) {
		// The error's text speaks of files.
		return "this processor does not count it, or does not for virtual machines"
	}
	err = fmt.Errorf("perf_event_open: %w", err)
	switch {
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		level, readErr := os.ReadFile(filepath.Join(root, "/proc/sys/kernel/perf_event_paranoid"))
		if readErr != nil {
			return err.Error()
		}
		return fmt.Sprintf("%v: kernel.perf_event_paranoid is %s; 1 or CAP_PERFMON allows it, unless "+
			"a container's filter does not",
			err, strings.TrimSpace(string(level)))
	case errors.Is(err, unix.EINVAL) && grouped:
		return fmt.Sprintf("%v: the processor has no counter left beside the events before it", err)
	case errors.Is(err, unix.ENOSYS):
		return fmt.Sprintf("%v: the kernel was built without PERF_EVENTS", err)
	}
	return err.Error()
}

// fit tries the group and leaves the last events out until it runs: the kernel
// checked it against an empty processor, but its own watchdog or another user
// may hold a counter.
func (p *perfSource) fit(events []event, metrics []Metric) {
	for len(p.fds) > 0 {
		reason := p.try(events)
		if reason == "" {
			return
		}
		last := len(p.fds) - 1
		metrics[p.places[last]].Reason = reason
		_ = unix.Close(p.fds[last])
		p.fds, p.places, p.buf = p.fds[:last], p.places[:last], p.buf[:len(p.buf)-8]
	}
}

// try counts a system call. Cycles and instructions cannot be 0 then, unless a
// virtual processor shows counters that do not count.
func (p *perfSource) try(events []event) (reason string) {
	start, now := make([]int64, len(events)), make([]int64, len(events))
	for _, step := range []func() error{
		func() error { return p.begin(start) },
		p.on,
		func() error { unix.Getppid(); return nil },
		p.off,
		func() error { return p.end(now) },
	} {
		if err := step(); err != nil {
			return err.Error()
		}
	}
	first := p.places[0]
	e := events[first]
	moves := e.kind == unix.PERF_TYPE_HARDWARE &&
		(e.config == unix.PERF_COUNT_HW_CPU_CYCLES || e.config == unix.PERF_COUNT_HW_INSTRUCTIONS)
	if moves && now[first] == start[first] {
		return e.name + " stay 0: the virtual processor's counters do not count"
	}
	return ""
}

// begin reads the counts, which stand still.
func (p *perfSource) begin(into []int64) (err error) {
	p.start, err = p.values(into)
	return err
}

// on and off are for the leader; the others follow it.
func (p *perfSource) on() error {
	if err := unix.IoctlSetInt(p.leader(), unix.PERF_EVENT_IOC_ENABLE, 0); err != nil {
		return fmt.Errorf("start perf events: %w", err)
	}
	return nil
}

func (p *perfSource) off() error {
	if err := unix.IoctlSetInt(p.leader(), unix.PERF_EVENT_IOC_DISABLE, 0); err != nil {
		return fmt.Errorf("stop perf events: %w", err)
	}
	return nil
}

// end reads the counts, which stand still again.
func (p *perfSource) end(into []int64) error {
	t, err := p.values(into)
	if err != nil {
		return err
	}
	enabled, running := t.enabled-p.start.enabled, t.running-p.start.running
	if running < enabled {
		return fmt.Errorf("perf events counted for %d of %d ns: others use the processor's counters, or its cores "+
			"differ", running, enabled)
	}
	return nil
}

// values reads the group: the number of events, the times, the counts.
func (p *perfSource) values(into []int64) (perfTimes, error) {
	n, err := unix.Read(p.leader(), p.buf)
	if err != nil {
		return perfTimes{}, fmt.Errorf("read perf events: %w", err)
	}
	word := func(i int) uint64 { return binary.NativeEndian.Uint64(p.buf[8*i:]) }
	if n != len(p.buf) || word(0) != uint64(len(p.fds)) {
		return perfTimes{}, fmt.Errorf("read perf events: %d bytes, not the %d of %d events", n, len(p.buf),
			len(p.fds))
	}
	for i, place := range p.places {
		into[place] = int64(word(3 + i))
	}
	return perfTimes{word(1), word(2)}, nil
}

func (p *perfSource) close() error {
	var errs []error
	for i := len(p.fds) - 1; i >= 0; i-- {
		if err := unix.Close(p.fds[i]); err != nil {
			errs = append(errs, fmt.Errorf("close a perf event: %w", err))
		}
	}
	return errors.Join(errs...)
}
