package backend

import "fmt"

// BatchMax is how many accesses one batch holds at most. At 1,024 the cost of
// a call through the interface (about 1.3 ns) is spread to a picosecond, and
// the offsets (8 KiB) still fit in the first-level cache beside the data.
const BatchMax = 1024

// A Batch is a list of independent accesses of one record each, filled by an
// access pattern and carried out by a Batcher.
type Batch struct {
	Off      [BatchMax]int64 // where each record starts, in bytes
	N        int             // how many of Off are filled
	Limit    int             // how many a pattern may fill; 0: all
	More     bool            // another batch, perhaps an empty one, follows at once
	Record   int             // bytes of one record
	Consumer Consumer        // what is done with each record
	Sum      uint64          // what the consumer made of them, accumulated
}

// Room returns the part of Off that a pattern may fill. There is a Limit where
// the clock is to be read between two accesses: one that is to be timed gets a
// batch of its own.
func (b *Batch) Room() []int64 {
	if b.Limit <= 0 || b.Limit > BatchMax {
		return b.Off[:]
	}
	return b.Off[:b.Limit]
}

// NewBatcher returns the worker's own loop, or one made of its View.
func NewBatcher(w Worker) Batcher {
	if b, ok := w.(Batcher); ok {
		return b
	}
	return viewBatcher{w}
}

// viewBatcher gives a batch loop to a worker that has View alone.
type viewBatcher struct{ w Worker }

func (v viewBatcher) Do(b *Batch) error {
	for _, off := range b.Off[:b.N] {
		p, err := v.w.View(off, b.Record)
		if err != nil {
			return err
		}
		b.Sum += b.Consumer.Consume(p, off)
	}
	return nil
}

type rangeError struct {
	off  int64
	n    int
	size int64
}

func (e *rangeError) Error() string {
	return fmt.Sprintf("%d bytes at offset %d in a file of %d bytes: %v", e.n, e.off, e.size, ErrRange)
}

func (e *rangeError) Unwrap() error { return ErrRange }

type tooLongError struct{ n, record int }

func (e *tooLongError) Error() string {
	return fmt.Sprintf("%d bytes at once with records of %d bytes: %v", e.n, e.record, ErrRange)
}

func (e *tooLongError) Unwrap() error { return ErrRange }

type alignError struct {
	off      int64
	n, align int
}

func (e *alignError) Error() string {
	return fmt.Sprintf("%d bytes at offset %d: %v to multiples of %d bytes, as direct reads of this file must be",
		e.n, e.off, ErrAlign, e.align)
}

func (e *alignError) Unwrap() error { return ErrAlign }
