package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/internal/memfault"
	"mmapbench/internal/units"
)

// DefaultWindow is how much of a file Copy maps at once, in bytes. Any window
// would do: it bounds the dirty memory between two msyncs, and the address
// space, which is short on 32-bit systems alone.
const DefaultWindow = 256 << 20

// CopyOptions are those of Copy.
type CopyOptions struct {
	Common
	Src, Dst string // "": files of the program's own, of several lengths
	Window   int64  // bytes mapped at once, whole pages; 0: DefaultWindow
	Force    bool   // overwrite Dst
}

// Copy copies a file by one memcpy from a mapping to a mapping, in windows if it
// is larger than one, and compares the two by read(2). The permissions are kept.
// A copy that is cut short, by an error or ctx, is removed if it was not there
// before.
func Copy(ctx context.Context, w io.Writer, o CopyOptions) error {
	return o.play(w, "copy", func(s *script) (err error) {
		if o.Window == 0 {
			o.Window = DefaultWindow
		}
		if o.Window < 0 || o.Window%pageSize() != 0 {
			return fmt.Errorf("copy: a window of %d bytes is not a multiple of the page size, %d", o.Window, pageSize())
		}
		if o.Src != "" {
			return s.copy(ctx, &o)
		}
		b, err := o.borrow()
		if err != nil {
			return err
		}
		defer b.done(&err)
		return s.copyLengths(ctx, b, o)
	})
}

// copyLengths copies files of the lengths at which programs go wrong.
func (s *script) copyLengths(ctx context.Context, b *scratch, o CopyOptions) (err error) {
	content := pagesOf("ab")
	for _, n := range []int64{0, 1, pageSize() - 1, pageSize(), pageSize() + 1} {
		if o.Src, err = b.file("copy-from", content[:n]); err != nil {
			return err
		}
		if o.Dst, err = b.dir.Scratch("lab-copy-to"); err != nil {
			return err
		}
		s.step("A file of %s", count(n, "byte"))
		s.nested = true // the mappings are what differs from length to length
		err := s.copy(ctx, &o)
		if s.nested = false; err != nil {
			return err
		}
	}
	return nil
}

func (s *script) copy(ctx context.Context, o *CopyOptions) (err error) {
	s.step("Open both files")
	src, err := s.open("src", o.Src, unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(src.fd)
	size, from, err := s.size(src)
	if err != nil {
		return err
	}
	dst, made, err := s.openCopy(o, from)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, unix.Close(dst.fd)); err != nil && made {
			err = errors.Join(err, os.Remove(dst.path))
		}
	}()
	if err := s.copyBytes(ctx, src, dst, size, o.Window); err != nil {
		return err
	}
	if err := s.sealCopy(dst, from.Mode&0o777); err != nil {
		return err
	}
	return s.compareCopy(ctx, src, dst, size)
}

// openCopy opens the destination, which is emptied only when it is known not to
// be the source under another name.
func (s *script) openCopy(o *CopyOptions, from unix.Stat_t) (dst *file, made bool, err error) {
	flags := unix.O_RDWR | unix.O_CREAT | unix.O_EXCL
	if o.Force {
		var st unix.Stat_t
		if unix.Stat(o.Dst, &st) == nil {
			flags = unix.O_RDWR
		}
	}
	dst, err = s.open("dst", o.Dst, flags, 0o600)
	if errors.Is(err, unix.EEXIST) {
		var st unix.Stat_t
		if unix.Stat(o.Dst, &st) == nil && sameFile(from, st) {
			return nil, false, sameError(o)
		}
		return nil, false, fmt.Errorf("%w: to overwrite it, give --force", err)
	}
	if err != nil {
		return nil, false, err
	}
	made = flags&unix.O_EXCL != 0
	_, to, err := s.size(dst)
	if err == nil && sameFile(from, to) {
		err = sameError(o)
	}
	if err == nil {
		err = s.fits(dst, from, to)
	}
	if err != nil {
		err = errors.Join(err, unix.Close(dst.fd))
		if made {
			err = errors.Join(err, os.Remove(dst.path))
		}
		return nil, false, err
	}
	return dst, made, nil
}

// fits finds out before anything is emptied whether there is room for the copy.
// A mapping would find out by a SIGBUS.
func (s *script) fits(dst *file, from, to unix.Stat_t) error {
	free, err := dataset.FreeSpace(dst.path)
	if err != nil {
		return err
	}
	if free += to.Blocks * 512; free < from.Size {
		return fmt.Errorf("not enough space for %s: it takes %s and there are %s", dst.path, units.FormatSize(from.Size), units.FormatSize(free))
	}
	return nil
}

func sameError(o *CopyOptions) error {
	return fmt.Errorf("%s and %s are the same file: emptying the one would empty the other; name another destination", o.Src, o.Dst)
}

// copyBytes gives the destination its length and copies window by window.
func (s *script) copyBytes(ctx context.Context, src, dst *file, size, window int64) error {
	s.step("Give the copy its length, %s", count(size, "byte"))
	if err := s.ftruncate(dst, 0); err != nil {
		return err
	}
	if size == 0 {
		s.note("A file of no bytes cannot be mapped, and there is nothing to copy.")
		return nil
	}
	if err := s.ftruncate(dst, size); err != nil {
		return err
	}
	windows := (size + window - 1) / window
	if windows == 1 {
		s.step("Map both and copy: one memcpy")
	} else {
		s.step("Map both and copy, in %d windows of %s: one memcpy each", windows, units.FormatSize(window))
	}
	defer func() { s.mute = false }()
	for i := range windows {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("the copy was stopped: %w", err)
		}
		s.mute = i > 0 && i < windows-1 // the lines would all be alike
		if i == windows-1 && windows > 2 {
			s.note("The windows between are copied likewise. The last one:")
		}
		if err := s.copyWindow(src, dst, i*window, min(window, size-i*window)); err != nil {
			return err
		}
	}
	return nil
}

// copyWindow maps the same range of both files and copies it.
func (s *script) copyWindow(src, dst *file, off, n int64) error {
	p, err := s.mmap("p", src, off, n, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	q, err := s.mmap("q", dst, off, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return errors.Join(err, s.munmap(p))
	}
	s.add(Item{Call: fmt.Sprintf("memcpy(q, p, %d)", n)})
	err = memfault.Catch(func() error { copy(q.b, p.b); return nil })
	if err = p.faulted(q.faulted(err)); err == nil {
		err = s.msync(q, unix.MS_SYNC) // also so that its pages can go when memory is short
	}
	return errors.Join(err, s.munmap(q), s.munmap(p))
}

// sealCopy gives the copy the permissions of the source, and makes its length
// durable.
func (s *script) sealCopy(dst *file, mode uint32) error {
	s.step("Keep the permissions, and wait for the device")
	err := s.call(dst.path, "fchmod", unix.Fchmod(dst.fd, mode), "0", "fchmod(%s, %#o)", dst.name, mode)
	if err != nil {
		return err
	}
	return s.fsync(dst)
}

// compareCopy reads both files with read(2).
func (s *script) compareCopy(ctx context.Context, src, dst *file, size int64) error {
	s.step("Compare the two, with read(2)")
	a, b := make([]byte, min(size, 1<<20)), make([]byte, min(size, 1<<20))
	for off := int64(0); off < size; off += int64(len(a)) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("the comparison was stopped: %w", err)
		}
		n := min(int64(len(a)), size-off)
		if err := errors.Join(readInto(src, a[:n], off), readInto(dst, b[:n], off)); err != nil {
			return err
		}
		if !bytes.Equal(a[:n], b[:n]) {
			s.must(false, fmt.Sprintf("bytes %d to %d are the same in both", off, off+n-1))
			return nil
		}
	}
	now, err := fileSize(dst.path)
	if err != nil {
		return err
	}
	s.must(now == size, fmt.Sprintf("the copy has %s, like the source, and they are the same", count(size, "byte")))
	s.concludeOnce("There is no buffer in the program, and still every byte is moved once by the processor, and every page of both files costs part of a page fault. Whether that is faster than read(2) and write(2) is to be measured: mmapbench run --workload copy.",
		"copy_file_range(2) lets the kernel copy, and a file system with reflinks need not even move the bytes (mmapbench check says whether yours has them).",
		"While a file is mapped its length may be changed by others: a source made shorter is a SIGBUS in the memcpy.")
	return nil
}
