package experiment

import (
	"fmt"
	"slices"

	"mmapbench/internal/reason"
	"mmapbench/results"
	"mmapbench/target"
	"mmapbench/workloads"
)

// buildGate makes the plan of a gate: everything that e asks for, by the base,
// by the base once more, and by the new side. Of e's own backends, targets or
// commands those are replaced in which the sides differ.
//
// sites are those of the base and of the new side where the sides are targets,
// and the targets otherwise. Sizes and numbers of accesses that follow the
// device's speed follow that of the first, so that both sides do the same work.
func (e *Experiment) buildGate(c workloads.Catalogue, sites []target.Site) (*results.Plan, error) {
	g, before, after := *e.Gate, e, e
	switch g.Factor {
	case results.GateBackend:
		before, after = e.withBackend(g.Base), e.withBackend(g.New)
	case results.GateTarget:
		if len(sites) != 2 {
			return nil, fmt.Errorf("a gate of targets has two, not %d", len(sites))
		}
		sites = slices.Clone(sites)
		sites[1].Speed = sites[0].Speed
		sites[1].Speed.Target = sites[1].Name
	}
	base, err := before.buildArms(c, sites)
	fresh := base
	if after != before {
		if err != nil {
			return nil, fmt.Errorf("base: %w", err)
		}
		if fresh, err = after.buildArms(c, sites); err != nil {
			return nil, fmt.Errorf("new: %w", err)
		}
	}
	if err != nil {
		return nil, err
	}
	p, err := joinSides(base, fresh, g)
	if err != nil {
		return nil, err
	}
	return p, finish(p, c, sites)
}

// withBackend is e with one backend, in every grid.
func (e *Experiment) withBackend(name string) *Experiment {
	other := *e
	other.Grid = slices.Clone(e.Grid)
	other.Replace(Factors{"backend": {name}})
	return &other
}

// joinSides puts the arms of both sides into one plan. What only one of them can
// do is left out.
func joinSides(base, fresh *results.Plan, g results.Gate) (*results.Plan, error) {
	p := *base
	p.Gate, p.Arms = &g, nil
	find := func(arms []results.Arm, key results.Arm, level string) *results.Arm {
		i := slices.IndexFunc(arms, func(a results.Arm) bool {
			k, l := g.Key(a)
			return k == key && (level == "" || l == level)
		})
		if i < 0 {
			return nil
		}
		return &arms[i]
	}
	add := func(a results.Arm, side string) {
		a.ID, a.Side = len(p.Arms), side
		p.Arms = append(p.Arms, a)
	}
	baseLevel, newLevel := gateLevels(g)
	for _, a := range base.Arms {
		key, level := g.Key(a)
		if baseLevel != "" && level != baseLevel {
			continue
		}
		other := find(fresh.Arms, key, newLevel)
		if other == nil {
			p.LeftOut = append(p.LeftOut, results.LeftOut{Arm: a.Workload + " by " + a.Backend,
				Why: reason.Reason{Code: reason.OneSide}})
			continue
		}
		add(a, results.SideBase)
		add(a, results.SideControl)
		add(*other, results.SideNew)
	}
	if len(p.Arms) == 0 {
		return nil, fmt.Errorf("nothing is left to compare: no work can be done by both %s and %s", g.Base, g.New)
	}
	return &p, nil
}

// gateLevels names the arms of either side in a plan that holds those of both;
// "" where all arms are of both.
func gateLevels(g results.Gate) (base, fresh string) {
	switch g.Factor {
	case results.GateTarget, results.GateExec:
		return results.SideBase, results.SideNew
	}
	return "", ""
}
