package workloads

import "mmapbench/io/backend"

// Random reads records in random order, none twice before all were read.
var Random = Batches(Info{
	Name:    "random",
	Summary: "read records in random order, none twice before all were read",
	Kind:    Reads,
	Sampled: true,
	Repeats: true,
}, func(t Task) func(*backend.Batch) bool {
	p := newPermutation(t.Spec.Size, int64(t.Spec.Record), t.Ops, t.Seed)
	return p.fill
})
