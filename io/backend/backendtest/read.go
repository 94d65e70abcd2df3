package backendtest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"

	"mmapbench/io/backend"
)

var readChecks = []check{
	{"view and do give the content", backend.ToRead, contents},
	{"a batch may be full or empty", backend.ToRead, batches},
	{"what one batch leaves in flight the next one adds up", backend.ToRead, batchesOn},
	{"accesses outside are refused", backend.ToRead, ranges},
	{"unaligned accesses are refused", backend.ToRead, unaligned},
	{"workers do not share anything", backend.ToRead, workers},
	{"no allocation", backend.ToRead, readAllocs},
	{"open allocates little", backend.ToRead, func(s *suite) error { return s.openAllocs(backend.ToRead, 4) }},
	{"unfit files are refused", backend.ToRead, unfit},
	{"a small buffer is refused", backend.ToRead, smallBuffer},
	{"a file shortened meanwhile is noticed", backend.ToRead, shortened},
}

// contents visits the edges and the middle of files of every size, by View and
// by Do in turn, so that neither relies on what the other left.
func contents(s *suite) error {
	for _, size := range sizes() {
		for _, record := range s.records(size) {
			if err := s.contentsOf(size, record); err != nil {
				return fmt.Errorf("file of %d, records of %d: %w", size, record, err)
			}
		}
	}
	return nil
}

func (s *suite) contentsOf(size, record int) (err error) {
	r, err := s.open(size, record)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	last := s.down(int64(size - record))
	offs := []int64{0, last, s.down(last / 2), last, 0}
	for off := int64(0); off <= last; off += int64(s.up(max(record, size/50))) {
		offs = append(offs, off)
	}
	for _, c := range consumers {
		if err := r.batch(c, record, offs...); err != nil {
			return err
		}
		for _, off := range offs[:5] {
			if err := errors.Join(r.view(off, record), r.view(off, s.up(8)), r.batch(c, record, off)); err != nil {
				return err
			}
		}
	}
	return r.view(0, 0)
}

func batches(s *suite) (err error) {
	size, record := s.up(2*page), s.up(8)
	r, err := s.open(size, record)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	full := make([]int64, backend.BatchMax)
	for i := range full {
		full[i] = int64(i % (size / record) * record)
	}
	for _, c := range consumers {
		b := backend.Batch{Record: record, Consumer: c, Sum: 7}
		if err := r.do.Do(&b); err != nil || b.Sum != 7 {
			return fmt.Errorf("an empty batch: sum %d, want 7; error %v", b.Sum, err)
		}
		if err := r.batch(c, record, full...); err != nil {
			return err
		}
	}
	return nil
}

// batchesOn makes batches of all lengths that are each followed by more, until the last,
// which is empty, and meets with errors in between.
func batchesOn(s *suite) (err error) {
	record := s.up(page)
	const records = 24
	r, err := s.open(records*record, record)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	for _, c := range consumers {
		b, sum := backend.Batch{Record: record, Consumer: c, More: true}, uint64(0)
		for b.N = range records {
			for i := range b.N {
				b.Off[i] = int64((b.N+i*5)%records) * int64(record)
				sum += want(c, r.data[b.Off[i]:][:record], b.Off[i])
			}
			if err := r.do.Do(&b); err != nil {
				return err
			}
		}
		b.N, b.More = 0, false
		if err := r.do.Do(&b); err != nil || b.Sum != sum {
			return fmt.Errorf("consumer %v: sum %#x, want %#x; error %v", c, b.Sum, sum, err)
		}
		b.N, b.More, b.Off[2] = 3, true, -int64(record)
		if err := r.do.Do(&b); !errors.Is(err, backend.ErrRange) {
			return fmt.Errorf("a batch of which one access is outside: error %v, want one that wraps ErrRange", err)
		}
		if err := errors.Join(r.view(0, record), r.batch(c, record, 0, int64(record))); err != nil {
			return fmt.Errorf("after an error: %w", err)
		}
	}
	return nil
}

func ranges(s *suite) (err error) {
	record := s.up(page)
	size := 2*record + 8
	r, err := s.open(size, record)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	for _, a := range []struct {
		off int64
		n   int
	}{
		{-8, 8}, {-1, 1}, {int64(size), 8}, {int64(size - record + 8), record}, {int64(size - 7), 8},
		{math.MaxInt64, 8}, {math.MaxInt64 - 7, 8}, {math.MinInt64, 8}, {0, -1}, {0, record + 8}, {1 << 40, record},
	} {
		if _, err := r.w.View(a.off, a.n); !errors.Is(err, backend.ErrRange) {
			return fmt.Errorf("View(%d, %d) of %d bytes: error %v, want one that wraps ErrRange", a.off, a.n,
				size, err)
		}
		b := backend.Batch{Record: a.n, N: 1}
		b.Off[0] = a.off
		if err := r.do.Do(&b); !errors.Is(err, backend.ErrRange) {
			return fmt.Errorf("call of Do at %d, %d of %d bytes: error %v, want one that wraps ErrRange", a.off,
				a.n, size, err)
		}
	}
	return r.view(0, record) // and it still works
}

// unaligned asks a backend whose accesses must be aligned for some that are not:
// served in silence they would not be what they are called.
func unaligned(s *suite) (err error) {
	if s.align == 1 {
		return nil
	}
	record := s.up(page)
	r, err := s.open(4*record, record)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	for _, a := range []struct {
		off int64
		n   int
	}{{8, record}, {int64(s.align) - 8, record}, {int64(2*record) + 1, record}, {0, 8}, {0, record - 8}, {8, 8}} {
		if _, err := r.w.View(a.off, a.n); !errors.Is(err, backend.ErrAlign) {
			return fmt.Errorf("View(%d, %d): error %v, want one that wraps ErrAlign", a.off, a.n, err)
		}
		b := backend.Batch{Record: a.n, N: 1}
		b.Off[0] = a.off
		if err := r.do.Do(&b); !errors.Is(err, backend.ErrAlign) {
			return fmt.Errorf("call of Do at %d, %d: error %v, want one that wraps ErrAlign", a.off, a.n, err)
		}
	}
	err = s.start(backend.ToRead, s.path("data"), "", s.spec(4*record, record+8))
	if !errors.Is(err, backend.ErrAlign) {
		return fmt.Errorf("opened for records of %d bytes: error %v, want one that wraps ErrAlign", record+8, err)
	}
	return r.view(int64(record), record) // and it still works
}

// workers lets two workers take turns: what one was given stays as it is, and
// each goes on where it was.
func workers(s *suite) (err error) {
	unit, record := s.up(page), s.up(page+8)
	size := 3*unit + 3*record
	r, err := s.open(size, record)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	w, err := r.File.Worker(1)
	if err != nil {
		return err
	}
	second := &reading{nil, w, backend.NewBatcher(w), r.data}
	for _, off := range []int64{0, int64(record), 2 * int64(record), int64(s.up(8))} {
		mine, err := r.w.View(off, record)
		if err != nil {
			return err
		}
		other := off + int64(unit)
		if err := errors.Join(second.view(other, record), second.batch(backend.Copy, record, other)); err != nil {
			return fmt.Errorf("worker 1: %w", err)
		}
		if !bytes.Equal(mine, r.data[off:off+int64(record)]) {
			return errors.New("worker 0's view changed when worker 1 worked")
		}
	}
	return nil
}

func readAllocs(s *suite) (err error) {
	record := s.up(page)
	r, err := s.open(8*record, record)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	b := backend.Batch{Record: record, N: 8}
	for i := range b.N {
		b.Off[i] = int64((i*3)%8) * int64(record)
	}
	var failed error
	view := testing.AllocsPerRun(20, func() {
		for _, off := range b.Off[:b.N] {
			if _, err := r.w.View(off, record); err != nil {
				failed = err
			}
		}
	})
	if view != 0 {
		return fmt.Errorf("a View allocates: %v in 8 calls", view)
	}
	for _, b.Consumer = range consumers {
		do := testing.AllocsPerRun(20, func() {
			if err := r.do.Do(&b); err != nil {
				failed = err
			}
		})
		if do != 0 {
			return fmt.Errorf("a Do allocates with consumer %v: %v a call", b.Consumer, do)
		}
	}
	return failed
}

// openAllocs opens and closes what the verb needs. Both are timed, and with them
// what they allocate beyond the path for the kernel, which there is no way around,
// and what they return: for a file that is read with its worker three small objects,
// for one that is appended to two, for a copy of two paths three. most allows for
// one more.
func (s *suite) openAllocs(verb backend.Verb, most float64) error {
	size := s.up(page)
	data, err := s.file("data", size)
	if err != nil {
		return err
	}
	const runs = 10
	var outs []string
	for i := range runs + 1 { // one to warm up
		outs = append(outs, s.path(fmt.Sprint("out", i)))
	}
	spec := s.spec(size, s.up(page))
	next := 0
	allocs := testing.AllocsPerRun(runs, func() {
		if failed := s.start(verb, data, outs[next], spec); failed != nil {
			err = failed
		}
		next++
	})
	if most = max(most, s.allocs); allocs > most {
		err = errors.Join(err, fmt.Errorf("opening and closing allocates %v objects, want %v at most", allocs, most))
	}
	return err
}

// unfit asks for files that no backend may open.
func unfit(s *suite) error {
	size := 2 * page
	good, err := s.file("good", size)
	if err != nil {
		return err
	}
	link, dangling, dir, empty := s.path("link"), s.path("dangling"), s.path("dir"), s.path("empty")
	if err := errors.Join(os.Symlink(good, link), os.Symlink(s.path("nowhere"), dangling),
		os.Mkdir(dir, 0o700), os.WriteFile(empty, nil, 0o600)); err != nil {
		return err
	}
	spec := s.spec(size, s.up(page))
	for _, c := range []struct {
		what, path string
		size       int
		is         error
	}{
		{"a symbolic link", link, size, nil},
		{"a dangling symbolic link", dangling, size, nil},
		{"a directory", dir, size, nil},
		{"a missing file", s.path("missing"), size, fs.ErrNotExist},
		{"a shorter file than expected", good, size + 8, nil},
		{"a longer file than expected", good, size - 8, nil},
		{"an empty file", empty, 0, nil},
		{"an empty file in place of one", empty, size, nil},
	} {
		spec.Size = int64(c.size)
		err := s.start(backend.ToRead, c.path, "", spec)
		switch {
		case err == nil:
			return fmt.Errorf("%s was opened", c.what)
		case !strings.Contains(err.Error(), c.path):
			return fmt.Errorf("%s: the error %q does not name the path", c.what, err)
		case c.is != nil && !errors.Is(err, c.is):
			return fmt.Errorf("%s: the error %q does not wrap %v", c.what, err, c.is)
		}
	}
	return nil
}

func smallBuffer(s *suite) error {
	path, err := s.file("data", 4*page)
	if err != nil {
		return err
	}
	record := s.up(page)
	spec := s.spec(4*page, record)
	spec.Buf = spec.Buf[:record-8]
	f, err := s.Open(path, spec)
	if err != nil {
		return nil // soon enough
	}
	_, err = f.Worker(0)
	if err == nil {
		err = errors.New("a buffer smaller than a record was accepted")
	} else {
		err = nil
	}
	return errors.Join(err, f.Close())
}
