package harness

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/results"
)

// edge is the clock and the kernel's accounts at the start of a phase: two calls
// at each end, outside the work they enclose, on the thread that does the work
// and stays locked. RUSAGE_THREAD keeps the faults and the time of the Go
// runtime's other threads out (getrusage(2)); maxrss is left alone, because even
// there the kernel tells the process's.
type edge struct {
	usage unix.Rusage
	clock time.Time
}

// begin marks the start of a phase: the accounts first, so that reading them is
// not in the time.
func (e *edge) begin() error {
	if err := account(&e.usage); err != nil {
		return err
	}
	e.clock = time.Now() // monotonic, through the vDSO: no system call
	return nil
}

// end marks the end of the phase that began at e and adds what happened since to
// p: the clock first.
func (e *edge) end(p *results.Phase) error {
	wall := time.Since(e.clock)
	var now unix.Rusage
	if err := account(&now); err != nil {
		return err
	}
	p.Wall += wall
	p.User += duration(now.Utime) - duration(e.usage.Utime)
	p.System += duration(now.Stime) - duration(e.usage.Stime)
	p.MinorFaults += now.Minflt - e.usage.Minflt
	p.MajorFaults += now.Majflt - e.usage.Majflt
	p.VoluntarySwitches += now.Nvcsw - e.usage.Nvcsw
	p.InvoluntarySwitches += now.Nivcsw - e.usage.Nivcsw
	p.BlocksIn += now.Inblock - e.usage.Inblock
	p.BlocksOut += now.Oublock - e.usage.Oublock
	return nil
}

// account reads the accounts of the thread. The times in them are those up to
// the last tick or switch of the thread, so milliseconds of work could read as
// none; to ask for the thread's clock brings them up to date (seen on 6.18: 7 of
// 40 phases of 3 ms showed no time without it, 0 of 40 with it).
func account(u *unix.Rusage) error {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		return fmt.Errorf("clock of the thread: %w", err)
	}
	if err := unix.Getrusage(unix.RUSAGE_THREAD, u); err != nil {
		return fmt.Errorf("getrusage of the thread: %w", err)
	}
	return nil
}

func duration(t unix.Timeval) time.Duration { return time.Duration(t.Nano()) }
