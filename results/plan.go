package results

import (
	"fmt"
	"strings"
	"time"

	"mmapbench/internal/reason"
	"mmapbench/internal/trace"
)

// Plan is a list of arms and how often each is to be tried.
type Plan struct {
	Name     string        `json:"name"`      // the experiment's name
	Seed     uint64        `json:"seed"`      // what the order and the access patterns follow from
	DataSeed uint64        `json:"data_seed"` // what the dataset's content follows from
	Rounds   int           `json:"rounds"`    // the most there can be
	Budget   time.Duration `json:"budget_ns"` // the time that the rounds may take; 0: no limit
	Measure
	// DropDecided leaves arms out of further rounds when what they are compared for is
	// decided, and says so in the file: see Dropped.
	DropDecided bool           `json:"drop_decided,omitempty"`
	Gate        *Gate          `json:"gate,omitempty"`     // null: the arms are not sides of one thing
	Commands    []Command      `json:"commands,omitempty"` // what the arms with the workload Exec run
	Trace       *trace.Summary `json:"trace,omitempty"`    // what the arms with the workload Replay make again
	Targets     []Target       `json:"targets"`            //
	Arms        []Arm          `json:"arms"`               // Arms[i].ID == i
	LeftOut     []LeftOut      `json:"left_out,omitempty"` // combinations that were asked for and do not fit
	ReadBytes   int64          `json:"read_bytes"`         // expected from the devices in all rounds
	// WriteBytes is the most that is written to the devices in all rounds, the dataset included.
	WriteBytes  int64         `json:"write_bytes"`
	Expected    time.Duration `json:"expected_ns"`           // the time of all rounds, estimated beforehand
	Calibration []Calibration `json:"calibration,omitempty"` // what the estimate rests on, per target
}

// Target is a named directory on a device.
type Target struct {
	Name string `json:"name"`
	Dir  string `json:"dir"`
}

// Gate says that the arms are two sides of the same work, the base twice, and
// how they are judged: fixed before the first round.
type Gate struct {
	Factor    string       `json:"factor"` // what the sides differ in: GateBinary, or a factor of the arms
	Base      string       `json:"base"`   // a binary, a target's folder, a backend, a command
	New       string       `json:"new"`
	Looks     []int        `json:"looks"` // rounds after which it may be decided
	Metrics   []GateMetric `json:"metrics"`
	Tolerance float64      `json:"tolerance"` // holds for metrics that have none of their own
}

// Key is what the arms of all sides share, and the level in which those of the base
// and the new side differ; "" where they differ in their binary.
func (g *Gate) Key(a Arm) (key Arm, level string) {
	key = a.Without()
	key.Side = ""
	f, err := FactorOf(g.Factor)
	if err != nil { // two binaries
		return key, ""
	}
	return key.Without(f), f.Text(&a)
}

// Work is what the arms that are compared with an arm share with it: in a gate the work
// of its sides, and otherwise all but the backend.
func (p *Plan) Work(a Arm) Arm {
	if p.Gate != nil {
		key, _ := p.Gate.Key(a)
		return key
	}
	work := a.Without()
	work.Backend = ""
	return work
}

// GateMetric is what is judged by.
type GateMetric struct {
	Name      string  `json:"name"`
	Tolerance float64 `json:"tolerance"` // a share: 0.05 lets a slowdown of 5 % pass
}

// What the sides of a gate may differ in.
const (
	GateBinary  = "binary"
	GateTarget  = "target"
	GateBackend = "backend"
	GateExec    = "exec"
)

// Exec is the workload of arms that run a command of the user's. Such an arm's
// backend is the command's name.
const Exec = "exec"

// Replay is the workload of arms that make the accesses of a trace. It may have options.
const Replay = "replay"

// Replays reports whether an arm makes the accesses of the plan's trace.
func (a Arm) Replays() bool {
	name, _, _ := strings.Cut(a.Workload, ":")
	return name == Replay
}

// Command is a program of the user's that is measured as a whole.
type Command struct {
	Name  string   `json:"name"`
	Line  string   `json:"line"`            // the line that was given
	Files []string `json:"files,omitempty"` // whose cache state the arm names
	Way   Way      `json:"way,omitzero"`    // missing in files of older versions
}

// Way is how a command is run. The zero value is that of older versions.
type Way struct {
	// Shell runs the line. NoShell says that none was needed; a file of an older version has "".
	Shell     string        `json:"shell,omitempty"`
	Output    string        `json:"output,omitempty"`     // one of Outputs; "": as OutputPipe, in an older version
	ExitCodes []int         `json:"exit_codes,omitempty"` // that are no failure; none: 0 alone
	Limit     time.Duration `json:"limit_ns,omitempty"`   // the longest time it may take; 0: none of its own
	Prepare   string        `json:"prepare,omitempty"`    // a command that is run before each trial, untimed
	Conclude  string        `json:"conclude,omitempty"`   // and after it
}

// NoShell stands for no shell.
const NoShell = "none"

// Where a command's output goes.
const (
	OutputPipe    = "pipe"    // a pipe, which is emptied without a copy
	OutputNull    = "null"    // /dev/null
	OutputFile    = "file"    // a file without a name in the folder for temporary files
	OutputInherit = "inherit" // the output of this program
)

// Outputs lists them.
var Outputs = []string{OutputPipe, OutputNull, OutputFile, OutputInherit}

// CommandOf returns the command of an arm whose workload is Exec.
func (p *Plan) CommandOf(a Arm) (Command, error) {
	for _, c := range p.Commands {
		if c.Name == a.Backend {
			return c, nil
		}
	}
	return Command{}, fmt.Errorf("the plan has no command called %q", a.Backend)
}

// LeftOut is a combination of factors that is not tried, and why.
type LeftOut struct {
	Arm    string        `json:"arm"`
	Why    reason.Reason `json:"why"`
	Reason string        `json:"reason,omitempty"` // the same as a sentence, in older files; empty once read
}

// Calibration is a target's speed as tried before planning: a rough figure to
// choose sizes by, never a result.
type Calibration struct {
	Target       string   `json:"target"`
	ColdScan     float64  `json:"cold_scan_bytes_per_s"`
	ColdAccess   float64  `json:"cold_access_s"` // one random access
	WarmScan     float64  `json:"warm_scan_bytes_per_s"`
	DurableWrite float64  `json:"durable_write_bytes_per_s"`
	DurableSync  float64  `json:"durable_sync_s,omitempty"` // a small write and its fdatasync; 0: not tried
	DirectScan   *float64 `json:"direct_scan_bytes_per_s"`  // past the page cache; null where that is not possible
}

// Cache states that an arm may ask for.
const (
	Cold       = "cold"        // nothing of the file in the page cache
	Cached     = "cached"      // all of it in the page cache, mapped by nobody
	Mapped     = "mapped"      // the page tables populated as well, by an untimed pass
	DropCaches = "drop-caches" // cold, after dropping every cache of the host (root)
	DeviceCold = "device-cold" // cold, and shown that the layer below caches nothing
)

// Caches lists them.
var Caches = []string{Cold, Cached, Mapped, DropCaches, DeviceCold}

// IsCold reports whether a cache state means that the device must be read.
func IsCold(cache string) bool {
	return cache == Cold || cache == DropCaches || cache == DeviceCold
}

// Arm is one choice of every factor. A factor that does not apply to the
// workload is empty or 0.
type Arm struct {
	ID         int    `json:"id"`
	Target     string `json:"target"`
	Workload   string `json:"workload"`
	Backend    string `json:"backend"` // the canonical name, with options
	Size       int64  `json:"size"`    // bytes of the file, or of a command's files together
	Record     int64  `json:"record"`  // bytes of one access
	Ops        int64  `json:"ops"`     // accesses of one lap
	Bytes      int64  `json:"bytes"`   // bytes the application reads, copies or appends in one lap
	Consumer   string `json:"consumer,omitempty"`
	Cache      string `json:"cache,omitempty"`
	Durability string `json:"durability,omitempty"`
	Sync       string `json:"sync,omitempty"` // "" where an arm that writes syncs at the end; see ParseSync
	Side       string `json:"side,omitempty"` // a gate's: SideBase, SideControl, SideNew
}

// Sides of a gate.
const (
	SideBase    = "base"
	SideControl = "control" // the base once more
	SideNew     = "new"
)
