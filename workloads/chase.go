package workloads

import "encoding/binary"

// Chase goes from record to record in one cycle through all of them. Where the next one
// is follows from bytes of the one before, so that no access can begin before the last one
// has ended, neither in the processor nor in a queue of the device.
//
// The order is that of a scatter: the next record is so many further on, around the end of
// the file. The word that was read decides whether the file's end is gone round once more,
// which leads to the same place: every file has the cycle, with the content that all
// workloads share, and still the place cannot be known before the word is.
var Chase = Reader(Info{
	Name:    "chase",
	Summary: "follow pointers through all records: each offset comes from the bytes before",
	Kind:    Reads,
	Sampled: true,
	Repeats: true,
}, func(r *Reading) error {
	record := int64(r.Spec.Record)
	s := newScatter(uint64(r.Spec.Size/record), r.Seed)
	for at, i := s.add%s.records, int64(0); i < r.Ops; i++ {
		off := int64(at) * record
		p, err := r.View(off, int(record))
		if err != nil {
			return err
		}
		r.Consume(p, off)
		rounds := binary.LittleEndian.Uint64(p) & 1
		at = (at + s.factor + rounds*s.records) % s.records
	}
	return nil
})
