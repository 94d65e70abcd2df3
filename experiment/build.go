package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"mmapbench/internal/units"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/target"
	"mmapbench/workloads"
)

// autoSizes are tried from large to small until the rounds fit the budget.
// Below 4 MiB the file would fit into a processor's cache.
var autoSizes = []int64{256 << 20, 128 << 20, 64 << 20, 32 << 20, 16 << 20, 8 << 20, 4 << 20}

// Validate reports what is wrong with an experiment of workloads, whatever the targets.
func (e *Experiment) Validate(c workloads.Catalogue) error {
	if e.IsExec() {
		return nil
	}
	_, err := e.grids(c)
	return err
}

// Build makes the plan of an experiment, whole: of a gate, of commands, which have no
// sites, or of workloads on the given targets.
func Build(e *Experiment, c workloads.Catalogue, sites []target.Site) (*results.Plan, error) {
	if e.Gate != nil {
		return e.buildGate(c, sites)
	}
	return e.buildArms(c, sites)
}

// buildArms makes the plan without regard to the sides of a gate.
func (e *Experiment) buildArms(c workloads.Catalogue, sites []target.Site) (*results.Plan, error) {
	if e.IsExec() {
		return e.buildExec()
	}
	grids, err := e.grids(c)
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
		roomy := p.Expected <= p.Budget || p.Budget == 0 || p.Duration > 0
		if i == len(autoSizes)-1 || !usesAuto(grids) || roomy && fitsSpace(p, c, sites) == nil {
			return p, errors.Join(fitsSpace(p, c, sites))
		}
	}
	panic("unreachable: autoSizes is not empty")
}

// grid is a full product of levels, all of them read and checked.
type grid struct {
	workloads  []workloads.Workload
	backends   []choice
	sizes      []int64 // 0: auto, -n: an nth of it
	records    []int64
	ops        []int64
	consumers  List
	caches     List
	durability List
}

type choice struct {
	backend backend.Backend
	options backend.Options
	name    string // canonical
}

func usesAuto(grids []grid) bool {
	return slices.ContainsFunc(grids, func(g grid) bool { return slices.Min(g.sizes) <= 0 })
}

func (e *Experiment) grids(c workloads.Catalogue) ([]grid, error) {
	factors := e.Grid
	if len(factors) == 0 {
		factors = []Factors{{}}
	}
	all := Defaults
	all.Workload = c.WorkloadNames()
	var out []grid
	for i, f := range factors {
		g, err := newGrid(c, f.inherit(e.Factors).inherit(all).states(e.DropCaches))
		if err != nil && len(e.Grid) > 1 {
			err = fmt.Errorf("grid %d: %w", i+1, err)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, idleOps(out)
}

// idleOps refuses a number of accesses that no workload would take: whoever gave one
// expects trials of that length.
func idleOps(grids []grid) error {
	counted := func(g grid) bool { return slices.ContainsFunc(g.ops, func(n int64) bool { return n > 0 }) }
	takes := func(w workloads.Workload) bool { return w.Info().Sampled }
	i := slices.IndexFunc(grids, counted)
	if i < 0 || slices.ContainsFunc(grids, func(g grid) bool { return slices.ContainsFunc(g.workloads, takes) }) {
		return nil
	}
	return fmt.Errorf("ops: %s goes through the whole file, whatever number of accesses is given: choose the size of the file instead, or a workload with random accesses",
		grids[i].workloads[0].Info().Name)
}

func newGrid(c workloads.Catalogue, f Factors) (g grid, err error) {
	for _, name := range f.Workload {
		w, err := c.Workload(name)
		if err != nil {
			return g, keyed("workload", err)
		}
		g.workloads = append(g.workloads, w)
	}
	for _, text := range f.Backend {
		b, options, err := c.Backend(text)
		if err != nil {
			return g, keyed("backend", err)
		}
		g.backends = append(g.backends, choice{b, options, backend.Join(b.Info().Name, options)})
	}
	var errs [6]error
	g.sizes, errs[0] = f.Size.sizes(true)
	g.records, errs[1] = f.Record.sizes(false)
	g.ops, errs[2] = f.Ops.counts()
	errs[3] = f.Consumer.oneOf("consumer", backend.Consumers)
	errs[4] = f.Cache.oneOf("cache state", results.Caches)
	errs[5] = f.Durability.oneOf("durability", backend.Durabilities)
	for i, key := range []string{"size", "record", "ops", "consumer", "cache", "durability"} {
		errs[i] = keyed(key, errs[i])
	}
	g.consumers, g.caches, g.durability = f.Consumer, f.Cache, f.Durability
	return g, errors.Join(append(errs[:], g.bounded())...)
}

// CheckFactors reports levels that there are not, each as a KeyError.
func CheckFactors(c workloads.Catalogue, f Factors) error {
	_, err := newGrid(c, f.states(false))
	return err
}

// bounded refuses more combinations than any run has time for.
func (g grid) bounded() error {
	n := 1
	for _, levels := range []int{len(g.workloads), len(g.backends), len(g.sizes), len(g.records), len(g.ops),
		len(g.consumers), len(g.caches), len(g.durability)} {
		if n *= max(levels, 1); n > results.MaxArms {
			return fmt.Errorf("the levels make more than %d combinations: name fewer", results.MaxArms)
		}
	}
	return nil
}

// plan expands the grids with one choice for the automatic size.
func (e *Experiment) plan(c workloads.Catalogue, grids []grid, sites []target.Site, auto int64, known answers) (*results.Plan, error) {
	p := &results.Plan{
		Name: e.Name, Seed: DefaultSeed, Rounds: e.Rounds, Budget: time.Duration(e.Budget),
		Measure: results.Measure{Latency: e.Latency, Duration: time.Duration(e.Duration), Cooldown: e.Cooldown}.WithDefaults(),
	}
	if e.Seed != nil {
		p.Seed = *e.Seed
	}
	if p.Rounds == 0 {
		p.Rounds = DefaultRounds
	}
	x := expansion{plan: p, auto: auto, known: known, seen: map[results.Arm]bool{}, out: map[results.LeftOut]bool{}}
	for _, s := range sites {
		p.Targets, p.DataSeed = append(p.Targets, s.Target), s.DataSeed
		p.Calibration = append(p.Calibration, s.Speed)
		for _, g := range grids {
			if err := x.grid(g, s); err != nil {
				return nil, err
			}
		}
	}
	if len(p.Arms) == 0 {
		return nil, x.nothing()
	}
	for i := range p.Arms {
		p.Arms[i].ID = i
	}
	if err := errors.Join(p.Check(), p.CheckNames()); err != nil {
		return nil, err
	}
	estimate(p, c, sites)
	return p, nil
}

type expansion struct {
	plan  *results.Plan
	auto  int64
	known answers
	seen  map[results.Arm]bool
	out   map[results.LeftOut]bool
}

func (x *expansion) nothing() error {
	if len(x.plan.LeftOut) > 0 {
		l, more := x.plan.LeftOut[0], ""
		if n := len(x.plan.LeftOut) - 1; n > 0 {
			more = fmt.Sprintf(" (and %d more left out)", n)
		}
		return fmt.Errorf("nothing is left to run: %s: %s%s", l.Arm, l.Reason, more)
	}
	return errors.New("nothing to run: a factor has no level")
}

func (x *expansion) grid(g grid, s target.Site) error {
	for _, w := range g.workloads {
		for _, size := range g.sizes {
			for _, record := range g.records {
				arm := results.Arm{Target: s.Name, Workload: w.Info().Name, Size: size, Record: record}
				if size <= 0 {
					arm.Size = max(x.auto/max(-size, 1), 4*record)
				}
				if err := checkSizes(arm); err != nil {
					return err
				}
				x.levels(g, s, w, arm)
			}
		}
	}
	return nil
}

// levels expands the factors that may not apply to the workload; those that do
// not are left empty, so that their combinations fall into one arm.
func (x *expansion) levels(g grid, s target.Site, w workloads.Workload, arm results.Arm) {
	kind := w.Info().Kind
	once := List{""}
	consumers, caches, durability := once, once, once
	if kind == workloads.Reads {
		consumers = g.consumers
	}
	if kind.UsesData() {
		caches = g.caches
	}
	if kind.Writes() {
		durability = g.durability
	}
	for _, arm.Cache = range caches {
		for _, arm.Durability = range durability {
			for _, arm.Consumer = range consumers {
				for _, ops := range g.ops {
					arm.Ops = countOps(w.Info(), arm, ops, s.Speed)
					arm.Bytes = bytesOf(w.Info(), arm)
					for _, b := range g.backends {
						arm.Backend = b.name
						x.add(arm, cmp.Or(unfit(w.Info(), arm, x.plan.Duration), x.known.whyNot(kind, b, arm, s)))
					}
				}
			}
		}
	}
}

// bytesOf is what one lap of an arm moves, or more than any plan may.
func bytesOf(w workloads.Info, a results.Arm) int64 {
	accesses := w.AccessesOf(a.Ops, a.Size, a.Record)
	switch {
	case w.Kind.Writes():
		return a.Size
	case accesses > results.MaxBytes/a.Record:
		return math.MaxInt64
	}
	return accesses * a.Record
}

func (x *expansion) add(arm results.Arm, reason error) {
	if reason != nil {
		l := results.LeftOut{Arm: arm.Workload + " by " + arm.Backend, Reason: reason.Error()}
		if arm.Cache != "" {
			l.Arm += ", " + arm.Cache
		}
		if !x.out[l] {
			x.out[l] = true
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
func unfit(w workloads.Info, arm results.Arm, duration time.Duration) error {
	switch {
	case duration > 0 && !w.CanLast():
		return errors.New("it ends where its file ends: a duration is for workloads that read and begin anew")
	case arm.Cache == results.Mapped && w.Kind != workloads.Reads:
		return fmt.Errorf("the cache state %s is for workloads that read: what writes makes new pages anyhow", results.Mapped)
	}
	return nil
}

func checkSizes(a results.Arm) error {
	switch {
	case a.Record > a.Size:
		return fmt.Errorf("record %s is larger than the file of %s: choose a smaller --record or a larger --size",
			units.CompactSize(a.Record), units.CompactSize(a.Size))
	case a.Record%backend.WordBytes != 0:
		return fmt.Errorf("record %d: must be a multiple of %d bytes, the word that is verified", a.Record, backend.WordBytes)
	case a.Size%backend.WordBytes != 0:
		return fmt.Errorf("size %d: must be a multiple of %d bytes, the word that is verified", a.Size, backend.WordBytes)
	case a.Record > results.MaxRecord:
		return fmt.Errorf("record %s: at most %s, it is held in memory", units.CompactSize(a.Record), units.CompactSize(results.MaxRecord))
	case a.Size > results.MaxFile:
		return fmt.Errorf("size %s is too large: at most %s", units.CompactSize(a.Size), units.CompactSize(results.MaxFile))
	}
	return nil
}
