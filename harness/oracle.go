package harness

import (
	"encoding/binary"
	"errors"

	"mmapbench/internal/dataset"
	"mmapbench/io/backend"
)

// oracle stands for a backend: it knows the dataset's content by its definition
// and never opens a file. A workload run over it yields the sum that the same
// workload must yield over the file, whatever the backend, and shows what it
// asks for: each access is counted.
type oracle struct {
	content dataset.Content
	sums    *dataset.Sums
	skip    int64 // accesses of batches that are not looked at, from the first on
	tally   *tally
}

// tally is what a workload has asked of an oracle.
type tally struct {
	accesses, bytes int64
	views           bool  // the workload uses View, and not batches alone
	calls           int64 // the calls of View and Do
	limit           int64 // accesses, and calls, beyond which it is stopped; 0: none
	end             int64 // the access after which there are no more; 0: none
	fail            int64 // the access that fails, from 1; 0: none
	failed          bool
	after           int64   // accesses made after the one that failed
	due             *uint64 // what the consumer makes of all that was returned; nil: not wanted
	alter           alteration
}

var (
	// errInjected is what an access returns that is made to fail.
	errInjected = errors.New("this access was made to fail, to see what the workload makes of it")
	// errEnd is what an access returns when as many were made as in the trial.
	errEnd = errors.New("no more accesses were made in the trial")
)

// overrun is the panic that stops a workload whose accesses have no end.
type overrun struct{}

// count takes down n accesses of so many bytes together.
func (t *tally) count(n int64, bytes int64) error {
	if t.calls++; t.limit > 0 && (t.calls > t.limit || t.accesses > t.limit) {
		panic(overrun{})
	}
	if t.end > 0 && t.accesses+n > t.end {
		return errEnd
	}
	before := t.accesses
	t.accesses += n
	t.bytes += bytes
	if t.failed {
		t.after += n
	}
	if t.fail > before && t.fail <= t.accesses {
		t.failed = true
		return errInjected
	}
	return nil
}

func (o oracle) open(_ string, s backend.Spec) (backend.File, error) {
	return &oracleFile{oracle: o, spec: s}, nil
}

type oracleFile struct {
	oracle
	spec backend.Spec
	buf  []byte
}

func (f *oracleFile) Worker(int) (backend.Worker, error) { return f, nil }
func (f *oracleFile) Close() error                       { return nil }

func (f *oracleFile) View(off int64, n int) ([]byte, error) {
	f.tally.views = true
	if err := f.spec.Check(off, n); err != nil {
		return nil, err
	}
	if err := f.tally.count(1, int64(n)); err != nil {
		return nil, err
	}
	// Offsets need not be multiples of a word here: take the words around.
	from := off &^ (backend.WordBytes - 1)
	need := int(off-from) + n
	if cap(f.buf) < need+backend.WordBytes {
		f.buf = make([]byte, need+backend.WordBytes)
	}
	whole := (need + backend.WordBytes - 1) &^ (backend.WordBytes - 1)
	f.content.Fill(f.buf[:whole], from)
	p := f.buf[off-from : need : need]
	if f.tally.alter.access == f.tally.accesses && f.tally.accesses > 0 {
		f.tally.alter.apply(p, f.spec.Consumer)
	}
	if f.tally.due != nil {
		*f.tally.due += f.spec.Consumer.Consume(p, off)
	}
	return p, nil
}

func (f *oracleFile) Do(b *backend.Batch) error {
	if err := f.tally.count(int64(b.N), int64(b.N)*int64(b.Record)); err != nil {
		return err
	}
	before := b.Sum
	pass := min(f.skip, int64(b.N))
	f.skip -= pass
	for _, off := range b.Off[pass:b.N] {
		if err := backend.CheckRange(off, b.Record, f.spec.Size); err != nil {
			return err
		}
		if b.Consumer == backend.Sum {
			b.Sum += f.sums.Range(off, b.Record)
		} else {
			b.Sum += f.touch(off, b.Record)
		}
	}
	if f.tally.due != nil {
		*f.tally.due += b.Sum - before
	}
	return nil
}

// touch computes the words that backend.TouchPages loads.
func (f *oracleFile) touch(off int64, n int) (sum uint64) {
	var word [2 * backend.WordBytes]byte
	for k := 0; backend.Piece(k) <= n-backend.WordBytes; k++ {
		at := off + int64(backend.Touched(off, n, k))
		from := at &^ (backend.WordBytes - 1)
		words := word[:(at-from+2*backend.WordBytes-1)&^(backend.WordBytes-1)] // nothing beyond the file
		f.content.Fill(words, from)
		sum += binary.LittleEndian.Uint64(word[at-from:])
	}
	return sum
}
