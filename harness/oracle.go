package harness

import (
	"encoding/binary"

	"mmapbench/internal/dataset"
	"mmapbench/io/backend"
)

// oracle is a backend that knows the dataset's content by its definition and
// never opens a file. A workload run over it yields the sum that the same
// workload must yield over the file, whatever the backend.
type oracle struct {
	sums *dataset.Sums
	seed uint64 // of the dataset
	skip int64  // accesses of batches that are not looked at, from the first on
}

func (oracle) Info() backend.Info { return backend.Info{Name: "oracle"} }

func (o oracle) Open(_ string, s backend.Spec) (backend.File, error) {
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
	if err := backend.CheckRange(off, n, f.spec.Size); err != nil {
		return nil, err
	}
	// Offsets need not be multiples of a word here: take the words around.
	from := off &^ (backend.WordBytes - 1)
	need := int(off-from) + n
	if cap(f.buf) < need+backend.WordBytes {
		f.buf = make([]byte, need+backend.WordBytes)
	}
	whole := (need + backend.WordBytes - 1) &^ (backend.WordBytes - 1)
	dataset.Fill(f.buf[:whole], f.seed, from)
	return f.buf[off-from : need : need], nil
}

func (f *oracleFile) Do(b *backend.Batch) error {
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
	return nil
}

// touch computes the words that backend.TouchPages loads.
func (f *oracleFile) touch(off int64, n int) (sum uint64) {
	var word [2 * backend.WordBytes]byte
	for k := 0; backend.Piece(k) <= n-backend.WordBytes; k++ {
		at := off + int64(backend.Touched(off, n, k))
		from := at &^ (backend.WordBytes - 1)
		dataset.Fill(word[:], f.seed, from)
		sum += binary.LittleEndian.Uint64(word[at-from:])
	}
	return sum
}
