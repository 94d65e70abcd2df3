// Package latency writes down what single accesses took, and describes the
// distribution: percentiles, the longest, and a histogram that can be merged
// with others.
//
// Timing an access must not change the access. A reading of the clock
// costs more than a cached access to a mapping, so fast accesses are sampled,
// at places that the pattern cannot line up with; recording is one store to
// memory that is already there. A sample is what the clock said: the clock's
// own cost is in every sample and is stated beside them, not taken off.
//
// It is the one package that imports HdrHistogram, whose encoding (V2,
// compressed, base64) other tools can read.
package latency

import (
	"math"
	"math/bits"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"mmapbench/internal/splitmix"
)

// The modes of [Plan] that time accesses.
const (
	auto = "auto"
	on   = "on"
)

// budget is the part of an access's time that timing may add on average.
const budget = 0.01

// readings is what timing an access costs, in readings of the clock: one before,
// one after, and up to as much again for leaving the batch, for the sample and
// for drawing the next place (BenchmarkMeteredFloor in io/overhead: 60 to 100 ns
// with a clock of 27 ns).
const readings = 4

// Plan says which accesses to time: one in every; 0: none.
//
// In mode auto it is all of them where timing one, four times a reading of the
// clock (clockNs), is at most 1 % of an access (opNs), and otherwise one in as
// few as keep what is added, spread over all, within 1 %. Where either time is
// not known (not above 0) nothing could be promised: none. Mode on times every
// access, whatever it costs. A trial of no accesses (ops), or any other mode,
// has none to time.
func Plan(mode string, opNs, clockNs float64, ops int64) (every int64) {
	switch {
	case ops <= 0:
		return 0
	case mode == on:
		return 1
	case mode != auto || !(opNs > 0) || !(clockNs > 0):
		return 0
	}
	return int64(min(max(math.Ceil(readings*clockNs/(budget*opNs)), 1), rarest))
}

// rarest bounds what Plan returns, where an access takes next to nothing.
const rarest = 1 << 30

// The range of the histogram, and its precision of 3 digits. What took longer
// is counted as the longest it can hold; Summary.Max is exact all the same.
const (
	shortest = 1
	longest  = int64(100 * time.Second)
	digits   = 3
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(shortest, longest, digits) }

// rawMax is how many samples wait in memory before they are sorted into the
// histogram: 2 MiB. A trial of fixed length mostly has fewer and sorts none
// while it is timed.
const rawMax = 1 << 18

// A Recorder takes the samples of one trial, over all its laps. It belongs to
// one thread. A nil Recorder means that no access is timed.
type Recorder struct {
	every   int64
	clockNs float64
	raw     []int64 // ns
	n       int     // raw[:n] is filled
	sorted  *hdrhistogram.Histogram
	max     int64
	block   uint64 // blocks of every accesses begun
	left    int64  // accesses left in the block after its timed one
}

// NewRecorder returns a recorder for one access in every, of ops accesses. It
// allocates, and touches, all the memory that it will ever need. clockNs is
// what one reading of the clock takes.
func NewRecorder(every int64, clockNs float64, ops int64) *Recorder {
	every = max(every, 1)
	n := min(max(ops/every+1, 1), rawMax)
	r := &Recorder{every: every, clockNs: clockNs, raw: make([]int64, n), sorted: newHistogram()}
	for i := range r.raw {
		r.raw[i] = -1 // a page of zeros would be brought in by the first store
	}
	return r
}

// Every returns of how many accesses one is timed.
func (r *Recorder) Every() int64 { return r.every }

// Next returns how many accesses to let pass untimed before the next one that
// is timed. Of every block of Every accesses one is timed, and which one is
// drawn at random: a fixed stride would meet the same phase again and again of
// whatever repeats (with 64 KiB mapped by a fault, every sixteenth access of
// 4 KiB faults). The places are the same for every recorder.
func (r *Recorder) Next() int64 {
	if r.every == 1 {
		return 0
	}
	at, _ := bits.Mul64(splitmix.At(r.block), uint64(r.every)) // less than every
	r.block++
	pass := r.left + int64(at)
	r.left = r.every - 1 - int64(at)
	return pass
}

// Record writes down the time of one access. It allocates nothing; once in a
// quarter of a million samples it stops to sort, about a millisecond.
func (r *Recorder) Record(d time.Duration) {
	if r.n == len(r.raw) {
		r.sort()
	}
	r.raw[r.n] = int64(d)
	r.n++
}

// sort empties raw into the histogram.
func (r *Recorder) sort() {
	for _, ns := range r.raw[:r.n] {
		ns = max(ns, 0) // the clock is monotonic, but this is not ours to assume
		r.max = max(r.max, ns)
		if err := r.sorted.RecordValue(min(ns, longest)); err != nil {
			panic(err) // between 0 and longest there is nothing to refuse
		}
	}
	r.n = 0
}
