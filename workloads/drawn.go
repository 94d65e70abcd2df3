package workloads

import (
	"math"
	"math/bits"

	"mmapbench/internal/splitmix"
	"mmapbench/io/backend"
)

// A shape says how often records are read: by the weight of each rank, and by edges that
// divide the ranks into bins within which weights only fall or only rise.
type shape struct {
	weight func(rank int64) float64
	edges  []int64 // from 0 to the number of records
	spread bool    // ranks are scattered over the file; otherwise a rank is a place
}

// gamma is by what the state goes on with each number, of which an access takes two.
const gamma uint64 = 0xa0761d6478bd642f

// wyrand is the number of a state, as the generator of that name makes it (Wang Yi).
func wyrand(state uint64) uint64 {
	hi, lo := bits.Mul64(state, state^0xe7037ed1a0b428db)
	return hi ^ lo
}

// drawn fills batches with the offsets of records that are drawn by a shape, each
// without regard to the others.
//
// A bin is drawn from an alias table (Walker 1974, Vose 1991) as if all its ranks had
// its largest weight; then a rank of it, which is kept with the probability that is its
// weight over that largest one. So the frequencies are exact, a weight is seldom computed,
// and the table, of a few hundred bins, leaves the caches to the data, as a table of all
// records would not.
type drawn struct {
	left, record int64
	state        uint64                   // of the generator: a function of seed and access
	bins         []bin                    // a power of two: some have no ranks and no mass
	width        uint                     // the logarithm of that
	most         []float64                // the largest weight of each bin
	doubtful     [backend.BatchMax]uint16 // accesses of a batch whose weight must be looked at
	weight       func(rank int64) float64
	scatter
}

type bin struct {
	cut          uint64 // a draw that is not below, as a fraction of 2^64, goes to the other bin
	first, width uint64
	keep         uint32 // a rank is kept without a look at its weight below this fraction of 2^32
	other        uint32
}

func newDrawn(s shape, t Task) *drawn {
	record := int64(t.Spec.Record)
	records := t.Spec.Size / record
	d := &drawn{left: t.Ops, record: record, state: splitmix.Mix(t.Seed), weight: s.weight,
		scatter: scatter{records: uint64(records), factor: 1}}
	if s.spread {
		d.scatter = newScatter(uint64(records), t.Seed)
	}
	mass, all := make([]float64, 0, len(s.edges)), 0.0
	for i, end := range s.edges[1:] {
		first := s.edges[i]
		if first == end {
			continue
		}
		a, b := s.weight(first), s.weight(end-1)
		most := max(a, b)
		keep := 0.0
		if most > 0 {
			keep = min(a, b) / most
		}
		d.bins = append(d.bins, bin{first: uint64(first), width: uint64(end - first),
			keep: uint32(min(keep*(1<<32), 1<<32-1))})
		d.most = append(d.most, most)
		mass = append(mass, most*float64(end-first))
		all += mass[len(mass)-1]
	}
	// A power of two takes a bin by a shift. At least two, as a word cannot be shifted out.
	d.width = uint(max(bits.Len(uint(len(mass)-1)), 1))
	d.bins = append(d.bins, make([]bin, 1<<d.width-len(mass))...)
	mass = append(mass, make([]float64, 1<<d.width-len(mass))...)
	for i := range mass {
		mass[i] *= float64(len(mass)) / all
	}
	d.alias(mass)
	return d
}

// alias makes the table of bins whose masses are 1 on average: each has room for 1, and
// what it lacks is filled by another bin.
func (d *drawn) alias(mass []float64) {
	var small, large []int
	for i, m := range mass {
		d.bins[i].cut, d.bins[i].other = math.MaxUint64, uint32(i)
		if m < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		d.bins[s].cut, d.bins[s].other = uint64(mass[s]*(1<<64)), uint32(l)
		if mass[l] -= 1 - mass[s]; mass[l] < 1 {
			large, small = large[:len(large)-1], append(small, l)
		}
	}
}

// fill fills the batch and reports whether there was anything left to do: first with
// ranks, then with places. There is arithmetic where a branch would be a toss that no
// predictor wins, and no call in a loop, for which registers would be saved.
func (d *drawn) fill(b *backend.Batch) bool {
	room := b.Room()
	room = room[:min(int64(len(room)), d.left)]
	state, bins, width, doubtful := d.state, d.bins, d.width&63, 0
	for i := range room {
		p, q := wyrand(state), wyrand(state+gamma)
		state += gamma
		state += gamma
		k, in := p>>(-width&63), p<<width
		_, below := bits.Sub64(in, bins[k].cut, 0)
		k ^= (k ^ uint64(bins[k].other)) & (below - 1)
		c := &bins[k]
		rank, rest := bits.Mul64(q, c.width)
		room[i] = int64(rank + c.first)
		d.doubtful[doubtful&(backend.BatchMax-1)] = uint16(i)
		_, sure := bits.Sub64(rest>>32, uint64(c.keep), 0)
		doubtful += int(1 - sure)
	}
	for _, i := range d.doubtful[:doubtful] {
		room[i] = d.draw(d.state + uint64(i)*gamma*2)
	}
	d.places(room, d.record)
	d.state, b.N = state, len(room)
	d.left -= int64(len(room))
	return len(room) > 0
}

// draw is what fill does for one access, with a look at the weight of the rank, and again
// until a rank is kept.
func (d *drawn) draw(state uint64) int64 {
	for p, q := wyrand(state), wyrand(state+gamma); ; p, q = splitmix.At(p), splitmix.At(q) {
		k, in := p>>(-d.width&63), p<<d.width
		if in >= d.bins[k].cut {
			k = uint64(d.bins[k].other)
		}
		rank, rest := bits.Mul64(q, d.bins[k].width)
		rank += d.bins[k].first
		if float64(rest)*(1.0/(1<<64))*d.most[k] < d.weight(int64(rank)) {
			return int64(rank)
		}
	}
}

// scatter is a bijection of the numbers below records: multiplication by a number without
// a common factor, near the golden ratio of them, so that of any number of ranks no two
// are much nearer to each other than they must be.
type scatter struct {
	records, factor, add uint64
	inverse              uint64 // 2^64/records, rounded down; 0 where products do not fit into 64 bits
}

func newScatter(records, seed uint64) scatter {
	s := scatter{records: records, factor: max(uint64(float64(records)*(math.Phi-1)), 1)}
	for gcd(s.factor, records) > 1 {
		s.factor++
	}
	s.add, _ = bits.Mul64(splitmix.At(seed), records)
	if records > 1 && records < 1<<32 {
		s.inverse = math.MaxUint64 / records
	}
	return s
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// places puts the offset of record number (n*factor+add) modulo records in the place of
// each n.
func (s scatter) places(all []int64, record int64) {
	switch {
	case s.factor == 1 && s.add == 0:
		for i := range all {
			all[i] *= record
		}
	case s.inverse == 0:
		for i, n := range all {
			hi, lo := bits.Mul64(uint64(n), s.factor)
			lo, carry := bits.Add64(lo, s.add, 0)
			all[i] = int64(bits.Rem64(hi+carry, lo, s.records)) * record
		}
	default:
		for i, n := range all {
			x := uint64(n)*s.factor + s.add
			q, _ := bits.Mul64(x, s.inverse) // Barrett: the quotient, or one less
			x -= q * s.records
			all[i] = int64(min(x, x-s.records)) * record
		}
	}
}
