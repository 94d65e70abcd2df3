// Package experiment turns a question into a plan: factors into arms, arms
// into rounds that fit a budget.
//
// Everything is decided, checked and said before the first byte is written. A plan
// is a value, and the harness carries the plan out.
package experiment

import (
	"fmt"
	"maps"
	"time"

	"mmapbench/results"
)

// Experiment is a question: which factors, how often, for how long. Its keys
// in a TOML file are the names of the flags.
type Experiment struct {
	Name   string   `toml:"name"`
	About  string   `toml:"about"`
	Budget Duration `toml:"budget"` // the time that the whole run may take; 0: no limit
	Rounds int      `toml:"rounds"` // the most rounds; 0: DefaultRounds
	Seed   *uint64  `toml:"seed"`   // nil: DefaultSeed
	// DropDecided leaves arms out of further rounds when what they are compared for is
	// decided.
	DropDecided bool              `toml:"drop-decided"`
	DropCaches  bool              `toml:"drop-caches"` // every cold is drop-caches
	Target      map[string]string `toml:"target"`      // name -> directory
	Trace       string            `toml:"trace"`       // the file with the accesses that replay makes
	Label       map[string]string `toml:"label"`       // what is said of the run; see results.Labels

	Exec  map[string]string `toml:"exec"` // name -> command, instead of workloads
	Files List              `toml:"file"` // the files of the commands whose cache state is set
	Way                     // how the commands are run

	// Commands are those of Exec, by name, or of the command line, in its order.
	Commands []results.Command
	// Gate makes two sides of the work, which are compared; nil: there are none.
	Gate *results.Gate

	// Measure is how trials are measured; a file has its fields by the keys of
	// results.Options.
	results.Measure

	Factors           // what every grid holds, unless it says otherwise
	Grid    []Factors // each a full product; none: one of the Factors above
}

// Values that are used where an experiment is silent.
const (
	DefaultRounds = 12     // the first look of a verdict; an interval of the median needs 6
	DefaultSeed   = 1      // so that a run can be repeated without being told how
	Auto          = "auto" // chosen by the device's speed and the budget
	All           = "all"  // one access for each record
)

// Warm is another word for the cache state cached.
const Warm = "warm"

// Replace puts the given levels in the place of the experiment's own, in every
// grid. Grids without any of the given workloads are left out, and a given
// workload that no grid has gets one of its own.
func (e *Experiment) Replace(given Factors) {
	base := given.inherit(e.Factors)
	if len(e.Grid) == 0 {
		e.Factors = base
		return
	}
	wanted := given["workload"]
	given = maps.Clone(given)
	delete(given, "workload")
	var grids []Factors
	covered := map[string]bool{}
	for _, g := range e.Grid {
		own := g["workload"].or(e.Factors["workload"])
		if len(wanted) > 0 {
			own = own.and(wanted)
		}
		if len(own) == 0 && len(wanted) > 0 {
			continue
		}
		for _, w := range own {
			covered[w] = true
		}
		g = given.inherit(g)
		g["workload"] = own
		grids = append(grids, g)
	}
	for _, w := range wanted {
		if !covered[w] {
			g := maps.Clone(base)
			g["workload"] = List{w}
			grids = append(grids, g)
		}
	}
	e.Grid = grids
}

// List is a list of levels. In a file it may also be a single string.
type List []string

// UnmarshalText reads the single string.
func (l *List) UnmarshalText(b []byte) error {
	*l = List{string(b)}
	return nil
}

// Duration is a time.Duration as "90s" or "2m30s".
type Duration time.Duration

// UnmarshalText reads a duration, which must be positive.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("duration %q: want a number with a unit, such as 90s or 2m", b)
	}
	if v <= 0 {
		return fmt.Errorf("duration %q: must be more than nothing", b)
	}
	*d = Duration(v)
	return nil
}
