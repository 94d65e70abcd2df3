package workloads

import (
	"errors"
	"fmt"

	"mmapbench/internal/units"
	"mmapbench/io/backend"
)

// Stride reads a record at every so many bytes, as a program does that needs one column,
// or one header, of each part of a file.
var Stride = stride(1 << 20)

func stride(step int64) Workload {
	return Batches(Info{
		Name:    "stride",
		Summary: "read a record at every so many bytes, then the ones beside them, and so on",
		Kind:    Reads,
		Sampled: true,
		Repeats: true,
		Options: []backend.Option{{Name: "step", Kind: backend.Size, Default: "1M", Seen: "a test of the offsets",
			Doc: "from the start of a record to that of the next one, a multiple of the record"}},
		Configure: func(given backend.Options) (Workload, error) {
			step, err := given.Size("step")
			return stride(step), err
		},
		Fits: func(_, record int64) error {
			switch {
			case step <= record:
				return fmt.Errorf("a step of %s leaves out nothing between records of %s, as seqscan does: "+
					"give stride:step=%s, or smaller records", units.CompactSize(step), units.CompactSize(record),
					units.CompactSize(16*record))
			case step%record != 0:
				return errors.New("the step is no multiple of the record, and records would overlap")
			}
			return nil
		},
	}, func(t Task) func(*backend.Batch) bool {
		record := int64(t.Spec.Record)
		s := newSequence(t.Spec.Size, record, t.Ops)
		l := lanes{sequence: s, step: min(max(step/record, 1), s.records)}
		return l.fill
	})
}

// lanes fills batches with every so many records, from the start of the file to its end,
// then with those that follow each of them, until all were visited.
type lanes struct {
	sequence
	step, lane int64 // in records
}

func (l *lanes) fill(b *backend.Batch) bool {
	room := b.Room()
	room = room[:min(int64(len(room)), l.left)]
	next, by, end := l.next*l.record, l.step*l.record, l.records*l.record
	for i := range room {
		room[i] = next
		if next += by; next >= end {
			if l.lane++; l.lane == l.step {
				l.lane = 0
			}
			next = l.lane * l.record
		}
	}
	l.next, l.left, b.N = next/l.record, l.left-int64(len(room)), len(room)
	return len(room) > 0
}
