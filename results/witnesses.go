package results

import (
	"time"

	"mmapbench/internal/reason"
)

// Others is what the trial's processor did for others, from before the first timed lap
// to after the last. null is what could not be read; Reasons say why.
type Others struct {
	Waited   *time.Duration `json:"waited_ns"`   // the trial's thread waited for a processor
	Pressure *time.Duration `json:"pressure_ns"` // some task of the host did
	Stolen   *time.Duration `json:"stolen_ns"`   // a hypervisor took from all processors together
	Wanted   *time.Duration `json:"wanted_ns"`   // tasks wanted of all processors together, Stolen included
	// Reasons are by the names of fields.
	Reasons map[string]reason.Reason `json:"reasons,omitempty"`
}

// Lost is how long the trial had no processor although it wanted one: it waited behind
// other tasks, or a hypervisor took its processor away, as far as that can be told from
// what was taken from all.
func (o *Others) Lost(timed time.Duration) (lost time.Duration) {
	if o == nil {
		return 0
	}
	if o.Waited != nil {
		lost = *o.Waited
	}
	if o.Stolen != nil && o.Wanted != nil && *o.Wanted > 0 {
		// What is stolen is counted in ticks, so that one of them may stand for
		// next to nothing.
		stolen := max(*o.Stolen-StealTick, 0)
		lost += time.Duration(float64(timed) * float64(stolen) / float64(*o.Wanted))
	}
	return lost
}

// StealTick is the unit in which /proc/stat counts (USER_HZ, 100 on every architecture).
const StealTick = 10 * time.Millisecond

// Memory is what the trial's process took, its program and the buffers included: pages
// that it had in its page table, by which what is mapped counts in full, though it is the
// page cache's. Of a command it is that of its largest process. null is what could not be
// read; Reasons say why.
type Memory struct {
	Peak      *int64 `json:"peak_bytes"`      // the most of one lap
	File      *int64 `json:"file_bytes"`      // pages of files, tmpfs included, before the lap's teardown
	Anonymous *int64 `json:"anonymous_bytes"` // all others then
	// Reasons are by the names of fields.
	Reasons map[string]reason.Reason `json:"reasons,omitempty"`
}
