package readwrite

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
	"mmapbench/internal/reason"
	"mmapbench/io/backend"
)

// writer is a file being written from its start to its end.
type writer struct {
	path  string
	fd    int
	plain bool // nothing but write(2) is called

	placed    bool  // each write says where, instead of going on at the file's end
	each      int   // flags of each write
	at        int64 // where the next write goes
	syncRange int64
	begun     int64 // up to where write-back was begun
	direct    bool  // past the page cache
	align     directio.Alignment
	iov       [1]unix.Iovec
}

// create makes the file, to be written with write(2) or as the options ask for. Of a copy
// the alignment is that of the source; where there is none, the file is asked for its own.
func (c *config) create(path string, access int, s backend.Spec, align directio.Alignment) (w writer, err error) {
	w = writer{path: path, align: align, each: c.each, syncRange: c.syncRange, direct: c.open&unix.O_DIRECT != 0,
		placed: c.placed}
	w.plain = w.each == 0 && w.syncRange == 0 && !w.direct && !w.placed
	if w.fd, err = backend.Create(path, access|c.open, s.Record); err != nil {
		return w, err
	}
	if w.direct {
		if align == directio.None {
			w.align, err = directio.Of(w.fd)
		}
		if err == nil {
			err = backend.CheckAlign(0, s.Record, w.align.Write)
		}
		err = backend.Failed("write with O_DIRECT to", path, err)
	}
	if err == nil && c.fallocate {
		err = backend.Failed("fallocate", path, unix.Fallocate(w.fd, unix.FALLOC_FL_KEEP_SIZE, 0, s.Size))
	}
	if err != nil {
		unix.Close(w.fd)
		unix.Unlink(path)
	}
	return w, err
}

// write writes the next bytes. A type of writer for each kind would cost a call through
// an interface; this costs one comparison.
func (w *writer) write(p []byte) error {
	if w.plain {
		return write(w.fd, p)
	}
	return w.special(p)
}

func (w *writer) special(p []byte) error {
	if w.direct {
		if err := w.aligned(p); err != nil {
			return err
		}
	}
	if err := w.put(p); err != nil {
		return err
	}
	if w.syncRange > 0 && w.at-w.begun >= w.syncRange {
		err := unix.SyncFileRange(w.fd, w.begun, w.at-w.begun, unix.SYNC_FILE_RANGE_WRITE)
		w.begun = w.at
		return err
	}
	return nil
}

// put makes the call: pwrite(2), or where there are flags pwritev2(2), for which an offset
// of -1 is the file's position.
func (w *writer) put(p []byte) error {
	for len(p) > 0 {
		off := ^uintptr(0)
		if w.placed {
			off = uintptr(w.at)
		}
		var n uintptr
		var errno syscall.Errno
		if w.placed && w.each == 0 {
			n, _, errno = syscall.RawSyscall6(unix.SYS_PWRITE64, uintptr(w.fd),
				uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), off, 0, 0)
		} else {
			w.iov[0].Base = unsafe.SliceData(p)
			w.iov[0].SetLen(len(p))
			n, _, errno = syscall.RawSyscall6(unix.SYS_PWRITEV2, uintptr(w.fd), uintptr(unsafe.Pointer(&w.iov)), 1,
				off, off, uintptr(w.each)) // of a 64-bit offset the second half is ignored
		}
		moved, err := progress(n, errno, errNoWrite)
		if err != nil {
			return err
		}
		p, w.at = p[moved:], w.at+int64(moved)
	}
	return nil
}

// aligned sees to a direct write. The last record, where it is cut off by the end of the
// file, is written through the page cache: O_DIRECT is taken off the descriptor for it,
// and nothing can be written after it.
func (w *writer) aligned(p []byte) error {
	if at := uintptr(unsafe.Pointer(unsafe.SliceData(p))); at%uintptr(w.align.Memory) != 0 {
		return fmt.Errorf("the bytes at %#x: %w to %d bytes, as direct writes must be", at, backend.ErrAlign,
			w.align.Memory)
	}
	if w.at%int64(w.align.Write) != 0 {
		return backend.CheckAlign(w.at, len(p), w.align.Write)
	}
	if len(p)%w.align.Write == 0 {
		return nil
	}
	flags, err := unix.FcntlInt(uintptr(w.fd), unix.F_GETFL, 0)
	if err == nil {
		_, err = unix.FcntlInt(uintptr(w.fd), unix.F_SETFL, flags&^unix.O_DIRECT)
	}
	return err
}

// Ignored looks for pages of a file that was written with O_DIRECT: a last record alone
// may have some.
func (w *writer) Ignored() map[string]reason.Reason {
	if !w.direct {
		return nil
	}
	return stillCached("O_DIRECT", w.path, w.at)
}
