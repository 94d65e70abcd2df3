package preflight

import (
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/internal/memfault"
	"mmapbench/internal/pagecache"
	"mmapbench/internal/posix"
	"mmapbench/internal/procmem"
)

// probing is a probe at work. Its methods, and the functions beside them, end
// the probe where they fail, so that a probe reads like its question.
type probing struct {
	*site

	sink byte // keeps the compiler from leaving loads out

	// clear gives these back after the probe.
	files []*os.File
	names []string
	maps  [][]byte
}

// ask runs a probe up to its answer, and clears up after it.
func (s *site) ask(question func(*probing) answer) answer {
	p := &probing{site: s}
	a := p.run(question)
	if err := p.clear(); err != nil && a.Answer == Yes {
		return failure(err)
	}
	return a
}

func (p *probing) run(question func(*probing) answer) (a answer) {
	defer func() {
		if v := recover(); v != nil {
			early, ok := v.(ended)
			if !ok {
				panic(v)
			}
			a = answer(early)
		}
	}()
	err := memfault.Catch(func() error {
		a = question(p)
		return nil
	})
	if err != nil {
		return failure(err)
	}
	return a
}

// clear unmaps, closes and removes what the probe made. Its error may be the
// target's last word on what was written, as close(2) may report it; what cannot
// be removed is reported when the folder is given back.
func (p *probing) clear() error {
	var errs []error
	for _, m := range p.maps {
		errs = append(errs, munmap(m))
	}
	for _, f := range p.files {
		if err := f.Close(); !errors.Is(err, os.ErrClosed) {
			errs = append(errs, failed("close", err))
		}
	}
	for _, name := range p.names {
		_ = p.dir.Remove(name)
	}
	return errors.Join(errs...)
}

// empty makes a new, empty file.
func (p *probing) empty() *os.File {
	name := fmt.Sprintf("check-%d.tmp", len(p.names))
	f, err := p.dir.Create(name)
	if err != nil {
		check(&setupError{err})
	}
	p.names, p.files = append(p.names, name), append(p.files, f)
	return f
}

// newFile makes a file with n bytes in it, and returns them too.
func (p *probing) newFile(n int) (f *os.File, content []byte) {
	f, content = p.empty(), words(n, 0)
	write(f, content, 0)
	return f, content
}

// newShared makes a file with n bytes in it and maps it writable.
func (p *probing) newShared(n int) (f *os.File, content, m []byte) {
	f, content = p.newFile(n)
	return f, content, p.writable(f, n)
}

// newMapped makes a file of manyPages and maps it for reading.
func (p *probing) newMapped() (*os.File, []byte) {
	f, _ := p.newFile(manyPages * p.page)
	return f, p.readable(f, manyPages*p.page)
}

// reopen opens a file a second time.
func (p *probing) reopen(f *os.File, flags int) *os.File { return must(p.tryReopen(f, flags)) }

func (p *probing) tryReopen(f *os.File, flags int) (*os.File, error) {
	g, err := p.dir.Reopen(f, flags)
	if err != nil {
		return nil, failed("open", err)
	}
	p.files = append(p.files, g)
	return g, nil
}

// mmap maps n bytes of a file.
func (p *probing) mmap(f *os.File, n, prot, flags int) []byte {
	return must(p.tryMmap(f, n, prot, flags))
}

func (p *probing) tryMmap(f *os.File, n, prot, flags int) ([]byte, error) {
	m, err := posix.Mmap(int(f.Fd()), 0, int64(n), prot, flags)
	if err != nil {
		return nil, failed("mmap", err)
	}
	p.maps = append(p.maps, m)
	return m, nil
}

// writable maps n bytes of a file shared, for reading and writing.
func (p *probing) writable(f *os.File, n int) []byte {
	return p.mmap(f, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// readable maps n bytes of a file for reading: shared, or private where there
// is nothing else.
func (p *probing) readable(f *os.File, n int) []byte {
	return p.mmap(f, n, unix.PROT_READ, p.sharing())
}

// unmap unmaps before clear does.
func (p *probing) unmap(m []byte) {
	for i := range p.maps {
		if unsafe.SliceData(p.maps[i]) == unsafe.SliceData(m) {
			p.maps = append(p.maps[:i], p.maps[i+1:]...)
			break
		}
	}
	check(munmap(m))
}

func munmap(m []byte) error { return failed("munmap", posix.Munmap(m)) }

// touch loads a byte of every page.
func (p *probing) touch(m []byte) {
	for i := 0; i < len(m); i += p.page {
		p.sink += m[i]
	}
}

// evict is tryEvict, but a failure makes the answer unknown.
func (p *probing) evict(f *os.File, n int) evicted {
	e := p.tryEvict(f, n)
	if e.unseen != nil {
		check(&setupError{e.unseen})
	}
	return e
}

// words returns n bytes in which no page equals another, and none is zero. The kind tells one use from another.
func words(n int, kind uint64) []byte {
	p := make([]byte, (n+7)/8*8)
	dataset.Fill(p, dataset.DefaultSeed+kind, 0)
	return p[:n]
}

func write(f *os.File, p []byte, off int) {
	_, err := f.WriteAt(p, int64(off))
	call("pwrite", err)
}

// read reads up to n bytes; fewer if the file ends before.
func read(f *os.File, off, n int) ([]byte, error) {
	p := make([]byte, n)
	n, err := f.ReadAt(p, int64(off))
	if err == io.EOF {
		err = nil
	}
	return p[:n], failed("pread", err)
}

// expect ends the probe unless a file holds the bytes wanted, and no others.
func expect(what string, f *os.File, want []byte) {
	got := readFor(what, f, 0, len(want)+1)
	equal(what, got, want)
	sameLength(what, len(got), len(want))
}

// expectAt ends the probe unless a file holds the bytes wanted at an offset.
func expectAt(what string, f *os.File, off int, want []byte) {
	equal(what, readFor(what, f, off, len(want)), want)
}

func readFor(what string, f *os.File, off, n int) []byte {
	got, err := read(f, off, n)
	if err != nil {
		check(fmt.Errorf("%s: %w", what, err))
	}
	return got
}

// expectLength ends the probe unless fstat(2) tells the length wanted.
func expectLength(what string, f *os.File, want int) {
	st, err := f.Stat()
	if err != nil {
		check(fmt.Errorf("%s: %w", what, failed("fstat", err)))
	}
	sameLength(what, int(st.Size()), want)
}

func sameLength(what string, got, want int) {
	if got != want {
		end(no("%s: %d bytes instead of %d", what, got, want))
	}
}

func fdatasync(f *os.File) { call("fdatasync", posix.Fdatasync(int(f.Fd()))) }

func ftruncate(f *os.File, n int) { call("ftruncate", unix.Ftruncate(int(f.Fd()), int64(n))) }

func msync(m []byte) { call("msync", posix.Msync(m, unix.MS_SYNC)) }

func madvise(m []byte, name string, advice int) {
	call("madvise("+name+")", posix.Madvise(m, advice))
}

// blocks returns how many bytes a file takes on its file system.
func blocks(f *os.File) int {
	var st unix.Stat_t
	call("fstat", unix.Fstat(int(f.Fd()), &st))
	return int(st.Blocks * 512)
}

// resident counts the pages of a file in the page cache.
func resident(f *os.File, n int) int {
	r, err := pagecache.Resident(f, int64(n))
	if err != nil {
		check(&setupError{err}) // mincore(2) is not there
	}
	return int(r.Resident)
}

// present counts the pages of a mapping that are mapped.
func present(m []byte) int { return must(procmem.Present(m)) }

// region is what /proc/self/smaps tells of a mapping.
func region(m []byte) *procmem.Region { return must(procmem.RegionOf(m)) }

// fault makes an access that must fail and returns the byte of the mapping at which
// the access failed.
func fault(m []byte, access func()) (at int, faulted bool) {
	err := memfault.Catch(func() error { access(); return nil })
	e, ok := errors.AsType[*memfault.Error](err)
	if !ok {
		return 0, false
	}
	off, in := e.In(m)
	return int(off), in
}
