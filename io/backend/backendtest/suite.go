// Package backendtest is the contract of package backend in executable form:
// one suite that every backend passes, whatever its family and options.
//
// The suite knows no backend. It makes files of which every word can be computed,
// asks for their bytes in all the awkward sizes, and compares; and it breaks the
// files under the backend to see which error the backend gives. The checks are
// functions that return errors, so that the suite itself can be tested with
// backends that are wrong on purpose.
package backendtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"mmapbench/io/backend"
)

// OpenAllocs is a method of a backend that opens through a library, and of the objects
// that the library allocates: how many may be allocated in all.
type OpenAllocs interface{ OpenAllocs() float64 }

// Run runs the suite on the backend, once for every string of options ("" for
// none; the same if no string is given). Options that the running kernel does
// not have are skipped, and so is a backend that needs what the file system of the
// directory for temporary files lacks.
func Run(t *testing.T, b backend.Backend, options ...string) {
	if len(options) == 0 {
		options = []string{""}
	}
	for _, text := range options {
		o, err := b.Info().Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(backend.Join(b.Info().Name, o), func(t *testing.T) {
			if err := b.Info().Probe("", o); err != nil {
				t.Skipf("not on this kernel: %v", err)
			}
			if _, err := newSuite(b, o, ""); err != nil {
				t.Fatal(err)
			}
			if _, err := newSuite(b, o, t.TempDir()); err != nil {
				t.Skipf("NOT TESTED, set TMPDIR to a directory on another file system: %v", err)
			}
			for _, c := range checks {
				t.Run(c.name, func(t *testing.T) {
					err := c.on(b, o, t.TempDir())
					if errors.Is(err, errSkip) {
						t.Skip(err)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			t.Run("random offsets", func(t *testing.T) { randomOffsets(t, b, o) })
		})
	}
}

// Failed runs the suite without a testing.T, each check in a directory of its
// own under dir, and returns the names of the checks that failed with what they
// found.
func Failed(dir string, b backend.Backend, options string) (map[string]error, error) {
	o, err := b.Info().Parse(options)
	if err != nil {
		return nil, err
	}
	failed := map[string]error{}
	for i, c := range checks {
		own := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(own, 0o700); err != nil {
			return nil, err
		}
		if err := c.on(b, o, own); err != nil && !errors.Is(err, errSkip) {
			failed[c.name] = err
		}
	}
	return failed, nil
}

type check struct {
	name string
	verb backend.Verb
	run  func(*suite) error
}

// checks are all checks but the one with random offsets.
var checks = slices.Concat(readChecks, appendChecks, copyChecks)

// on runs the check, if the backend has the verb of the check.
func (c check) on(b backend.Backend, o backend.Options, dir string) error {
	s, err := newSuite(b, o, dir)
	if err != nil || !s.can[c.verb] {
		return err
	}
	return c.run(s)
}

// suite is one run of the checks.
type suite struct {
	backend.Access // has the functions of all verbs
	can            map[backend.Verb]bool
	dir            string
	depth          int     // accesses that are in flight together
	allocs         float64 // objects that opening allocates, where that is more than the contract's
	align          int     // every offset and length is a multiple of align; 1: any is allowed
}

// newSuite configures the backend for each verb that it can do with these options;
// it is an error if there is none.
func newSuite(b backend.Backend, o backend.Options, dir string) (*suite, error) {
	s := &suite{can: map[backend.Verb]bool{}, dir: dir}
	if l, ok := b.(OpenAllocs); ok {
		s.allocs = l.OpenAllocs()
	}
	var errs []error
	for _, verb := range []backend.Verb{backend.ToRead, backend.ToAppend, backend.ToCopy} {
		a, err := backend.Configure(b, verb, dir, o)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.can[verb] = true
		switch verb {
		case backend.ToAppend:
			s.OpenAppend = a.OpenAppend
		case backend.ToCopy:
			s.OpenCopy = a.OpenCopy
		default:
			s.Open = a.Open
		}
		s.align, s.depth = max(s.align, a.Needs.Align, 1), max(s.depth, a.Needs.Depth, 1)
	}
	if len(s.can) > 0 {
		errs = nil
	}
	return s, errors.Join(errs...)
}

// up and down round to what the backend can access: to anything, mostly.
func (s *suite) up(n int) int         { return (n + s.align - 1) / s.align * s.align }
func (s *suite) down(off int64) int64 { return off - off%int64(s.align) }

// start opens what the verb needs and closes it again.
func (s *suite) start(verb backend.Verb, data, out string, spec backend.Spec) error {
	var c interface{ Close() error }
	var err error
	switch verb {
	case backend.ToAppend:
		c, err = s.OpenAppend(out, spec)
	case backend.ToCopy:
		c, err = s.OpenCopy(data, out, spec)
	default:
		c, err = s.Open(data, spec)
	}
	if err != nil {
		return err
	}
	return c.Close()
}

var page = os.Getpagesize()

// sizes are the awkward sizes of files: about a page, odd, several pages.
func sizes() []int {
	return []int{8, page - 8, page, page + 8, 3*page - 1000, 5*page + 24, 8 * page}
}

// records are the awkward sizes of records that fit into a file.
func (s *suite) records(size int) []int {
	var fit []int
	for _, r := range []int{8, 1000, page / 2, page - 8, page, page + 8, 3 * page} {
		if r = s.up(r); r <= size && !slices.Contains(fit, r) {
			fit = append(fit, r)
		}
	}
	return fit
}

var consumers = []backend.Consumer{backend.Touch, backend.Sum, backend.Copy}

// aligned returns memory that begins at a page.
func aligned(size int) []byte {
	raw := make([]byte, size+page)
	return raw[-int(uintptr(unsafe.Pointer(&raw[0])))&(page-1):][:size]
}

// content returns what is in the suite's files: words that depend on their
// offset, so that no two places look alike.
func content(size int) []byte {
	p := aligned(size)
	for i := 0; i+8 <= size; i += 8 {
		x := uint64(i+8) * 0x9e3779b97f4a7c15
		binary.LittleEndian.PutUint64(p[i:], x^x>>29)
	}
	return p
}

func (s *suite) path(name string) string { return filepath.Join(s.dir, name) }

// file makes a file with the suite's content, over one of that name.
func (s *suite) file(name string, size int) (string, error) {
	path := s.path(name)
	return path, os.WriteFile(path, content(size), 0o600)
}

// spec returns a spec with room for two workers.
func (s *suite) spec(size, record int) backend.Spec {
	stride := (record + page - 1) / page * page
	return backend.Spec{Size: int64(size), Record: record, Durability: backend.None, Buf: aligned(2 * s.depth * stride)}
}

// want works out, word by word, what the consumer must make of a record.
func want(c backend.Consumer, p []byte, off int64) (sum uint64) {
	if c == backend.Sum {
		for i := 0; i+8 <= len(p); i += 8 {
			sum += binary.LittleEndian.Uint64(p[i:])
		}
		return sum
	}
	for k := 0; k*page+8 <= len(p); k++ {
		sum += binary.LittleEndian.Uint64(p[backend.Touched(off, len(p), k):])
	}
	return sum
}

// sameFile compares a file with what must be in it.
func sameFile(path string, want []byte) error {
	got, err := os.ReadFile(path)
	switch {
	case err != nil:
		return err
	case len(got) != len(want):
		return fmt.Errorf("%s is %d bytes long, want %d", filepath.Base(path), len(got), len(want))
	case !bytes.Equal(got, want):
		i := 0
		for got[i] == want[i] {
			i++
		}
		return fmt.Errorf("%s differs at byte %d of %d", filepath.Base(path), i, len(want))
	}
	return nil
}

// reading is an opened file with its worker.
type reading struct {
	backend.File
	w    backend.Worker
	do   backend.Batcher
	data []byte
}

func (s *suite) open(size, record int) (*reading, error) {
	path, err := s.file("data", size)
	if err != nil {
		return nil, err
	}
	f, err := s.Open(path, s.spec(size, record))
	if err != nil {
		return nil, err
	}
	w, err := f.Worker(0)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &reading{f, w, backend.NewBatcher(w), content(size)}, nil
}

// closing closes the file after use and adds its error.
func (r *reading) closing(err *error) { *err = errors.Join(*err, r.Close()) }

// view compares one view with the content.
func (r *reading) view(off int64, n int) error {
	p, err := r.w.View(off, n)
	switch {
	case err != nil:
		return fmt.Errorf("View(%d, %d): %w", off, n, err)
	case len(p) != n:
		return fmt.Errorf("View(%d, %d) returned %d bytes", off, n, len(p))
	case !bytes.Equal(p, r.data[off:off+int64(n)]):
		return fmt.Errorf("View(%d, %d) of %d bytes returned wrong bytes", off, n, len(r.data))
	}
	return nil
}

// batch compares what Do makes of the records at the offsets with what must
// come out, and that it adds to what was in Sum before.
func (r *reading) batch(c backend.Consumer, record int, offs ...int64) error {
	const before = 7
	b := &backend.Batch{Record: record, Consumer: c, Sum: before}
	sum := uint64(before)
	b.N = copy(b.Off[:], offs)
	for _, off := range b.Off[:b.N] {
		sum += want(c, r.data[off:off+int64(record)], off)
	}
	if err := r.do.Do(b); err != nil {
		return fmt.Errorf("in Do, consumer %v, records of %d: %w", c, record, err)
	}
	if b.Sum != sum {
		return fmt.Errorf("in Do, consumer %v, %d records of %d at %d…: sum %#x, want %#x", c, b.N, record,
			offs[0], b.Sum, sum)
	}
	return nil
}

func randomOffsets(t *testing.T, b backend.Backend, o backend.Options) {
	s, err := newSuite(b, o, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if !s.can[backend.ToRead] {
		return
	}
	size, record := s.up(9*page)+40, s.up(2*page+16)
	r, err := s.open(size, record)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rapid.Check(t, func(t *rapid.T) {
		n := s.up(rapid.IntRange(1, record/8).Draw(t, "words") * 8)
		offs := rapid.SliceOfN(rapid.Int64Range(0, int64(size-n)), 1, 20).Draw(t, "offsets")
		c := rapid.SampledFrom(consumers).Draw(t, "consumer")
		for i, off := range offs {
			offs[i] = s.down(off)
			if err := r.view(offs[i], n); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.batch(c, n, offs...); err != nil {
			t.Fatal(err)
		}
	})
}
