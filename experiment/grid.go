package experiment

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"mmapbench/results"
	"mmapbench/workloads"
)

// grid is a full product of levels, all of them read and checked.
type grid struct {
	levels    map[string][]level // the key is that of the factor
	workloads map[string]workloads.Workload
	backends  map[string]choice // the key is the canonical name
	commands  []results.Command // those that are run, if any are
}

func (e *Experiment) grids(c workloads.Catalogue) ([]grid, error) {
	factors := e.Grid
	if len(factors) == 0 {
		factors = []Factors{{}}
	}
	var out []grid
	for i, f := range factors {
		f = f.inherit(e.Factors).inherit(defaults())
		f["cache"] = f["cache"].states(e.DropCaches)
		g, err := newGrid(c, f)
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

// newGrid reads the levels. There is one error for each factor with a wrong level.
func newGrid(c workloads.Catalogue, f Factors) (grid, error) {
	g := grid{levels: map[string][]level{}, workloads: map[string]workloads.Workload{}, backends: map[string]choice{}}
	var errs []error
	for _, factor := range results.Listed() {
		for _, text := range f[factor.Key] {
			l, err := readLevel(c, factor, text)
			if err != nil {
				errs = append(errs, keyed(factor.Key, err))
				break
			}
			g.levels[factor.Key] = append(g.levels[factor.Key], l)
		}
	}
	for _, l := range g.levels["workload"] {
		g.workloads[l.word], _ = c.Workload(l.word) // its name was checked
	}
	for _, l := range g.levels["backend"] {
		g.backends[l.word], _ = choose(c, l.word)
	}
	return g, errors.Join(append(errs, g.bounded())...)
}

// CheckFactors reports levels that there are not, each as a KeyError.
func CheckFactors(c workloads.Catalogue, f Factors) error {
	f = maps.Clone(f)
	f["cache"] = f["cache"].states(false)
	_, err := newGrid(c, f)
	return err
}

// bounded refuses more combinations than any run has time for.
func (g grid) bounded() error {
	n := 1
	for _, levels := range g.levels {
		if n *= len(levels); n > results.MaxArms {
			return fmt.Errorf("the levels make more than %d combinations: name fewer", results.MaxArms)
		}
	}
	return nil
}

// each calls f with every combination of the levels, those of the last factor changing
// fastest. A factor that does not apply to the workload, or has no level, stays empty, so
// that its combinations fall into one arm.
func (g grid) each(a results.Arm, f func(results.Arm) error) error {
	return g.product(a, results.Listed(), f)
}

func (g grid) product(a results.Arm, factors []*results.Factor, f func(results.Arm) error) error {
	if len(factors) == 0 {
		return f(a)
	}
	factor, rest := factors[0], factors[1:]
	levels := g.levels[factor.Key]
	if a.Workload != "" && (len(levels) == 0 || !applies(factor, g.workloads[a.Workload].Info().Kind)) {
		return g.product(a, rest, f)
	}
	for _, l := range levels {
		if factor.IsNumber() {
			factor.SetNumber(&a, l.number)
		} else {
			factor.SetWord(&a, l.word)
		}
		if err := g.product(a, rest, f); err != nil {
			return err
		}
	}
	return nil
}

// applies reports whether a factor means something to a kind of workload.
func applies(f *results.Factor, k workloads.Kind) bool {
	kinds := map[workloads.Kind]results.Applies{
		workloads.Reads: results.ToReads, workloads.Appends: results.ToAppends, workloads.Copies: results.ToCopies,
		workloads.Runs: results.ToCommands,
	}
	return f.Applies&kinds[k] != 0
}

// usesAuto reports whether a size follows from the device's speed.
func usesAuto(grids []grid) bool {
	return slices.ContainsFunc(grids, func(g grid) bool {
		return slices.ContainsFunc(g.levels["size"], func(l level) bool { return l.number <= 0 })
	})
}

// idleOps refuses a number of accesses that no workload would take: whoever gave one
// expects trials of that length.
func idleOps(grids []grid) error {
	counted := func(g grid) bool {
		return slices.ContainsFunc(g.levels["ops"], func(l level) bool { return l.number > 0 })
	}
	i := slices.IndexFunc(grids, counted)
	if i < 0 {
		return nil
	}
	for _, g := range grids {
		for _, w := range g.workloads {
			if w.Info().Sampled {
				return nil
			}
		}
	}
	return fmt.Errorf("ops: %s goes through the whole file, whatever number of accesses is given: "+
		"choose the size of the file instead, or a workload with random accesses", grids[i].levels["workload"][0].word)
}
