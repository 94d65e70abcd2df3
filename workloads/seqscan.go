package workloads

import "mmapbench/io/backend"

// SeqScan reads the whole file from start to end, record by record.
var SeqScan = Batches(Info{
	Name:    "seqscan",
	Summary: "read the whole file from start to end",
	Kind:    Reads,
	Repeats: true,
}, func(t Task) func(*backend.Batch) bool {
	s := newSequence(t.Spec.Size, int64(t.Spec.Record), t.Ops)
	return s.fill
})
