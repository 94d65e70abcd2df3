package backend

// Null returns the backend that reads nothing: its loop only adds up the
// offsets, so that the compiler cannot delete it. What a trial with it takes is
// what the harness itself costs, the floor under every other figure.
//
// Its sums are not those of the file, so it has no place among the backends
// that are measured.
func Null() Backend { return null{} }

type null struct{}

func (null) Info() Info {
	return Info{Name: "null", Summary: "read nothing: the cost of the harness itself"}
}

func (null) Configure(Verb, string, Options) (Access, error) {
	return Access{Open: func(_ string, s Spec) (File, error) { return &nullFile{s}, nil }}, nil
}

type nullFile struct{ spec Spec }

func (f *nullFile) Worker(id int) (Worker, error) {
	buf, err := f.spec.WorkerBuf(id)
	if err != nil {
		return nil, err
	}
	return &nullWorker{&f.spec, buf}, nil
}

func (f *nullFile) Close() error { return nil }

type nullWorker struct {
	spec *Spec
	buf  []byte
}

func (w *nullWorker) View(off int64, n int) ([]byte, error) {
	if err := w.spec.Check(off, n); err != nil {
		return nil, err
	}
	return w.buf[:n], nil
}

func (w *nullWorker) Do(b *Batch) error {
	sum := b.Sum
	for _, off := range b.Off[:b.N] {
		sum += uint64(off)
	}
	b.Sum = sum
	return nil
}
