// Package results is the run file: what a run planned, what it measured, trial
// by trial, and how it ended.
//
// This package is opinionated: the file is the measurement, and everything else is a
// view of the file. It is appended to and flushed after every trial, so that it can be
// read after kill -9 at any moment. It says what was asked, on what, and how each
// number came about, and a number that could not be measured is null with a reason,
// never zero. docs/run-file.md describes the file for people, schema.json for
// machines.
package results

import (
	"iter"
	"time"

	"mmapbench/internal/host"
	"mmapbench/internal/reason"
)

// SchemaVersion is the version of the run file's format that is written. Files of
// older versions are read as far back as version 2; those of newer ones are refused.
const SchemaVersion = 3

// oldestSchema is the oldest version that is still read.
const oldestSchema = 2

// Format is the constant by which a run file is recognized.
const Format = "mmapbench-run"

// The types of lines.
const (
	LineHeader  = "header"
	LineTrial   = "trial"
	LineResume  = "resume"
	LineDropped = "dropped"
	LineEnd     = "end"
)

// Header is the first line: everything needed to understand, and to repeat,
// the run.
type Header struct {
	Type    string     `json:"type"`   // LineHeader
	Format  string     `json:"format"` // Format
	Schema  int        `json:"schema"` // SchemaVersion
	Tool    Tool       `json:"tool"`
	Command []string   `json:"command"` // argv of the run
	Started time.Time  `json:"started"`
	Labels  Labels     `json:"labels,omitempty"` // what the user says of the run
	Plan    Plan       `json:"plan"`
	Host    host.Facts `json:"host"`
	// Metrics are the counters of the trials, those that this machine does
	// not have included.
	Metrics []Metric `json:"metrics,omitempty"`
	// Checks are what the targets were asked before the plan was made.
	Checks []TargetCheck `json:"checks,omitempty"`
	// Warnings are what the reader must know of the machine and its devices.
	Warnings []Warning `json:"warnings,omitempty"`
}

// Metric describes a counter.
type Metric struct {
	Name   string `json:"name"`
	Unit   string `json:"unit"`
	Scope  string `json:"scope"`            // thread, process, cgroup, device, host
	Source string `json:"source"`           // a system call or a file
	Reason string `json:"reason,omitempty"` // why this machine does not have it; "": it has
}

// TargetCheck is a question that was put to a target, by experiment, and its
// answer: docs/check.md has them all.
type TargetCheck struct {
	Target   string `json:"target"`
	Name     string `json:"name"`
	Answer   string `json:"answer"` // yes, no, unknown
	Evidence string `json:"evidence"`
}

// Trial is one arm tried once. Its phases are sums over its laps, a lap being
// one whole life cycle.
type Trial struct {
	Type    string    `json:"type"`  // LineTrial
	Round   int       `json:"round"` // the first is 0
	Arm     int       `json:"arm"`   // Arm.ID
	Started time.Time `json:"started"`

	Laps int `json:"laps"`
	// Lap is the trial's time: the median of LapTimes, or the least where each lap was
	// cold. 0: the trial has no LapTimes, and its time is that of its phases by its laps.
	Lap time.Duration `json:"lap_ns,omitempty"`
	// LapTimes are those of the timed laps, in their order, of which one in LapEvery is
	// kept (0: each), as there may be thousands.
	LapTimes []time.Duration `json:"lap_times_ns,omitempty"`
	LapEvery int             `json:"lap_every,omitempty"`

	Setup    *Phase `json:"setup"`
	Body     *Phase `json:"body"`
	Sync     *Phase `json:"sync"` // null where the arm syncs nothing
	Teardown *Phase `json:"teardown"`

	Ops int64 `json:"ops,omitempty"` // accesses of all laps, where their number was not fixed beforehand
	// Accesses and Bytes are what was asked for in all laps, counted, of a
	// workload one of whose operations is several accesses; 0 of the others.
	Accesses int64 `json:"accesses,omitempty"`
	Bytes    int64 `json:"bytes,omitempty"`

	Cache   *CacheState `json:"cache"`  // null where the arm names no cache state
	Device  *DeviceIO   `json:"device"` // null where nothing could be read
	Others  *Others     `json:"others,omitempty"`
	Memory  *Memory     `json:"memory,omitempty"`
	Latency *Latency    `json:"latency,omitempty"`
	// SyncLatency is of the syncs between records; null where there are none.
	SyncLatency *Latency `json:"sync_latency,omitempty"`
	Series      []Tick   `json:"series,omitempty"`
	// Counters are by phase, or WholeLap, then by name (Header.Metrics), of one
	// lap: of the only one, or where several are timed of one more that is not
	// timed. null is a counter that could not be read; Header.Metrics says why.
	Counters Counters `json:"counters,omitzero"`
	// CountersLost says why counters that this machine has are null here.
	CountersLost map[string]reason.Reason `json:"counters_lost,omitempty"`
	// CounterReasons has the same as sentences, in older files; empty once read.
	CounterReasons map[string]string `json:"counter_reasons,omitempty"`
	Check          *Check            `json:"check"` // null where the trial failed before it

	// Untimed work around the phases, so that a reader sees where the run's
	// time went.
	Settle  time.Duration `json:"settle_ns"`             // waiting for dirty pages to be written
	Cool    time.Duration `json:"cooldown_ns,omitempty"` // waiting for the machine to cool down, before a round
	Prepare time.Duration `json:"prepare_ns"`
	Verify  time.Duration `json:"verify_ns"`

	// Temperature of the hottest zone before the trial, in °C; null where the
	// machine has no sensor.
	Temperature *float64 `json:"temperature_c,omitempty"`

	// Said is the end of what the workload printed while it ran.
	Said string `json:"said,omitempty"`

	// Ignored are the options of the backend that the kernel ignored, as they were
	// given, and what was seen instead of their effect.
	Ignored map[string]reason.Reason `json:"ignored,omitempty"`

	// Counted is what the backend itself counted in one lap, by name.
	Counted map[string]int64 `json:"counted,omitempty"`

	// Leftovers are processes that a command left running; they were killed after
	// the trial, but for those that still run.
	Leftovers []Leftover `json:"leftovers,omitempty"`

	// Warnings are codes; see WarningTexts.
	Warnings []string `json:"warnings,omitempty"`
	// Excluded is the code of the reason for which the trial is left out of
	// summaries, whose details stand in Cache; "" for a trial that is not left out.
	Excluded string `json:"excluded,omitempty"`
	// Error is set when the trial did not produce a measurement.
	Error *TrialError `json:"error,omitempty"`
}

// Phase is what one phase of a trial took and caused, on its own thread
// (RUSAGE_THREAD), so that the runtime's other threads stay out of it. That of a
// command is from its start to its end, with the accounts of wait4(2): its own
// and those of the children it waited for.
type Phase struct {
	Wall   time.Duration `json:"wall_ns"`
	User   time.Duration `json:"user_ns"`   // the sum with System is exact; the split is
	System time.Duration `json:"system_ns"` // sampled by the tick on many kernels

	MinorFaults         int64 `json:"minor_faults"`
	MajorFaults         int64 `json:"major_faults"`
	VoluntarySwitches   int64 `json:"voluntary_switches"`
	InvoluntarySwitches int64 `json:"involuntary_switches"`
	BlocksIn            int64 `json:"blocks_in"`  // 512-byte units read from a device
	BlocksOut           int64 `json:"blocks_out"` // 512-byte units dirtied for one
}

// How well a trial's cache state is known.
const (
	ProofStrong = "strong" // residency before and after, and the device's bytes, agree with it
	ProofWeak   = "weak"   // nothing contradicts it, but something could not be seen
	ProofFailed = "failed" // something contradicts it: the trial is excluded
)

// CacheState is the evidence for a trial's cache state: residency before the
// first timed lap and after the last, and what the device was asked for.
type CacheState struct {
	Want  string `json:"want"`
	How   string `json:"how"`   // the method that was used to reach it
	Proof string `json:"proof"` // ProofStrong, ProofWeak, ProofFailed
	// Reasons are why the proof is not strong.
	Reasons []reason.Reason `json:"reasons,omitempty"`
	Reason  string          `json:"reason,omitempty"` // the same as a sentence, in version 2; empty once read
	Pages   int64           `json:"pages"`            // how many the file has
	// Resident pages by mincore(2), and the same by cachestat(2). null where
	// the kernel does not have the call, or does not answer truly.
	Before          *int64 `json:"resident_before"`
	After           *int64 `json:"resident_after"`
	MincoreReason   string `json:"mincore_reason,omitempty"`
	CachestatBefore *int64 `json:"cachestat_before"`
	CachestatAfter  *int64 `json:"cachestat_after"`
	CachestatReason string `json:"cachestat_reason,omitempty"`
	Below           *Below `json:"below,omitempty"` // present for device-cold
}

// Below is the evidence about the layer below the page cache: O_DIRECT reads of
// blocks, and of the same blocks again.
type Below struct {
	First time.Duration `json:"first_ns"` // median of the first reads
	Again time.Duration `json:"again_ns"` // and of the second
	Reads int           `json:"reads"`    // how many of each
}

// DeviceIO is what the devices did from before the first timed lap to after the
// last, in bytes. null is what could not be read; Reason says why.
type DeviceIO struct {
	Names       []string          `json:"names,omitempty"` // the block devices behind the target
	OwnRead     *int64            `json:"own_read"`        // caused by this process (/proc/self/io read_bytes)
	OwnWrite    *int64            `json:"own_write"`       // dirtied by it (write_bytes)
	DeviceRead  *int64            `json:"device_read"`     // what everybody read (/proc/diskstats)
	DeviceWrite *int64            `json:"device_write"`
	Reason      map[string]string `json:"reason,omitempty"` // field -> why it is null
}

// Latency describes the times of single accesses of one trial. They are never
// samples of a comparison.
type Latency struct {
	Every     int64         `json:"every"`    // one access in Every was timed; 1: all
	Clock     float64       `json:"clock_ns"` // what one reading of the clock takes, included once in each
	Count     int64         `json:"count"`
	P50       time.Duration `json:"p50_ns"`
	P90       time.Duration `json:"p90_ns"`
	P99       time.Duration `json:"p99_ns"`
	P999      time.Duration `json:"p999_ns"`
	Max       time.Duration `json:"max_ns"`
	Histogram string        `json:"histogram"` // HdrHistogram, V2 compressed, base64
}

// Tick is what happened in one second of a trial with a duration.
type Tick struct {
	Elapsed     time.Duration `json:"elapsed_ns"` // the time from the beginning of the body to the end of the tick
	Ops         int64         `json:"ops"`
	Bytes       int64         `json:"bytes"`
	MinorFaults int64         `json:"minor_faults"`
	MajorFaults int64         `json:"major_faults"`
	DeviceRead  *int64        `json:"device_read"`  // bytes, by everybody
	DeviceWrite *int64        `json:"device_write"` //
	Shootdowns  *int64        `json:"shootdowns"`   // TLB, of the host; x86 only
}

// Check is the proof that the trial moved the right bytes.
type Check struct {
	OK   bool   `json:"ok"`
	Got  string `json:"got"`  // sum of the words consumed, or the fault found in the file written
	Want string `json:"want"` // the same computed from the dataset's definition, without any file
}

// Leftover is a process that outlived the command that started it.
type Leftover struct {
	PID  int    `json:"pid"`
	Name string `json:"name"` // proc_pid_comm(5)
	// Runs: it has a session of its own, as a daemon has, and was let go.
	Runs bool `json:"runs,omitempty"`
}

// Kinds of trial errors.
const (
	ErrorBytes   = "wrong-bytes" // ends the run
	ErrorSIGBUS  = "sigbus"
	ErrorPanic   = "panic"
	ErrorKilled  = "killed"
	ErrorTimeout = "timeout"
	ErrorIO      = "io"
	ErrorWorker  = "worker"  // the worker process itself failed
	ErrorCommand = "command" // the user's command failed
	// ErrorWorkload is a workload that does other work than it is credited with.
	ErrorWorkload = "workload"
)

// TrialError is why a trial has no measurement.
type TrialError struct {
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	Errno string `json:"errno,omitempty"` // the name of the kernel's error, such as ENOSPC
	Said  string `json:"said,omitempty"`  // the last words of the program that failed
	Stack string `json:"stack,omitempty"` // a panic's stack, with its lines
}

func (e *TrialError) Error() string { return e.Text }

// Resume is the line that a resumed run begins with.
type Resume struct {
	Type    string     `json:"type"` // LineResume
	Tool    Tool       `json:"tool"`
	Command []string   `json:"command"`
	Started time.Time  `json:"started"`
	Host    host.Facts `json:"host"`
}

// How a run may have ended.
const (
	EndComplete    = "complete"    // every round
	EndBudget      = "budget"      // the time was used up between two rounds
	EndDecided     = "decided"     // a gate: every comparison was, at a look
	EndInterrupted = "interrupted" // the user ended it
	EndError       = "error"       // Reason says which
)

// End is the last line of a run that ended by itself. A file without it was
// cut short; its trials are as good as any.
type End struct {
	Type   string    `json:"type"` // LineEnd
	Status string    `json:"status"`
	Reason string    `json:"reason,omitempty"`
	Said   string    `json:"said,omitempty"` // the last words of the program that failed
	Ended  time.Time `json:"ended"`
	Trials int       `json:"trials"` // how many the whole file has
}

// Run is a run file as read.
type Run struct {
	Header  Header
	Resumes []Resume
	Dropped []Dropped
	Trials  []Trial
	End     *End // null: the run was cut short
	// Torn is set when the last line was cut in the middle, as by kill -9
	// during a write; that line is not in Trials.
	Torn bool
}

// Each goes through the trials in the order of the file, as a stream of them does.
func (r *Run) Each() iter.Seq2[*Trial, error] {
	return func(yield func(*Trial, error) bool) {
		for i := range r.Trials {
			if !yield(&r.Trials[i], nil) {
				return
			}
		}
	}
}

// Total returns the time of one lap, the headline: Lap, or where the file does not have
// that, the time of the mean lap.
func (t *Trial) Total() time.Duration {
	if t.Laps == 0 || t.Lap > 0 {
		return t.Lap
	}
	return t.Timed() / time.Duration(t.Laps)
}

// Timed returns the time of all laps together.
func (t *Trial) Timed() (sum time.Duration) {
	for _, p := range t.Phases() {
		if p.Phase != nil {
			sum += p.Wall
		}
	}
	return sum
}

// NamedPhase is a phase with its name.
type NamedPhase struct {
	Name string
	*Phase
}

// PhaseNames lists the phases in the order in which they happen.
var PhaseNames = []string{"setup", "body", "sync", "teardown"}

// WholeLap stands in the place of a phase for counters of a lap as a whole.
const WholeLap = "lap"

// Phases returns the trial's four phases in order; absent ones are nil.
func (t *Trial) Phases() []NamedPhase {
	return []NamedPhase{{"setup", t.Setup}, {"body", t.Body}, {"sync", t.Sync}, {"teardown", t.Teardown}}
}

// Exclusion says in words why the trial is left out of summaries, with the reasons
// of its cache state: "not cold: 300 of 16384 pages …".
func (t *Trial) Exclusion() string {
	text := reason.Reason{Code: t.Excluded}.String()
	if t.Cache != nil && len(t.Cache.Reasons) > 0 {
		text += ": " + reason.Words(t.Cache.Reasons)
	}
	return text
}

// Usable reports whether the trial belongs in summaries.
func (t *Trial) Usable() bool { return t.Error == nil && t.Excluded == "" && t.Laps > 0 }

// Reflink is what a copy is called that shares the blocks of its source, and the backend
// that makes nothing else.
const Reflink = "reflink"

// Reflink reports whether the trial's copy shares blocks of its source.
func (t *Trial) Reflink() bool { return t.Counted["shared-bytes"] > 0 }
