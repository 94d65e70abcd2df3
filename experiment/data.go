package experiment

import (
	"slices"

	"mmapbench/results"
)

// Data is a dataset that a plan needs.
type Data struct {
	Size int64
	Of   string // the workload that brings content of its own; "": the common content
}

// DataOf returns the dataset that an arm reads; ok is false where it reads none.
func DataOf(c Catalogue, a results.Arm) (d Data, ok bool) {
	if !kindOf(c, a).UsesData() {
		return d, false
	}
	return Data{a.Size, c.contentOf(a.Workload)}, true
}

// contentOf returns the name of a workload that brings content of its own; ""
// for the others.
func (c Catalogue) contentOf(workload string) string {
	if w, err := c.Workload(workload); err == nil && w.Info().Dataset != nil {
		return workload
	}
	return ""
}

// Datasets lists the datasets that the plan needs on a target, each once, in the
// order of the arms.
func Datasets(p *results.Plan, c Catalogue, target string) []Data {
	var all []Data
	seen := map[Data]bool{}
	for _, a := range p.Arms {
		if d, ok := DataOf(c, a); ok && a.Target == target && !seen[d] {
			seen[d] = true
			all = append(all, d)
		}
	}
	return all
}

// Files lists all files that a run makes on a target before its first trial, each
// once: the datasets, and those of the rehearsals, one of each content.
func Files(p *results.Plan, c Catalogue, target string) []Data {
	all := Datasets(p, c, target)
	tiny := []Data{{Size: RehearsalSize(p)}}
	for _, d := range all {
		tiny = append(tiny, Data{tiny[0].Size, d.Of})
	}
	for _, d := range tiny {
		if !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all
}

// has reports whether a dataset is there already.
func (s *Site) has(d Data) bool { return s.Has != nil && s.Has(d) }
