package harness

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/trace"
	"mmapbench/results"
	"mmapbench/workloads"
)

// Recorded says which accesses a replay makes. The worker gets the list as memory that
// has a descriptor: the recorded file is read once, by the parent.
type Recorded struct {
	Handle int   `json:"handle,omitempty"`   // the descriptor
	Size   int64 `json:"laid_out,omitempty"` // bytes of the laid-out file
	Record int64 `json:"longest,omitempty"`  // the longest access
}

// recorded is what a worker of the arm is told; nothing where the arm is no replay.
func recorded(p *results.Plan, a results.Arm) Recorded {
	if p.Trace == nil || !a.Replays() {
		return Recorded{}
	}
	return Recorded{Size: a.Size, Record: a.Record}
}

// recordedFile is the list of accesses as a file in memory.
func recordedFile(t *trace.Trace) (*os.File, error) {
	fd, err := unix.MemfdCreate("mmapbench-accesses", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make memory for the accesses of the trace: %w", err)
	}
	f := os.NewFile(uintptr(fd), "accesses of the trace")
	if _, err := f.Write(trace.Bytes(t.Reads())); err != nil {
		f.Close()
		return nil, fmt.Errorf("write the accesses of the trace to memory: %w", err)
	}
	return f, nil
}

// handRecorded adds the accesses to the handles of a worker.
func (s *state) handRecorded(spec *Spec) (err error) {
	if spec.Trace.Size == 0 {
		return nil
	}
	if s.recorded == nil {
		s.recorded, err = recordedFile(s.Catalogue.Trace)
	}
	spec.recorded = s.recorded
	return err
}

// withRecorded is the worker's catalogue with the replay that it was handed.
func (s *Spec) withRecorded(c workloads.Catalogue) (workloads.Catalogue, error) {
	if s.Trace.Size == 0 {
		return c, nil
	}
	unix.CloseOnExec(s.Trace.Handle)
	var st unix.Stat_t
	err := unix.Fstat(s.Trace.Handle, &st)
	var memory []byte
	if err == nil {
		memory, err = unix.Mmap(s.Trace.Handle, 0, int(st.Size), unix.PROT_READ, unix.MAP_SHARED|unix.MAP_POPULATE)
	}
	if err != nil {
		return c, fmt.Errorf("map the accesses of the trace, which should have been handed on as descriptor %d: %w",
			s.Trace.Handle, err)
	}
	list, err := trace.Decode(memory, s.Trace.Size, s.Trace.Record)
	if err != nil {
		return c, err
	}
	return c.WithTrace(&trace.Trace{Accesses: list, Size: s.Trace.Size, Timed: true}), nil
}
