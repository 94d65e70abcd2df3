package workloads

import "mmapbench/io/backend"

// SmallFiles reads a file of a record after the other, each whole: open, read, close, or
// open, map, read, unmap, close. From which size on does it pay to map a file?
//
// The file before is closed by the View of the next one, as what View returned is valid
// until then; so the time of an access is that from opening to opening.
var SmallFiles Workload = smallFiles{Reader(Info{
	Name:    "smallfiles",
	Summary: "open, read whole and close files of a record each, one after the other",
	Kind:    Reads,
	Repeats: true,
	Split:   true,
}, func(r *Reading) error {
	record := int64(r.Spec.Record)
	files := r.Spec.Size / record
	for i := range r.Ops {
		off := i % files * record
		p, err := r.View(off, int(record))
		if err != nil {
			return err
		}
		r.Consume(p, off)
	}
	return nil
})}

type smallFiles struct{ Workload }

func (w smallFiles) New(t Task) (Job, error) {
	if t.Files != nil {
		open, each := t.Access.Open, t.Spec
		each.Size = int64(t.Spec.Record)
		t.Access.Open = func(string, backend.Spec) (backend.File, error) {
			return &split{open: open, names: t.Files, spec: each}, nil
		}
	}
	return w.Workload.New(t)
}

// split is many files as if they were one.
type split struct {
	open  func(path string, s backend.Spec) (backend.File, error)
	names []string
	spec  backend.Spec // of each
	file  backend.File // the one that is open; nil: none is
}

func (s *split) Worker(int) (backend.Worker, error) { return s, nil }

// View opens the file that the record is.
func (s *split) View(off int64, n int) ([]byte, error) {
	if err := s.Close(); err != nil {
		return nil, err
	}
	file, err := s.open(s.names[off/s.spec.Size], s.spec)
	if err != nil {
		return nil, err
	}
	s.file = file
	w, err := file.Worker(0)
	if err != nil {
		return nil, err
	}
	return w.View(0, n)
}

func (s *split) Close() error {
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return file.Close()
}
