package workloads

import (
	"math/bits"

	"mmapbench/internal/splitmix"
	"mmapbench/io/backend"
)

// sequence fills batches with the offsets of consecutive records, and after the
// last one begins anew.
type sequence struct {
	next, left, records int64 // the next record, accesses to be made, and of one pass
	record              int64
}

func newSequence(size, record, ops int64) sequence {
	return sequence{left: ops, records: size / record, record: record}
}

// fill fills the batch and reports whether there was anything left to do. A
// batch ends where a pass ends.
func (s *sequence) fill(b *backend.Batch) bool {
	room := b.Room()
	n := min(int64(len(room)), s.left, s.records-s.next)
	off := s.next * s.record
	for i := range room[:n] {
		room[i] = off
		off += s.record
	}
	s.left -= n
	if s.next += n; s.next == s.records {
		s.next = 0
	}
	b.N = int(n)
	return n > 0
}

// permutation fills batches with the offsets of records in random order, none
// twice until each was visited once: so a cold run never finds by chance what
// it has just brought in, and the bytes it must read are known.
//
// The order is a bijection on the record numbers, computed and not stored (a
// table of offsets would share the caches with the data): two rounds of
// multiply and xorshift, each invertible modulo a power of two, over the
// numbers below the next power of two, of which those that are no record are
// left out.
type permutation struct {
	next, ops, records uint64 // accesses made, to be made, and of one pass
	counter            uint64 // how many numbers this pass has gone through
	record             int64
	mask               uint64
	shift              uint
	seed               uint64
	mul1, mul2, add    uint64
}

func newPermutation(size, record, ops int64, seed uint64) permutation {
	records := uint64(size / record)
	width := max(bits.Len64(records-1), 2)
	p := permutation{ops: uint64(ops), records: records, record: record,
		mask: 1<<width - 1, shift: uint(width+1) / 2, seed: seed}
	p.key(0)
	return p
}

// key derives the constants of one pass through all records.
func (p *permutation) key(pass uint64) {
	a := splitmix.At(p.seed + pass)
	p.mul1 = splitmix.At(a) | 1 // odd numbers have an inverse modulo 2^k
	p.mul2 = splitmix.At(a+1) | 1
	p.add = splitmix.At(a + 2)
}

// fill fills the batch and reports whether there was anything left to do. A
// batch ends where a pass through all records ends, because the next pass has
// another key.
func (p *permutation) fill(b *backend.Batch) bool {
	room, first := b.Room(), p.next%p.records
	n := min(uint64(len(room)), p.ops-p.next, p.records-first)
	p.draw(room[:n])
	p.next += n
	if first+n == p.records {
		p.key(p.next / p.records)
		p.counter = 0
	}
	b.N = int(n)
	return n > 0
}

// draw fills off. A number that is no record is overwritten by the next one:
// whether it is one is a coin toss that no branch predictor wins, so it moves
// the index by arithmetic and not by a branch.
func (p *permutation) draw(off []int64) {
	mask, shift, mul1, mul2, add := p.mask, p.shift&63, p.mul1, p.mul2, p.add
	records, record, i := p.records, p.record, p.counter
	for k := 0; k < len(off); i++ {
		x := (i*mul1 + add) & mask
		x ^= x >> shift
		x = x * mul2 & mask
		x ^= x >> shift
		off[k] = int64(x) * record
		k += int((x - records) >> 63) // 1 if x < records: both are below 2^63
	}
	p.counter = i
}
