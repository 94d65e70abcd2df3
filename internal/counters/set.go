// Package counters reads what the kernel counts of a thread, a process, a
// cgroup, a device and a host, at the edges of a phase. What a machine does not
// have is missing with its reason, and never 0.
package counters

import (
	"errors"
	"fmt"
	"maps"

	"golang.org/x/sys/unix"

	"mmapbench/internal/reason"
)

// Scopes of metrics: whose doings they count.
const (
	Thread  = "thread" // the one that opened the set
	Process = "process"
	Cgroup  = "cgroup" // the process's, for memory
	Device  = "device" // everybody's, on the target's devices
	Host    = "host"   // everybody's
)

// Metric describes a counter.
type Metric struct {
	Name   string // "file.counter", or "perf.event"
	Unit   string
	Scope  string // Thread, Process, Cgroup, Device, Host
	Source string // a system call or a file
	Reason string // why this machine lacks the counter; "": it has it
}

// OnRequest is the counter that Options must ask for (Smaps), because it takes
// long to read.
const OnRequest = "smaps.FilePmdMapped"

// Options choose counters.
type Options struct {
	// Devices are the kernel names of whole block devices, for diskstats.
	// Stacked devices (dm, md, loop) count again what the devices below them do:
	// name the lowest only.
	Devices []string
	// NoDevice says why there are no Devices.
	NoDevice string
	// Smaps asks for huge pages of files in page tables. The kernel walks the
	// page tables of the whole process for it.
	Smaps bool
	// Few asks for what Sample is made for alone: the bytes of devices, TLB
	// shootdowns, and what others took of the processor.
	Few bool
	// Untimed says that the time of the phases does not matter. Then faults
	// are counted by perf events as well, which makes each fault slower: by 30
	// of 1,200 ns on Linux 6.18. getrusage has the same counts for nothing.
	Untimed bool
	// Root is "/", or a folder with a proc and a sys for tests.
	Root string
}

// A source gives the values of several counters at the edges of a phase. Values
// that the source does not find stay as they were.
type source interface {
	begin(into []int64) error
	end(into []int64) error
	close() error
}

// A switched source counts only while it is on.
type switched interface {
	on() error
	off() error
}

// A group is a source and its counters, which have the same places in all
// three slices. The source is nil where nothing could be opened.
type group struct {
	source
	switched   // nil where the source counts always
	metrics    []Metric
	start, now []int64
	lost       map[string]reason.Reason // counters that were missing in a phase
}

// Set is a group of counters, read at the edges of a phase, outside of what is
// timed. A Set must be used on the thread that opened it: perf events and
// schedstat belong to the thread.
//
// The groups are nested around the phase, the widest scope outermost, so that
// reading a wider scope is not counted in a narrower one. Innermost, perf events
// are switched on and off, and count no reading at all; /proc/self/io comes next,
// and its own reading is taken off.
//
// Begin and End together take 0.2 to 0.3 ms on a small machine (Linux 6.18, 2
// processors; BenchmarkSet), two thirds of it for /proc/interrupts, and more
// where there are more processors, over which the kernel adds up or prints.
// Smaps adds the walk over the page tables.
type Set struct {
	tid    int
	groups []group // read from the first to the last at the end of a phase, and back at its start
	begun  bool
}

// Open opens the counters that this machine has. Open never fails: what is
// missing is a Metric with a Reason.
func Open(o Options) *Set {
	return &Set{tid: unix.Gettid(), groups: openGroups(o)}
}

func openGroups(o Options) []group {
	if o.Few {
		return append([]group{ioGroup(o.Root), schedGroup(o.Root), diskGroup(o), stealGroup(o.Root)},
			append(pressureGroups(o.Root, "cpu"), shootdownGroup(o.Root))...)
	}
	return append(fileGroups(o), perfGroups(o)...)
}

// Metrics lists all counters, those that are missing included, in an order
// that does not change.
func (s *Set) Metrics() []Metric {
	var all []Metric
	for i := range s.groups {
		all = append(all, s.groups[i].metrics...)
	}
	return all
}

// Lost says why counters could not be read that were there at Open, by name; nil
// where all could.
func (s *Set) Lost() map[string]reason.Reason {
	var lost map[string]reason.Reason
	for i := range s.groups {
		if lost == nil {
			lost = maps.Clone(s.groups[i].lost)
		} else {
			maps.Copy(lost, s.groups[i].lost)
		}
	}
	return lost
}

// Begin marks the start of a phase. An error is a mistake of the caller; a
// counter that cannot be read is absent at the phase's end.
func (s *Set) Begin() error {
	if err := s.sameThread(); err != nil {
		return err
	}
	for i := len(s.groups) - 1; i >= 0; i-- {
		g := &s.groups[i]
		if g.source == nil {
			continue
		}
		none(g.start)
		g.note(g.begin(g.start))
	}
	for i := range s.groups {
		if g := &s.groups[i]; g.switched != nil {
			g.note(g.on())
		}
	}
	s.begun = true
	return nil
}

// End marks the end of the phase that Begin started and adds what happened in
// between to the counters in into, by name. What could not be read, or went
// backwards, is nil, and stays nil when more is added.
func (s *Set) End(into map[string]*int64) error {
	if !s.begun {
		return errors.New("counters: End without Begin")
	}
	if err := s.sameThread(); err != nil {
		return err
	}
	s.begun = false
	for i := range s.groups {
		if g := &s.groups[i]; g.switched != nil {
			g.note(g.off())
		}
	}
	for i := range s.groups {
		g := &s.groups[i]
		g.note(g.read())
	}
	for i := range s.groups {
		s.groups[i].add(into)
	}
	return nil
}

// Close gives the files back.
func (s *Set) Close() error {
	var errs []error
	for i := range s.groups {
		if g := &s.groups[i]; g.source != nil {
			errs = append(errs, g.close())
			g.source, g.switched = nil, nil
		}
	}
	return errors.Join(errs...)
}

func (s *Set) sameThread() error {
	if tid := unix.Gettid(); tid != s.tid {
		return fmt.Errorf("counters opened on thread %d and used on thread %d: runtime.LockOSThread is missing",
			s.tid, tid)
	}
	return nil
}

// newGroup tries a source once. A counter that the source does not give is missing,
// for the reason in without.
func newGroup(s source, metrics []Metric, without string) group {
	g := group{source: s, metrics: metrics, start: make([]int64, len(metrics)), now: make([]int64, len(metrics))}
	none(g.now)
	if err := s.end(g.now); err != nil {
		_ = s.close()
		return missing(metrics, err.Error())
	}
	for i, v := range g.now {
		if v == absent {
			g.metrics[i].Reason = without
		}
	}
	return g
}

// missing is a group of which nothing could be opened.
func missing(metrics []Metric, reason string) group {
	for i := range metrics {
		metrics[i].Reason = reason
	}
	return group{metrics: metrics}
}

// note keeps why a group could not be read at an edge.
func (g *group) note(err error) {
	if err == nil {
		return
	}
	why := reason.Reason{Code: reason.CounterUnread, Detail: err.Error()}
	if errors.Is(err, errBackwards) {
		why = reason.Reason{Code: reason.CounterBackwards}
	}
	none(g.start)
	none(g.now)
	for i := range g.metrics {
		g.lose(i, why)
	}
}

// lose keeps why a counter that the machine has was missing in a phase.
func (g *group) lose(i int, why reason.Reason) {
	name := g.metrics[i].Name
	if _, known := g.lost[name]; known || g.metrics[i].Reason != "" {
		return
	}
	if g.lost == nil {
		g.lost = map[string]reason.Reason{}
	}
	g.lost[name] = why
}

// add adds what happened between the two edges.
func (g *group) add(into map[string]*int64) {
	if g.source != nil && backwards(g.start, g.now) {
		g.note(errBackwards)
	}
	for i := range g.metrics {
		m := &g.metrics[i]
		if g.source == nil || g.start[i] == absent || g.now[i] == absent {
			into[m.Name] = nil
			g.lose(i, reason.Reason{Code: reason.CounterUnread, Detail: "no value"})
			continue
		}
		switch sum, seen := into[m.Name]; {
		case !seen:
			into[m.Name] = new(g.now[i] - g.start[i])
		case sum != nil:
			*sum += g.now[i] - g.start[i]
		}
	}
}

// backwards reports whether one of the counters of a source went backwards.
// Then the others are not to be believed either: they began anew as well, and
// may have come further than they were.
func backwards(from, to []int64) bool {
	for i := range from {
		if from[i] != absent && to[i] != absent && to[i] < from[i] {
			return true
		}
	}
	return false
}

// none makes all values absent.
func none(v []int64) {
	for i := range v {
		v[i] = absent
	}
}
