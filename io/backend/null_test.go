package backend_test

import (
	"errors"
	"testing"

	"mmapbench/io/backend"
)

func TestNull(t *testing.T) {
	a, err := backend.Configure(backend.Null(), backend.ToRead, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := a.Open("nowhere", backend.Spec{Size: 1 << 20, Record: 4096, Buf: make([]byte, 4096)})
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.Worker(0)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := w.View(4096, 4000); err != nil || len(p) != 4000 {
		t.Errorf("View = %d bytes, %v", len(p), err)
	}
	if _, err := w.View(1<<20, 8); !errors.Is(err, backend.ErrRange) {
		t.Errorf("View outside: %v", err)
	}
	b := backend.Batch{N: 3, Record: 8, Sum: 1}
	copy(b.Off[:], []int64{10, 20, 30, 40})
	if err := backend.NewBatcher(w).Do(&b); err != nil || b.Sum != 61 {
		t.Errorf("Do: sum %d, want 61; %v", b.Sum, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestWorkerBuf(t *testing.T) {
	s := backend.Spec{Record: 100, Buf: make([]byte, 1<<20)}
	first, err := s.WorkerBuf(0)
	if err != nil || len(first) != 100 || cap(first) != 100 {
		t.Errorf("worker 0: %d of %d bytes, %v", len(first), cap(first), err)
	}
	second, err := s.WorkerBuf(1)
	if err != nil || &second[0] == &first[0] {
		t.Errorf("worker 1 shares worker 0's buffer, or %v", err)
	}
	for _, bad := range []struct{ id, record, buf int }{{-1, 8, 1 << 20}, {1 << 20, 8, 1 << 20}, {0, 9, 8},
		{0, 0, 8}, {0, -8, 8}, {0, 8, 0}} {
		s := backend.Spec{Record: bad.record, Buf: make([]byte, bad.buf)}
		if _, err := s.WorkerBuf(bad.id); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}
