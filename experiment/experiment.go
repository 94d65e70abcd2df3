// Package experiment turns a question into a plan: factors into arms, arms
// into rounds that fit a budget.
//
// Its attitude: everything is decided, checked and said before the first byte
// is written. A plan is a value; to carry it out is the harness's work.
package experiment

import (
	"fmt"
	"time"

	"mmapbench/results"
)

// Experiment is a question: which factors, how often, for how long. Its keys
// in a TOML file are the names of the flags.
type Experiment struct {
	Name       string            `toml:"name"`
	About      string            `toml:"about"`
	Budget     Duration          `toml:"budget"`      // for the whole run; 0: none
	Rounds     int               `toml:"rounds"`      // at most; 0: DefaultRounds
	Seed       *uint64           `toml:"seed"`        // nil: DefaultSeed
	DropCaches bool              `toml:"drop-caches"` // every cold is drop-caches
	Latency    string            `toml:"latency"`     // of single accesses: auto, on or off
	Duration   Duration          `toml:"duration"`    // of a trial that reports by the second
	Cooldown   float64           `toml:"cooldown"`    // °C above which no round begins
	Target     map[string]string `toml:"target"`      // name -> directory

	Exec  map[string]string `toml:"exec"` // name -> command, instead of workloads
	Files List              `toml:"file"` // of the commands: those whose cache state is set
	Way                     // how the commands are run

	// Commands are those of Exec, by name, or of the command line, in its order.
	Commands []results.Command `toml:"-"`
	// Gate makes two sides of the work, which are compared; nil: there are none.
	Gate *results.Gate `toml:"-"`

	Factors           // what every grid holds, unless it says otherwise
	Grid    []Factors `toml:"grid"` // each a full product; none: one of the Factors above
}

// Factors are lists of levels; every combination becomes an arm. An empty list
// is inherited from the experiment, then from [Defaults].
type Factors struct {
	Workload   List `toml:"workload"`
	Backend    List `toml:"backend"`
	Size       List `toml:"size"`   // sizes, or "auto"
	Record     List `toml:"record"` // sizes
	Ops        List `toml:"ops"`    // counts, "all" or "auto"
	Consumer   List `toml:"consumer"`
	Cache      List `toml:"cache"`
	Durability List `toml:"durability"`
}

// Values that are used where an experiment is silent.
const (
	DefaultRounds = 12     // the first look of a verdict; an interval of the median needs 6
	DefaultSeed   = 1      // so that a run can be repeated without being told how
	Auto          = "auto" // chosen by the device's speed and the budget
	All           = "all"  // as many accesses as there are records
)

// Warm is another word for the cache state cached.
const Warm = "warm"

// Defaults are the levels of factors that nothing else names.
var Defaults = Factors{
	Backend:    List{"pread", "mmap"},
	Size:       List{Auto},
	Record:     List{"64k"},
	Ops:        List{Auto},
	Consumer:   List{"sum"},
	Cache:      List{results.Cold, results.Cached},
	Durability: List{"none"},
}

// Replace puts the given levels in the place of the experiment's own, in every
// grid. Grids without any of the given workloads are left out, and a given
// workload that no grid has gets one of its own.
func (e *Experiment) Replace(given Factors) {
	base := given.inherit(e.Factors)
	if len(e.Grid) == 0 {
		e.Factors = base
		return
	}
	wanted := given.Workload
	given.Workload = nil
	var grids []Factors
	covered := map[string]bool{}
	for _, g := range e.Grid {
		own := g.Workload.or(e.Workload)
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
		g.Workload = own
		grids = append(grids, g)
	}
	for _, w := range wanted {
		if !covered[w] {
			base.Workload = List{w}
			grids = append(grids, base)
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
