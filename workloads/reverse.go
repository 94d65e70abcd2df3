package workloads

import "mmapbench/io/backend"

// Reverse reads the whole file from its end to its start, record by record. Read-ahead
// goes forward: what it brings in was read already.
var Reverse = Batches(Info{
	Name:    "reverse",
	Summary: "read the whole file from end to start, against read-ahead",
	Kind:    Reads,
	Repeats: true,
}, func(t Task) func(*backend.Batch) bool {
	s := newSequence(t.Spec.Size, int64(t.Spec.Record), t.Ops)
	last := (s.records - 1) * s.record
	return func(b *backend.Batch) bool {
		more := s.fill(b)
		room := b.Room()[:b.N]
		for i := range room {
			room[i] = last - room[i]
		}
		return more
	}
})
