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
	{"accesses outside are refused", backend.ToRead, ranges},
	{"workers do not share anything", backend.ToRead, workers},
	{"no allocation", backend.ToRead, readAllocs},
	{"unfit files are refused", backend.ToRead, unfit},
	{"a small buffer is refused", backend.ToRead, smallBuffer},
	{"a file shortened meanwhile is noticed", backend.ToRead, shortened},
}

// contents visits the edges and the middle of files of every size, by View and
// by Do in turn, so that neither relies on what the other left.
func contents(s *suite) error {
	for _, size := range sizes() {
		for _, record := range records(size) {
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
	last := int64(size - record)
	offs := []int64{0, last, last / 2, last, 0}
	for off := int64(0); off <= last; off += int64(max(record, size/50)) {
		offs = append(offs, off)
	}
	for _, c := range consumers {
		if err := r.batch(c, record, offs...); err != nil {
			return err
		}
		for _, off := range offs[:5] {
			if err := errors.Join(r.view(off, record), r.view(off, 8), r.batch(c, record, off)); err != nil {
				return err
			}
		}
	}
	return r.view(0, 0)
}

func batches(s *suite) (err error) {
	r, err := s.open(2*page, 8)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	full := make([]int64, backend.BatchMax)
	for i := range full {
		full[i] = int64(i%(page/4)) * 8
	}
	for _, c := range consumers {
		b := backend.Batch{Record: 8, Consumer: c, Sum: 7}
		if err := r.do.Do(&b); err != nil || b.Sum != 7 {
			return fmt.Errorf("an empty batch: sum %d, want 7; error %v", b.Sum, err)
		}
		if err := r.batch(c, 8, full...); err != nil {
			return err
		}
	}
	return nil
}

func ranges(s *suite) (err error) {
	size, record := 2*page+8, page
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
			return fmt.Errorf("View(%d, %d) of %d bytes: error %v, want one that wraps ErrRange", a.off, a.n, size, err)
		}
		b := backend.Batch{Record: a.n, N: 1}
		b.Off[0] = a.off
		if err := r.do.Do(&b); !errors.Is(err, backend.ErrRange) {
			return fmt.Errorf("call of Do at %d, %d of %d bytes: error %v, want one that wraps ErrRange", a.off, a.n, size, err)
		}
	}
	return r.view(0, record) // and it still works
}

// workers lets two workers take turns: what one was given stays as it is, and
// each goes on where it was.
func workers(s *suite) (err error) {
	size, record := 6*page, page+8
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
	for _, off := range []int64{0, int64(record), 2 * int64(record), 8} {
		mine, err := r.w.View(off, record)
		if err != nil {
			return err
		}
		other := off + int64(page)
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
	r, err := s.open(8*page, page)
	if err != nil {
		return err
	}
	defer r.closing(&err)
	b := backend.Batch{Record: page, N: 8}
	for i := range b.N {
		b.Off[i] = int64((i*3)%8) * int64(page)
	}
	var failed error
	view := testing.AllocsPerRun(20, func() {
		for _, off := range b.Off[:b.N] {
			if _, err := r.w.View(off, page); err != nil {
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
	spec := s.spec(size, page)
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
	spec := s.spec(4*page, page)
	spec.Buf = spec.Buf[:page-8]
	f, err := s.b.Open(path, spec)
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
