package lab

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memfault"
	"mmapbench/internal/posix"
)

// The calls that programs make. What is printed is what was called: both come
// from the same arguments. Left out of the text are O_CLOEXEC, and O_NONBLOCK,
// which means nothing to files and keeps an open from waiting for the other end
// of a pipe.

// file is an open file with the name of its descriptor in the text.
type file struct {
	fd   int
	name string
	path string
}

// mapping is a mapping with the name of its address in the text. It is made by
// the system call alone: unix.Mmap keeps a list of mappings that may be
// unmapped, and some programs here do it wrongly on purpose.
type mapping struct {
	b    []byte
	name string
	path string
}

// call writes a call down and makes its error one that says what failed.
func (s *script) call(path, op string, err error, result, format string, args ...any) error {
	i := Item{Call: fmt.Sprintf(format, args...), Result: result, name: op}
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		i.Errno, i.Result = unix.ErrnoName(errno), errno.Error()
	}
	s.add(i)
	if err != nil {
		return &fs.PathError{Op: op, Path: path, Err: err}
	}
	return nil
}

// open opens a file, and never through a symbolic link: somebody may have put one
// in the place of a file that is the program's own, or that was named.
func (s *script) open(name, path string, flags int, mode uint32) (*file, error) {
	f := &file{name: name, path: path}
	if flags&unix.O_CREAT == 0 { // O_CREAT|O_EXCL follows no link either
		flags |= unix.O_NOFOLLOW
	}
	err := posix.Retry(func() (err error) {
		f.fd, err = unix.Open(path, flags|unix.O_CLOEXEC|unix.O_NONBLOCK, mode)
		return err
	})
	text := fmt.Sprintf("open(%q, %s)", path, openNames(flags))
	if flags&unix.O_CREAT != 0 {
		text = fmt.Sprintf("open(%q, %s, %#o)", path, openNames(flags), mode)
	}
	err = s.call(path, "open", err, name, "%s", text)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("%w: it is a symbolic link; name the file itself", err)
	}
	if err != nil {
		return nil, err
	}
	if err := s.stillOurs(f); err != nil {
		return nil, errors.Join(err, unix.Close(f.fd))
	}
	return f, nil
}

// plain opens a file and asks for its length. A file that was named must be a
// regular one with contents and locked by nobody else: the programs are about
// mappings, not about files that are anything else.
func (s *script) plain(name, path string, flags int) (*file, unix.Stat_t, error) {
	var st unix.Stat_t
	f, err := s.open(name, path, flags, 0)
	if err != nil {
		return nil, st, err
	}
	named := s.own[path] == nil
	if named {
		err = s.lock(f, flags)
	}
	if err == nil {
		st, err = s.size(f)
	}
	if err == nil && named && st.Size == 0 {
		err = fmt.Errorf("%s is empty, and a file of no bytes cannot be mapped (see: mmapbench lab mistakes empty): "+
			"name one with contents", path)
	}
	if err != nil {
		return nil, st, errors.Join(err, unix.Close(f.fd))
	}
	return f, st, nil
}

// lock holds off programs that lock too, for as long as the file is open.
func (s *script) lock(f *file, flags int) error {
	kind, word := unix.LOCK_EX, "LOCK_EX"
	if flags&unix.O_ACCMODE == unix.O_RDONLY {
		kind, word = unix.LOCK_SH, "LOCK_SH"
	}
	err := s.call(f.path, "flock", unix.Flock(f.fd, kind|unix.LOCK_NB), "0", "flock(%s, %s|LOCK_NB)", f.name, word)
	if err != nil {
		return fmt.Errorf("%w: another program may be writing to it; make a copy first: cp %q copy", err, f.path)
	}
	return nil
}

// stillOurs reports a file of the program's own that is not the one it was made as:
// somebody may have put a link to another file in its place.
func (s *script) stillOurs(f *file) error {
	made := s.own[f.path]
	if made == nil {
		return nil
	}
	var was, is unix.Stat_t
	if err := errors.Join(unix.Fstat(int(made.Fd()), &was), unix.Fstat(f.fd, &is)); err != nil {
		return &fs.PathError{Op: "fstat", Path: f.path, Err: err}
	}
	if !sameFile(was, is) {
		return fmt.Errorf("%s is another file by now, which somebody has put there: nothing is done with it", f.path)
	}
	return nil
}

func (s *script) close(f *file) error {
	return s.call(f.path, "close", unix.Close(f.fd), "0", "close(%s)", f.name)
}

// size asks for the length of a regular file. Others cannot be mapped as the
// programs here do.
func (s *script) size(f *file) (st unix.Stat_t, err error) {
	err = unix.Fstat(f.fd, &st)
	result := fmt.Sprintf("0, st_size is %d", st.Size)
	if err := s.call(f.path, "fstat", err, result, "fstat(%s, &st)", f.name); err != nil {
		return st, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return st, fmt.Errorf("%s is not a regular file: only those have a length and contents to "+
			"map; name a file", f.path)
	}
	return st, nil
}

func (s *script) ftruncate(f *file, n int64) error {
	err := posix.Retry(func() error { return unix.Ftruncate(f.fd, n) })
	return s.call(f.path, "ftruncate", err, "0", "ftruncate(%s, %d)", f.name, n)
}

func (s *script) mmap(name string, f *file, off, n int64, prot, flags int) (*mapping, error) {
	b, err := posix.Mmap(f.fd, off, n, prot, flags)
	err = s.call(f.path, "mmap", err, name, "mmap(NULL, %d, "+
		"%s, %s, %s, %d)", n, names(prot, protFlags, "PROT_NONE"), names(flags, mapFlags, "0"), f.name, off)
	if errors.Is(err, unix.ENODEV) {
		return nil, fmt.Errorf("%w: its file system has no such mappings (mmapbench check says what it has); take a "+
			"file on another", err)
	}
	if err != nil {
		return nil, err
	}
	return &mapping{b, name, f.path}, nil
}

func (m *mapping) addr() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(m.b)) }

func (s *script) munmap(m *mapping) error {
	err := posix.Munmap(m.b)
	return s.call(m.path, "munmap", err, "0", "munmap(%s, %d)", m.name, len(m.b))
}

func (s *script) msync(m *mapping, flags int) error {
	err := posix.Msync(m.b, flags)
	return s.call(m.path, "msync", err, "0", "msync(%s, %d, %s)", m.name, len(m.b), names(flags, syncFlags, "0"))
}

// store copies bytes into a mapping, where a fault is an error that says what
// may have caused it.
func (s *script) store(m *mapping, off int64, b []byte) error {
	at := m.name
	if off > 0 {
		at = fmt.Sprintf("%s + %d", m.name, off)
	}
	s.add(Item{Call: fmt.Sprintf("memcpy(%s, %s, %d)", at, quoted(b), len(b))})
	err := memfault.Catch(func() error { copy(m.b[off:], b); return nil })
	return m.faulted(err)
}

// faulted explains a fault in the mapping.
func (m *mapping) faulted(err error) error {
	fault, ok := errors.AsType[*memfault.Error](err)
	if !ok {
		return err
	}
	if off, in := fault.In(m.b); in {
		return fmt.Errorf("%w, byte %d of the mapping of %s: its disk is full, or it was made shorter meanwhile, or "+
			"the device failed", err, off, m.path)
	}
	return err
}

// look opens a file once more, to look at it by read(2), which does not go through
// any mapping. The calls are not written down.
func (s *script) look(path string, at func(*file) error) error {
	if made := s.own[path]; made != nil {
		return at(&file{fd: int(made.Fd()), path: path})
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	return at(&file{fd: fd, path: path})
}

// readFile reads n bytes of a file from off.
func (s *script) readFile(path string, off, n int64) ([]byte, error) {
	b := make([]byte, n)
	return b, s.look(path, func(f *file) error { return readInto(f, b, off) })
}

// fileSize is the length of a file.
func (s *script) fileSize(path string) (n int64, err error) {
	err = s.look(path, func(f *file) (err error) {
		n, err = f.length()
		return err
	})
	return n, err
}

// readInto fills b from an open file.
func readInto(f *file, b []byte, off int64) error {
	for done := 0; done < len(b); {
		var n int
		err := posix.Retry(func() (err error) {
			n, err = unix.Pread(f.fd, b[done:], off+int64(done))
			return err
		})
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return &fs.PathError{Op: "read", Path: f.path, Err: err}
		}
		done += n
	}
	return nil
}

// sameFile reports whether two files are one.
func sameFile(a, b unix.Stat_t) bool { return a.Dev == b.Dev && a.Ino == b.Ino }

// length asks for the length of an open file, without a line in the report.
func (f *file) length() (int64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(f.fd, &st); err != nil {
		return 0, &fs.PathError{Op: "fstat", Path: f.path, Err: err}
	}
	return st.Size, nil
}

// stillNamed reports whether the path still leads to the file.
func (f *file) stillNamed() bool {
	var a, b unix.Stat_t
	return unix.Fstat(f.fd, &a) == nil && unix.Stat(f.path, &b) == nil && sameFile(a, b)
}
