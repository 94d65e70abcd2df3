package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memfault"
	"mmapbench/internal/prose"
	"mmapbench/internal/units"
)

// DefaultWindow is how many bytes of a file Copy maps at once. Any window would
// do: a window bounds the dirty memory between two msyncs, and the address
// space, which is short on 32-bit systems alone.
const DefaultWindow = 256 << 20

// CopyOptions are the options of Copy.
type CopyOptions struct {
	Common
	Src, Dst string // Dst must not exist; both "": files of the program's own, of several lengths
	Window   int64  // bytes mapped at once, whole pages; 0: DefaultWindow
}

// Copy copies a file by one memcpy from a mapping to a mapping, in windows if
// the file is larger than one, and compares the two by read(2). The copy is its
// owner's alone. A copy that an error or ctx cuts short is removed.
func Copy(ctx context.Context, w io.Writer, o CopyOptions) error {
	return o.play(w, "copy", func(s *script) error {
		if o.Window == 0 {
			o.Window = DefaultWindow
		}
		if o.Window < 0 || o.Window%pageSize() != 0 {
			return fmt.Errorf("copy: a window of %d bytes is not a multiple of the page size, %d", o.Window, pageSize())
		}
		if o.Src == "" {
			return s.copyLengths(ctx, o.Window)
		}
		return s.copy(ctx, o.Src, o.Dst, o.Window)
	})
}

// copyWindow maps the same range of both files and copies the bytes.
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

func (s *script) copy(ctx context.Context, from, to string, window int64) (err error) {
	s.step("Open both files")
	src, st, err := s.plain("src", from, unix.O_RDONLY)
	if err != nil {
		return err
	}
	defer unix.Close(src.fd)
	dst, err := s.open("dst", to, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL, st.Mode&0o700)
	if errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("%w: it is left alone; move it away, or name a file that does not exist", err)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && dst.stillNamed() {
			err = errors.Join(err, os.Remove(to))
		}
		err = errors.Join(err, unix.Close(dst.fd))
	}()
	if err := s.copyBytes(ctx, src, dst, st.Size, window); err != nil {
		return err
	}
	if err := s.compareCopy(ctx, src, dst, st.Size); err != nil {
		return err
	}
	s.concludeOnce(copyConclusions...)
	return nil
}

// copyBytes gives the destination its length and copies window by window.
func (s *script) copyBytes(ctx context.Context, src, dst *file, size, window int64) error {
	s.step("Give the copy its length, %s", prose.Count(size, "byte"))
	if size == 0 {
		s.note("A file of no bytes cannot be mapped, and there is nothing to copy.")
		return nil
	}
	if err := s.lengthen(dst, 0, size); err != nil {
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
			return fmt.Errorf("the copy differs from %s in the bytes %d to %d: somebody else writes to %s, or the "+
				"file system does not keep what is stored; the copy is removed", src.path, off, off+n-1, src.path)
		}
	}
	now, err := dst.length()
	if err != nil {
		return err
	}
	s.must(now == size, fmt.Sprintf("the copy has %s, like the source, and they "+
		"are the same", prose.Count(size, "byte")))
	return nil
}

// copyTo is the name of copies of the program's own.
const copyTo = "lab-copy-to"

// copyLengths copies files of the lengths at which programs go wrong.
func (s *script) copyLengths(ctx context.Context, window int64) (err error) {
	b, err := s.borrow()
	if err != nil {
		return err
	}
	defer b.done(&err)
	for _, n := range []int64{0, 1, pageSize() - 1, pageSize(), pageSize() + 1} {
		from, err := b.file("copy-from", pagesOf("ab")[:n])
		if err == nil {
			err = b.dir.Scratch(copyTo)
		}
		if err != nil {
			return err
		}
		s.step("A file of %s", prose.Count(n, "byte"))
		s.nested = true // the mappings are what differs from length to length
		err = s.copy(ctx, from, copyTo, window)
		if s.nested = false; err != nil {
			return err
		}
	}
	return nil
}

var copyConclusions = []string{
	"There is no buffer in the program, and still every byte is moved once by the processor. Every page of the " +
		"source costs its part of a page fault, as the kernel maps the neighbors of a load along with it. The kernel " +
		"maps none around a store: a page of the copy costs a fault of its own, or its folio does, where the page " +
		"cache has large ones. Whether that is faster than read(2) and write(2) is to be measured: mmapbench run " +
		"--workload copy.",
	"copy_file_range(2) lets the kernel copy, and a file system with reflinks need not even move the bytes " +
		"(mmapbench check says whether yours has them).",
	"While a file is mapped its length may be changed by others: a source made shorter is a SIGBUS in the memcpy.",
	"msync puts the bytes on the device, and fsync of the folder puts the name there. A copy that must be whole or " +
		"absent is made under another name, synced, and then renamed.",
}
