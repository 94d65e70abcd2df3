package preflight

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/internal/host"
	"mmapbench/internal/memfault"
	"mmapbench/internal/pagecache"
)

// bench is the workbench of the probes: a folder on the target, and what was
// found out so far that later probes rest on.
type bench struct {
	target string
	page   int
	dir    *dataset.Dir
	noFile error // why no file can be made; nil: one can
	host   host.Facts

	noShared, noPrivate string // the refusal of such a mapping; "": none
	faultsArrive        bool
	stays               bool // pages were asked to leave the page cache, and stayed

	sink byte // keeps the compiler from leaving loads out

	// What clear gives back after each probe.
	files []*os.File
	names []string
	maps  [][]byte
}

// reply is the answer of a probe and what it rests on.
type reply struct {
	answer   Answer
	evidence string
}

func yes(format string, args ...any) (reply, error) {
	return reply{Yes, fmt.Sprintf(format, args...)}, nil
}

func no(format string, args ...any) (reply, error) {
	return reply{No, fmt.Sprintf(format, args...)}, nil
}

func unknown(format string, args ...any) (reply, error) {
	return reply{Unknown, fmt.Sprintf(format, args...)}, nil
}

// verdict is yes or no.
func verdict(good bool, format string, args ...any) (reply, error) {
	if good {
		return yes(format, args...)
	}
	return no(format, args...)
}

// callError is a system call that failed. Evidence names the number, by which
// it can be looked up.
type callError struct {
	call  string
	errno syscall.Errno
}

func (e *callError) Error() string {
	return fmt.Sprintf("%s: %s (%v)", e.call, errnoName(e.errno), e.errno)
}

func (e *callError) Unwrap() error { return e.errno }

// failed names the call that failed; nil stays nil.
func failed(call string, err error) error {
	if err == nil {
		return nil
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return &callError{call, errno}
	}
	return fmt.Errorf("%s: %w", call, err)
}

// errnoOf names the number of an error of a system call.
func errnoOf(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errnoName(errno)
	}
	return err.Error()
}

// errnoName names the number that a system call returned, as its man page does.
func errnoName(e syscall.Errno) string {
	switch e {
	case 0:
		return "accepted"
	case unix.EOPNOTSUPP: // which is the same number as ENOTSUP
		return "EOPNOTSUPP"
	}
	return unix.ErrnoName(e)
}

// circumstances are errors that tell of the moment or of the user, and not of
// what the target can do.
var circumstances = []error{unix.ENOSPC, unix.EDQUOT, unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EAGAIN, unix.EINTR,
	unix.EACCES, unix.EPERM, unix.EROFS, unix.EFBIG, unix.ENOLCK}

// unasked is an error before the question: it is no answer to it.
type unasked struct{ error }

func (e *unasked) Unwrap() error { return e.error }

// answerOf is what an error in the middle of a probe comes to: no if the kernel
// refused or a touch failed, unknown otherwise.
func answerOf(err error) Answer {
	if _, ok := errors.AsType[*unasked](err); ok {
		return Unknown
	}
	for _, c := range circumstances {
		if errors.Is(err, c) {
			return Unknown
		}
	}
	if _, ok := errors.AsType[syscall.Errno](err); ok {
		return No
	}
	if _, ok := errors.AsType[*memfault.Error](err); ok {
		return No
	}
	return Unknown
}

// clear unmaps, closes and removes what a probe made. Its error may be the
// target's last word on what was written, as close(2) may report it; what cannot
// be removed is reported when the folder is given back.
func (b *bench) clear() error {
	var errs []error
	for _, m := range b.maps {
		errs = append(errs, failed("munmap", unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(m)), uintptr(len(m)))))
	}
	for _, f := range b.files {
		if err := f.Close(); !errors.Is(err, os.ErrClosed) {
			errs = append(errs, failed("close", err))
		}
	}
	for _, name := range b.names {
		_ = b.dir.Remove(name)
	}
	b.maps, b.files, b.names = nil, nil, nil
	return errors.Join(errs...)
}

// empty makes a new, empty file.
func (b *bench) empty() (*os.File, error) {
	name := fmt.Sprintf("check-%d.tmp", len(b.names))
	f, err := b.dir.Create(name)
	if err != nil {
		return nil, &unasked{err}
	}
	b.names, b.files = append(b.names, name), append(b.files, f)
	return f, nil
}

// made makes a new file with n bytes in it, and returns them too.
func (b *bench) made(n int) (*os.File, []byte, error) {
	f, err := b.empty()
	if err != nil {
		return nil, nil, err
	}
	content := words(n, 0)
	return f, content, write(f, content, 0)
}

// again opens a file a second time.
func (b *bench) again(f *os.File, flags int) (*os.File, error) {
	g, err := b.dir.Reopen(f, flags)
	if err != nil {
		return nil, failed("open", err)
	}
	b.files = append(b.files, g)
	return g, nil
}

// words are n bytes that no others look like: no page equals another, and none
// is zero. The kind tells one use from another.
func words(n int, kind uint64) []byte {
	p := make([]byte, (n+7)/8*8)
	dataset.Fill(p, dataset.DefaultSeed+kind, 0)
	return p[:n]
}

func write(f *os.File, p []byte, off int64) error {
	_, err := f.WriteAt(p, off)
	return failed("pwrite", err)
}

// read reads up to n bytes; fewer if the file ends before.
func read(f *os.File, off int64, n int) ([]byte, error) {
	p := make([]byte, n)
	n, err := f.ReadAt(p, off)
	if err == io.EOF {
		err = nil
	}
	return p[:n], failed("pread", err)
}

func size(f *os.File) (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, failed("fstat", err)
	}
	return st.Size(), nil
}

// blocks returns how many bytes a file takes on its file system.
func blocks(f *os.File) (int64, error) {
	var st unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &st)
	return st.Blocks * 512, failed("fstat", err)
}

// differ says where bytes differ from those wanted; "" if they do not.
func differ(got, want []byte) string {
	for i := range want {
		switch {
		case i >= len(got):
			return fmt.Sprintf("only %d of %d bytes", len(got), len(want))
		case got[i] != want[i]:
			return fmt.Sprintf("byte %d is %#02x instead of %#02x", i, got[i], want[i])
		}
	}
	return ""
}

// mmap maps n bytes of a file.
func (b *bench) mmap(f *os.File, n, prot, flags int) ([]byte, error) {
	p, err := unix.MmapPtr(int(f.Fd()), 0, nil, uintptr(n), prot, flags)
	if err != nil {
		return nil, failed("mmap", err)
	}
	m := unsafe.Slice((*byte)(p), n)
	b.maps = append(b.maps, m)
	return m, nil
}

// writable maps n bytes of a file shared, for reading and writing.
func (b *bench) writable(f *os.File, n int) ([]byte, error) {
	return b.mmap(f, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// shared makes a new file with n bytes in it and maps it so.
func (b *bench) shared(n int) (f *os.File, content, m []byte, err error) {
	if f, content, err = b.made(n); err == nil {
		m, err = b.writable(f, n)
	}
	return f, content, m, err
}

// readable maps n bytes of a file for reading: shared, or private where there
// is nothing else.
func (b *bench) readable(f *os.File, n int) ([]byte, error) {
	return b.mmap(f, n, unix.PROT_READ, b.sharing())
}

func (b *bench) sharing() int {
	if b.noShared != "" {
		return unix.MAP_PRIVATE
	}
	return unix.MAP_SHARED
}

// mappingName names what readable makes.
func (b *bench) mappingName() string {
	if b.noShared != "" {
		return "private mapping"
	}
	return "mapping"
}

// unmap unmaps before clear does.
func (b *bench) unmap(m []byte) error {
	for i := range b.maps {
		if unsafe.SliceData(b.maps[i]) == unsafe.SliceData(m) {
			b.maps = append(b.maps[:i], b.maps[i+1:]...)
			break
		}
	}
	return failed("munmap", unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(m)), uintptr(len(m))))
}

// evicted is how far an eviction went.
type evicted struct {
	pagecache.Residency
	unseen error // why that is not known; nil: it is
}

func (e evicted) gone() bool { return e.unseen == nil && e.Resident == 0 }

func (e evicted) String() string {
	switch {
	case e.unseen != nil:
		return fmt.Sprintf("an eviction that could not be made or seen (%v)", e.unseen)
	case e.gone():
		return "eviction"
	}
	return fmt.Sprintf("an eviction that left %d of %d pages", e.Resident, e.Pages)
}

// tryEvict writes a file's pages to the device and has them dropped. It does not
// insist where pages have stayed once: a file system in memory has no other
// place for them. What it could not do, or see, is in the result: a sandbox that
// has no mincore(2) or no posix_fadvise(2) says nothing about the bytes.
func (b *bench) tryEvict(f *os.File, n int64) (e evicted) {
	if b.stays {
		if e.unseen = pagecache.Evict(f); e.unseen == nil {
			e.Residency, e.unseen = pagecache.Resident(f, n)
		}
	} else {
		e.Residency, e.unseen = pagecache.Cold(f, n)
	}
	b.stays = b.stays || e.Resident > 0
	return e
}

// evict is tryEvict for questions that cannot be asked without.
func (b *bench) evict(f *os.File, n int64) (evicted, error) {
	e := b.tryEvict(f, n)
	if e.unseen != nil {
		return e, &unasked{e.unseen}
	}
	return e, nil
}

// resident counts the pages of a file in the page cache.
func resident(f *os.File, n int64) (int64, error) {
	r, err := pagecache.Resident(f, n)
	if err != nil {
		return 0, &unasked{err} // the witness is not there
	}
	return r.Resident, nil
}

// touch loads a byte of every page.
func (b *bench) touch(m []byte) {
	for i := 0; i < len(m); i += b.page {
		b.sink += m[i]
	}
}

// fault makes an access that must fail and returns at which byte of the mapping
// it did.
func fault(m []byte, access func()) (at int64, faulted bool) {
	err := memfault.Catch(func() error { access(); return nil })
	e, ok := errors.AsType[*memfault.Error](err)
	if !ok {
		return 0, false
	}
	at, in := e.In(m)
	return at, in
}
