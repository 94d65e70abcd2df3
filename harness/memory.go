package harness

import (
	"os"
	"syscall"

	"mmapbench/internal/counters"
	"mmapbench/internal/procmem"
	"mmapbench/internal/reason"
	"mmapbench/results"
)

// forgetPeak makes the kernel forget the peak of this process's memory before now
// (proc_pid_clear_refs(5), since Linux 4.0). Nothing else changes: page tables and
// flags of pages stay.
func forgetPeak() error { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// A memoryWatch reads what the process takes while a lap holds its mappings: once, by one
// call to read, between two phases.
type memoryWatch struct {
	status *procmem.Status
	bytes  int   // that were read; 0: not yet
	forgot error // why the peak is not that of the lap alone
}

func watchMemory() *memoryWatch {
	return &memoryWatch{status: procmem.OpenStatus(), forgot: forgetPeak()}
}

func (m *memoryWatch) read() {
	if m.bytes == 0 {
		m.bytes = m.status.Read()
	}
}

// takeOff takes the reading off the counters of the lap in which it was made.
func (m *memoryWatch) takeOff(counted map[string]*int64) {
	for name, n := range map[string]int{counters.ReadCalls: 1, counters.ReadBytes: m.bytes} {
		if sum := counted[name]; sum != nil && m.bytes > 0 {
			*sum -= int64(n)
		}
	}
}

// memory is what was read.
func (m *memoryWatch) memory() *results.Memory {
	m.read() // where the lap has failed before
	m.status.Close()
	status, err := m.status.Sizes()
	return memoryOf(status, err, m.forgot)
}

func memoryOf(status map[string]int64, err, forgot error) *results.Memory {
	m := &results.Memory{Reasons: map[string]reason.Reason{}}
	for _, f := range []struct {
		field string
		into  **int64
		names []string
	}{{"peak_bytes", &m.Peak, []string{"VmHWM"}}, {"file_bytes", &m.File, []string{"RssFile", "RssShmem"}},
		{"anonymous_bytes", &m.Anonymous, []string{"RssAnon"}}} {
		sum := int64(0)
		for _, name := range f.names {
			n, there := status[name]
			if sum += n; !there {
				m.Reasons[f.field] = reason.Reason{Code: reason.NotCounted, Detail: "/proc/self/status has no " + name}
			}
		}
		if err != nil {
			m.Reasons[f.field] = reason.Reason{Code: reason.MemoryUnread, Detail: err.Error()}
		}
		if _, lost := m.Reasons[f.field]; !lost {
			*f.into = &sum
		}
	}
	if forgot != nil && m.Peak != nil {
		m.Peak, m.Reasons["peak_bytes"] = nil, reason.Reason{Code: reason.PeakUnreset, Detail: forgot.Error()}
	}
	return m
}

// ownPeak is the peak of this process from now on; -1 where it is not known.
func ownPeak() int64 {
	if m := watchMemory().memory(); m.Peak != nil {
		return *m.Peak
	}
	return -1
}

// commandMemory is the peak of the largest process of a command that has ended. The
// kernel starts it with the peak of the process that started it, which shares its memory
// until it executes the command (exec_mmap in fs/exec.c), so what is no larger than that
// is not known.
func commandMemory(u *syscall.Rusage, own int64) *results.Memory {
	ended := reason.Reason{Code: reason.CommandEnded}
	m := &results.Memory{Reasons: map[string]reason.Reason{"file_bytes": ended, "anonymous_bytes": ended}}
	const slack = 1 << 20 // what the worker may have grown by meanwhile
	peak := u.Maxrss << 10
	if own >= 0 && peak > own+slack {
		m.Peak = &peak
		return m
	}
	m.Reasons["peak_bytes"] = reason.Reason{Code: reason.PeakHidden, Values: map[string]int64{"bytes": peak}}
	return m
}
