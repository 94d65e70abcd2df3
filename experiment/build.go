package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"mmapbench/internal/reason"
	"mmapbench/internal/units"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/target"
	"mmapbench/workloads"
)

// autoSizes are tried from large to small until the rounds fit the budget.
// Below 4 MiB the file would fit into a processor's cache.
var autoSizes = []int64{256 << 20, 128 << 20, 64 << 20, 32 << 20, 16 << 20, 8 << 20, 4 << 20}

// Validate reports what is wrong with an experiment of workloads, whatever the targets.
func (e *Experiment) Validate(c workloads.Catalogue) error {
	if len(e.Commands) > 0 {
		return nil
	}
	_, err := e.grids(c)
	return err
}

// Build makes the plan of an experiment, whole: of a gate or not, of workloads on the
// given sites, or of commands, which need none.
func Build(e *Experiment, c workloads.Catalogue, sites []target.Site) (*results.Plan, error) {
	if e.Gate != nil {
		return e.buildGate(c, sites)
	}
	return e.buildArms(c, sites)
}

// buildArms makes the plan without regard to the sides of a gate.
func (e *Experiment) buildArms(c workloads.Catalogue, sites []target.Site) (*results.Plan, error) {
	grids, sites, err := e.work(c, sites)
	if err != nil {
		return nil, err
	}
	known := answers{}
	for i, size := range autoSizes {
		p, err := e.plan(c, grids, sites, size, known)
		if err != nil {
			return nil, err
		}
		// Trials with a duration last as long whatever the size, and a cold one
		// ends with its file: the largest is best.
		// A plan whose arms may be dropped has more rounds than are expected of it.
		rounds := p.Rounds
		if p.DropDecided {
			rounds = min(rounds, DefaultRounds)
		}
		roomy := p.Expected/time.Duration(p.Rounds)*time.Duration(rounds) <= p.Budget || p.Budget == 0 || p.Duration > 0
		if i == len(autoSizes)-1 || !usesAuto(grids) || roomy && fitsSpace(p, c, sites) == nil {
			return p, errors.Join(fitsSpace(p, c, sites))
		}
	}
	panic("unreachable: autoSizes is not empty")
}

// work is what is tried, and where. Commands are run where the user is.
func (e *Experiment) work(c workloads.Catalogue, sites []target.Site) ([]grid, []target.Site, error) {
	if len(e.Commands) == 0 {
		grids, err := e.grids(c)
		return grids, sites, err
	}
	g, err := e.commandGrid()
	return []grid{g}, []target.Site{here(e.Files)}, err
}

type choice struct {
	backend backend.Backend
	options backend.Options
	name    string // canonical
}

// choose reads a backend with its options.
func choose(c workloads.Catalogue, text string) (choice, error) {
	b, options, err := c.Backend(text)
	if err != nil {
		return choice{}, err
	}
	return choice{b, options, backend.Join(b.Info().Name, options)}, nil
}

// plan expands the grids with one choice for the automatic size.
func (e *Experiment) plan(c workloads.Catalogue, grids []grid, sites []target.Site, auto int64,
	known answers) (*results.Plan, error) {
	p := e.newPlan()
	x := expansion{plan: p, sites: sites, auto: auto, known: known, seen: map[results.Arm]bool{},
		out: map[string]bool{}}
	for _, g := range grids {
		if p.Commands = append(p.Commands, g.commands...); len(g.commands) > 0 {
			p.Latency, p.PhaseCounters = "off", false // neither accesses nor phases are known
		}
	}
	for _, s := range sites {
		p.Targets, p.DataSeed = append(p.Targets, s.Target), s.DataSeed
		if s.Speed.Target != "" {
			p.Calibration = append(p.Calibration, s.Speed)
		}
		for _, g := range grids {
			err := g.each(results.Arm{Target: s.Name}, func(a results.Arm) error { return x.arm(g, s, a) })
			if err != nil {
				return nil, err
			}
		}
	}
	if len(p.Arms) == 0 {
		return nil, x.nothing()
	}
	if c.Trace != nil && slices.ContainsFunc(p.Arms, results.Arm.Replays) {
		p.Trace = c.Trace.Summary()
	}
	return p, finish(p, c, sites)
}

// newPlan is a plan without targets and arms.
func (e *Experiment) newPlan() *results.Plan {
	p := &results.Plan{
		Name: e.Name, Seed: DefaultSeed, Rounds: cmp.Or(e.Rounds, DefaultRounds), Budget: time.Duration(e.Budget),
		Measure: e.Measure.WithDefaults(), DropDecided: e.DropDecided,
	}
	if p.ColdLaps == 1 {
		p.ColdLaps = 0 // the same, and known to older workers
	}
	if e.Seed != nil {
		p.Seed = *e.Seed
	}
	return p
}

// finish numbers the arms of a plan and fills in what the plan will read, write and take.
func finish(p *results.Plan, c workloads.Catalogue, sites []target.Site) error {
	for i := range p.Arms {
		p.Arms[i].ID = i
	}
	if err := errors.Join(p.Check(), p.CheckNames()); err != nil {
		return err
	}
	estimate(p, c, sites)
	return nil
}

type expansion struct {
	plan  *results.Plan
	sites []target.Site // all of them
	auto  int64
	known answers
	seen  map[results.Arm]bool
	out   map[string]bool // an arm in words, and why it is left out
}

func (x *expansion) nothing() error {
	if len(x.plan.LeftOut) > 0 {
		l, more := x.plan.LeftOut[0], ""
		if n := len(x.plan.LeftOut) - 1; n > 0 {
			more = fmt.Sprintf(" (and %d more left out)", n)
		}
		return fmt.Errorf("nothing is left to run: %s: %s%s", l.Arm, l.Why, more)
	}
	return errors.New("nothing to run: a factor has no level")
}

// arm adds an arm, of which rules are replaced by numbers, or leaves it out.
func (x *expansion) arm(g grid, s target.Site, a results.Arm) error {
	w := g.workloads[a.Workload].Info()
	switch {
	case w.Kind == workloads.Runs: // how much a command moves is not known
		a.Ops = 1
		x.add(a, nil)
		return nil
	case w.Shape != nil:
		a.Size, a.Record = w.Shape.Size, w.Shape.Record
	}
	if a.Size <= 0 {
		a.Size = min(max(x.auto/max(-a.Size, 1), 4*a.Record), x.syncedSize(a))
	}
	if err := checkSizes(w, a); err != nil {
		return err
	}
	a.Ops = x.countOps(w, a)
	a.Bytes = bytesOf(w, a)
	x.add(a, cmp.Or(unfit(w, a, x.plan.Duration), x.known.whyNot(w, g.backends[a.Backend], a, s)))
	return nil
}

// syncedSize bounds the automatic size of an arm that is synced between records, where it
// is the syncs that take the time: as many as fit into syncTime on the slowest target.
func (x *expansion) syncedSize(a results.Arm) int64 {
	every := a.SyncEvery()
	if every == 0 {
		return math.MaxInt64
	}
	syncs := int64(maxSyncs)
	for _, s := range x.sites {
		if t := schedule.SyncTime(s.Speed); t > 0 {
			syncs = min(syncs, max(int64(syncTime/t), minSyncs))
		}
	}
	return 1 << (bits.Len64(uint64(syncs)) - 1) * every * a.Record
}

// countOps is the number of accesses that suits the slowest target, and the same for
// all: arms of different lengths could not be compared.
func (x *expansion) countOps(w workloads.Info, a results.Arm) int64 {
	n := countOps(w, a, a.Ops, x.sites[0].Speed)
	for _, s := range x.sites[1:] {
		n = min(n, countOps(w, a, a.Ops, s.Speed))
	}
	return n
}

// bytesOf is what one lap of an arm moves, or more than any plan may.
func bytesOf(w workloads.Info, a results.Arm) int64 {
	accesses := w.AccessesOf(a.Ops, a.Size, a.Record)
	switch {
	case w.Shape != nil:
		return w.Shape.Bytes
	case w.Kind.Writes():
		return a.Size
	case accesses > results.MaxBytes/a.Record:
		return math.MaxInt64
	}
	return accesses * a.Record
}

func (x *expansion) add(arm results.Arm, why *reason.Reason) {
	if why != nil {
		l := results.LeftOut{Arm: arm.Workload + " by " + arm.Backend, Why: *why}
		if arm.Cache != "" {
			l.Arm += ", " + arm.Cache
		}
		if said := fmt.Sprint(l); !x.out[said] {
			x.out[said] = true
			x.plan.LeftOut = append(x.plan.LeftOut, l)
		}
		return
	}
	if !x.seen[arm] {
		x.seen[arm] = true
		x.plan.Arms = append(x.plan.Arms, arm)
	}
}

// unfit says why a workload cannot be tried, whatever the backend.
func unfit(w workloads.Info, arm results.Arm, duration time.Duration) *reason.Reason {
	switch {
	case duration > 0 && !w.CanLast():
		return &reason.Reason{Code: reason.EndsWithFile}
	case arm.Cache == results.Mapped && w.Kind != workloads.Reads:
		return &reason.Reason{Code: reason.MappedWrites}
	case arm.Cache == results.Mapped && w.Split:
		return &reason.Reason{Code: reason.MappedAnew}
	case arm.Sync != "" && w.Kind == workloads.Copies:
		return &reason.Reason{Code: reason.CopySyncs}
	case arm.Sync != "" && arm.Durability == string(backend.None):
		return &reason.Reason{Code: reason.SyncsNothing}
	}
	if w.Fits != nil {
		if err := w.Fits(arm.Size, arm.Record); err != nil {
			return &reason.Reason{Code: reason.WorkloadCannot, Detail: err.Error()}
		}
	}
	return nil
}

func checkSizes(w workloads.Info, a results.Arm) error {
	switch most := target.MostFiles(); {
	case a.Record > a.Size:
		return fmt.Errorf("record %s is larger than the file of %s: choose a smaller --record or a larger --size",
			units.CompactSize(a.Record), units.CompactSize(a.Size))
	case a.Record%backend.WordBytes != 0:
		return fmt.Errorf("record %d: must be a multiple of %d bytes, the word that is verified", a.Record,
			backend.WordBytes)
	case a.Size%backend.WordBytes != 0:
		return fmt.Errorf("size %d: must be a multiple of %d bytes, the word that is verified", a.Size,
			backend.WordBytes)
	case a.Record > results.MaxRecord:
		return fmt.Errorf("record %s: at most %s, it is held in memory", units.CompactSize(a.Record),
			units.CompactSize(results.MaxRecord))
	case a.Size > results.MaxFile:
		return fmt.Errorf("size %s is too large: at most %s", units.CompactSize(a.Size),
			units.CompactSize(results.MaxFile))
	case w.Split && a.Size/a.Record > most:
		return fmt.Errorf("size %s in files of %s: at most %d files can be read (hard limit of ulimit -n: all are "+
			"open at once); choose a smaller --size or a larger --record", units.CompactSize(a.Size),
			units.CompactSize(a.Record), most)
	}
	return nil
}
