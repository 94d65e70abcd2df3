package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/internal/memfault"
	"mmapbench/internal/prose"
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
	Force    bool   // replace Dst
}

// Copy copies a file by one memcpy from a mapping to a mapping, in windows if it
// is larger than one, and compares the two by read(2). The permissions are kept.
// Dst gets its name when it is whole and proven: a copy that is cut short, by an
// error or ctx, leaves Dst as it was.
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
		if o.Force {
			return errors.New("copy: to replace a file by force, name it: give SRC and DST")
		}
		b, err := s.borrow()
		if err != nil {
			return err
		}
		defer b.done(&err)
		return s.copyLengths(ctx, b, o)
	})
}

// copyTo is the name of copies of the program's own.
const copyTo = "lab-copy-to"

// copyLengths copies files of the lengths at which programs go wrong.
func (s *script) copyLengths(ctx context.Context, b *scratch, o CopyOptions) (err error) {
	content := pagesOf("ab")
	for _, n := range []int64{0, 1, pageSize() - 1, pageSize(), pageSize() + 1} {
		if o.Src, err = b.file("copy-from", content[:n]); err != nil {
			return err
		}
		for _, name := range []string{copyTo + partSuffix(), copyTo} {
			if err := b.dir.Scratch(name); err != nil {
				return err
			}
			o.Dst = name
		}
		s.step("A file of %s", prose.Count(n, "byte"))
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
	if err := mayReplace(o, from); err != nil {
		return err
	}
	// Under another name until it is whole: whatever happens, a file of the name
	// DST is the old one or the new one. Readable to nobody else until then.
	dst, err := s.open("dst", o.Dst+partSuffix(), unix.O_RDWR|unix.O_CREAT|unix.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && dst.stillNamed() {
			err = errors.Join(err, os.Remove(dst.path))
		}
		err = errors.Join(err, unix.Close(dst.fd))
	}()
	if err := s.copyBytes(ctx, src, dst, size, o.Window); err != nil {
		return err
	}
	if err := s.compareCopy(ctx, src, dst, size); err != nil {
		return err
	}
	return s.sealCopy(o, src, dst, from)
}

// partSuffix is what the name of a copy ends in until it is whole: nobody else's
// file, nor that of another copy at the same time.
func partSuffix() string { return fmt.Sprintf(".part%d", os.Getpid()) }

// mayReplace says why the destination may not be made, or made anew.
func mayReplace(o *CopyOptions, from unix.Stat_t) error {
	var st unix.Stat_t
	if unix.Stat(o.Dst, &st) == nil && sameFile(from, st) {
		return fmt.Errorf("%s and %s are the same file: there is nothing to copy; name another destination", o.Src, o.Dst)
	}
	err := unix.Lstat(o.Dst, &st)
	switch {
	case err == unix.ENOENT:
		return nil
	case err != nil:
		return &fs.PathError{Op: "stat", Path: o.Dst, Err: err}
	case st.Mode&unix.S_IFMT == unix.S_IFLNK:
		return fmt.Errorf("%s is a symbolic link: name the file itself", o.Dst)
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return fmt.Errorf("%s is not a regular file: it is left alone; name a file", o.Dst)
	case !o.Force:
		return fmt.Errorf("%s exists: to replace it, give --force", o.Dst)
	}
	return nil
}

// sameFile reports whether two names or descriptors are of one file.
func sameFile(a, b unix.Stat_t) bool { return a.Dev == b.Dev && a.Ino == b.Ino }

// fits finds out beforehand whether there is room for the copy. A mapping would
// find out by a SIGBUS.
func fits(dst *file, size int64) error {
	free, err := dataset.FreeSpace(dst.path)
	if err != nil {
		return err
	}
	if free < size {
		return fmt.Errorf("not enough space for %s: it takes %s and there are %s", dst.path, units.FormatSize(size), units.FormatSize(free))
	}
	return nil
}

// copyBytes gives the destination its length and copies window by window.
func (s *script) copyBytes(ctx context.Context, src, dst *file, size, window int64) error {
	if err := fits(dst, size); err != nil {
		return err
	}
	s.step("Give the copy its length, %s", prose.Count(size, "byte"))
	if src.more(size) {
		return fmt.Errorf("%s has more bytes than its length of %d says, like the files of /proc: it cannot be mapped", src.path, size)
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

// sealCopy gives the copy the permissions of the source and its name, durably.
// Setuid, setgid and sticky bits, owner, access control lists and other extended
// attributes are not kept: they are decisions of who owns a file, not properties
// of its bytes.
func (s *script) sealCopy(o *CopyOptions, src, dst *file, from unix.Stat_t) error {
	s.step("Keep the permissions, wait for the device, and give the copy its name")
	mode, acl := src.mode(from)
	if acl {
		s.note("The source has an access control list, which is not copied: the copy is closed to the group.")
	}
	err := s.call(dst.path, "fchmod", unix.Fchmod(dst.fd, mode), "0", "fchmod(%s, %#o)", dst.name, mode)
	if err != nil {
		return err
	}
	if err := s.fsync(dst); err != nil {
		return err
	}
	if err := s.rename(dst.path, o.Dst, o.Force); err != nil {
		return err
	}
	if err := s.syncFolder(o.Dst); err != nil {
		return fmt.Errorf("%s is in place, and whole; %w", o.Dst, err)
	}
	s.concludeOnce(copyConclusions...)
	return nil
}

// rename gives a file its name; one that has appeared there meanwhile is replaced
// only by force.
func (s *script) rename(from, to string, force bool) error {
	if !force {
		err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
		if err != unix.EINVAL && err != unix.ENOSYS { // file systems and kernels without the flag
			return s.call(to, "rename", err, "0", "renameat2(AT_FDCWD, %q, AT_FDCWD, %q, RENAME_NOREPLACE)", from, to)
		}
	}
	return s.call(to, "rename", unix.Rename(from, to), "0", "rename(%q, %q)", from, to)
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
			return fmt.Errorf("the copy differs from %s in the bytes %d to %d: somebody else writes to it, or the file system does not keep what is stored; the copy is removed", src.path, off, off+n-1)
		}
	}
	now, err := dst.length()
	if err != nil {
		return err
	}
	if grown, err := src.length(); err != nil {
		return err
	} else if grown != size {
		s.note("The source has %d bytes by now: somebody else is writing to it, and the copy is of some moment.", grown)
	}
	s.must(now == size, fmt.Sprintf("the copy has %s, like the source, and they are the same", prose.Count(size, "byte")))
	return nil
}

var copyConclusions = []string{
	"There is no buffer in the program, and still every byte is moved once by the processor. Every page of the source costs its part of a page fault, as the kernel maps the neighbours of a load along with it. It maps none around a store: a page of the copy costs a fault of its own, or its folio does, where the page cache has large ones. Whether that is faster than read(2) and write(2) is to be measured: mmapbench run --workload copy.",
	"copy_file_range(2) lets the kernel copy, and a file system with reflinks need not even move the bytes (mmapbench check says whether yours has them).",
	"While a file is mapped its length may be changed by others: a source made shorter is a SIGBUS in the memcpy.",
}
