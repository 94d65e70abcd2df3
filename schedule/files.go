package schedule

import (
	"slices"

	"mmapbench/results"
	"mmapbench/workloads"
)

// Data is a dataset that a plan needs.
type Data struct {
	Size int64
	Of   string // the workload that brings content of its own; "": the common content
	Part int64  // bytes of each of the files in which it lies; 0: there is one
}

// Longest is the length of the longest file.
func (d Data) Longest() int64 {
	if d.Part > 0 {
		return d.Part
	}
	return d.Size
}

// Space is how many bytes the files take on most file systems: whole blocks of 4 KiB each.
func (d Data) Space() int64 {
	const block = 4 << 10
	if d.Part == 0 {
		return d.Size
	}
	return d.Size / d.Part * ((d.Part + block - 1) / block * block)
}

// DataOf returns the dataset that an arm reads; ok is false where it reads none.
func DataOf(c workloads.Catalogue, a results.Arm) (d Data, ok bool) {
	if !KindOf(c, a).UsesData() {
		return d, false
	}
	d = Data{Size: a.Size, Of: contentOf(c, a.Workload)}
	if w, err := c.Workload(a.Workload); err == nil && w.Info().Split {
		d.Part = a.Record
	}
	return d, true
}

// contentOf returns the name of a workload that brings content of its own; ""
// for the others.
func contentOf(c workloads.Catalogue, workload string) string {
	if w, err := c.Workload(workload); err == nil && w.Info().Dataset != nil {
		return workload
	}
	return ""
}

// Datasets lists the datasets that the plan needs on a target, each once, in the
// order of the arms.
func Datasets(p *results.Plan, c workloads.Catalogue, target string) []Data {
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
func Files(p *results.Plan, c workloads.Catalogue, target string) []Data {
	all := Datasets(p, c, target)
	tiny := []Data{{Size: RehearsalSize(p)}}
	for _, d := range all {
		tiny = append(tiny, Data{tiny[0].Size, d.Of, d.Part})
	}
	for _, d := range tiny {
		if !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all
}

// RehearsalLaps is how many laps a trial makes at most on the rehearsal's file, each
// of which writes that file if the workload writes.
const RehearsalLaps = 3

// minRehearsal is long enough to have every loop of a backend go round.
const minRehearsal = 256 << 10

// RehearsalSize is the length of the file on which the trials of a plan rehearse.
func RehearsalSize(p *results.Plan) int64 {
	size := int64(minRehearsal)
	for _, a := range p.Arms {
		size = max(size, a.Record)
	}
	return size
}
