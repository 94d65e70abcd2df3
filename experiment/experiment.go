package experiment

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"mmapbench/internal/units"
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

	// Commands are those of Exec, by name, or of the command line, in its order.
	Commands []results.Command `toml:"-"`

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
	DefaultRounds   = 12                    // the first look of a verdict; an interval of the median needs 6
	DefaultSeed     = 1                     // so that a run can be repeated without being told how
	DefaultMinTrial = 20 * time.Millisecond // below it, timer ticks and interrupts show
	Auto            = "auto"                // chosen by the device's speed and the budget
	All             = "all"                 // as many accesses as there are records
)

// LatencyModes says whether single accesses are timed: always, never, or where
// and as often as it costs less than 1 %.
var LatencyModes = []string{"auto", "on", "off"}

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

//go:embed studies/*.toml
var studies embed.FS

// Builtin lists the names of the experiments that come with the program.
func Builtin() []string { return []string{Quick, "full"} }

// Quick is the built-in experiment of a run that is told nothing else.
const Quick = "quick"

// Commands is the built-in experiment that runs the commands of the command line.
const Commands = "exec"

// GateWork is the built-in experiment of a gate that is told nothing else.
const GateWork = "gate"

// Load returns a built-in experiment by name, or reads a file when the name
// has a slash or ends in .toml.
func Load(name string) (*Experiment, error) {
	if strings.Contains(name, "/") || strings.HasSuffix(name, ".toml") {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read experiment: %w", err)
		}
		return Parse(name, b)
	}
	if name != Commands && name != GateWork && !slices.Contains(Builtin(), name) {
		return nil, fmt.Errorf("%w; a file's name ends in .toml", units.Unknown("experiment", name, Builtin()))
	}
	b, err := studies.ReadFile(path.Join("studies", name+".toml"))
	if err != nil {
		return nil, fmt.Errorf("read built-in experiment: %w", err)
	}
	return Parse(name+".toml", b)
}

// Parse reads an experiment from TOML. Unknown keys are errors with their line
// and column, and the nearest right key.
func Parse(name string, text []byte) (*Experiment, error) {
	e := &Experiment{}
	dec := toml.NewDecoder(strings.NewReader(string(text))).DisallowUnknownFields()
	if err := dec.Decode(e); err != nil {
		return nil, explain(name, err)
	}
	if e.Name == "" {
		e.Name = strings.TrimSuffix(path.Base(name), ".toml")
	}
	for _, n := range slices.Sorted(maps.Keys(e.Exec)) {
		e.Commands = append(e.Commands, results.Command{Name: n, Line: e.Exec[n]})
	}
	return e, e.Check(name)
}

// Check reports values that no run could have. name is where they were given.
func (e *Experiment) Check(name string) error {
	if e.Rounds < 0 || e.Rounds > math.MaxInt32 {
		return fmt.Errorf("%s: rounds = %d: must be at least 1", name, e.Rounds)
	}
	if e.Cooldown < 0 || e.Cooldown > 150 {
		return fmt.Errorf("%s: cooldown = %v: want a temperature in degrees Celsius", name, e.Cooldown)
	}
	if e.Latency != "" {
		if err := (List{e.Latency}).oneOf("latency mode", LatencyModes); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// explain turns the decoder's errors into file:line:column and a remedy.
func explain(name string, err error) error {
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		var all []error
		for _, d := range strict.Errors {
			row, col := d.Position()
			key := d.Key()
			all = append(all, fmt.Errorf("%s:%d:%d: %w", name, row, col,
				units.Unknown("key", key[len(key)-1], keys(len(key) > 1 && key[0] == "grid"))))
		}
		return errors.Join(all...)
	}
	if d, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, col := d.Position()
		return fmt.Errorf("%s:%d:%d: %w", name, row, col, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// keys lists the keys that a file may hold, or those of a grid.
func keys(grid bool) []string {
	t := reflect.TypeFor[Experiment]()
	if grid {
		t = reflect.TypeFor[Factors]()
	}
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		if tag := f.Tag.Get("toml"); tag != "" {
			names = append(names, tag)
		}
	}
	return names
}
