package uring

import (
	"errors"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxDepth is the most transfers that may be in flight together.
const maxDepth = 256

// A queue makes transfers between memory and files through a ring, each in a slot of
// its own. One that moved a part of its bytes goes on by itself with the rest.
//
// The kernel cannot run out of room for completions: an enter gives back the places of
// those that were taken, no more transfers than there are slots are in flight then, and
// each is answered once.
type queue struct {
	ring
	fixed bool // buffers and files are registered
	slots [maxDepth]slot

	flying int // slots whose transfer is not finished
	most   int // the most that ever were
}

type slot struct {
	off     int64  // in the file
	addr    uint64 // of the memory
	n, done uint32 // bytes
	file    int32
	op      uint8
}

var (
	errShortened = errors.New("the file ends here: it was shortened by somebody else")
	errNoWrite   = errors.New("the kernel wrote nothing and gave no error")
)

// open makes the ring, and registers the memory and the files where that is wanted:
// the kernel then looks each up once, and not for every transfer.
func (q *queue) open(depth int, fixed bool, mem []byte, files []int32) error {
	if err := q.setup(depth); err != nil {
		return err
	}
	q.fixed = fixed
	if !fixed {
		return nil
	}
	v := unix.Iovec{Base: unsafe.SliceData(mem)}
	v.SetLen(len(mem))
	err := q.register(registerBuffers, unsafe.Pointer(&v), 1)
	if err == unix.ENOMEM || err == unix.EPERM {
		err = lockedTooMuch(len(mem), err)
	}
	if err == nil {
		err = q.register(registerFiles, unsafe.Pointer(unsafe.SliceData(files)), len(files))
	}
	if err != nil {
		return errors.Join(failedTo("register buffers and files with an io_uring", err), q.close())
	}
	return nil
}

// start begins a transfer of p at the offset: op is opRead or opWrite, file a
// descriptor, or with fixed a place in the list that open was given.
func (q *queue) start(s int, op uint8, file int32, p []byte, off int64) {
	if q.fixed {
		op -= opRead - opReadFixed // as far as the two for writes are apart
	}
	q.slots[s] = slot{off: off, addr: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p)))), n: uint32(len(p)),
		file: file, op: op}
	if q.flying++; q.flying > q.most {
		q.most = q.flying
	}
	q.ask(s)
}

// ask fills in an entry for what is left of the slot's transfer. There is one, as the
// queue has one for each slot.
func (q *queue) ask(s int) {
	t, e := &q.slots[s], q.next()
	*e = sqe{opcode: t.op, fd: t.file, off: uint64(t.off) + uint64(t.done), addr: t.addr + uint64(t.done),
		len: t.n - t.done, userData: uint64(s)}
	if q.fixed {
		e.flags = sqeFixedFile
	}
}

// finished returns the slot of a transfer that came to its end, -1 where none did since
// the last enter.
func (q *queue) finished() (s int, err error) {
	for e := q.take(); e != nil; e = q.take() {
		s := int(e.userData)
		t := &q.slots[s]
		switch errno := syscall.Errno(-e.res); {
		case e.res >= 0 && uint32(e.res) == t.n-t.done:
			q.flying--
			return s, nil
		case e.res > 0:
			t.done += uint32(e.res)
		case e.res == 0:
			q.flying--
			if t.op == opRead || t.op == opReadFixed {
				return s, errShortened
			}
			return s, errNoWrite
		case errno != syscall.EINTR && errno != syscall.EAGAIN:
			q.flying--
			return s, errno
		}
		q.ask(s)
	}
	return -1, nil
}

// fsync makes what was written to the file durable, its length included; with full also
// all else that its inode says. Nothing is in flight meanwhile.
func (q *queue) fsync(file int32, full bool) error {
	for {
		e := q.next()
		*e = sqe{opcode: opFsync, fd: file}
		if q.fixed {
			e.flags = sqeFixedFile
		}
		if !full {
			e.opFlags = fsyncDatasync
		}
		var done *cqe
		for done = q.take(); done == nil; done = q.take() {
			if err := q.enter(1); err != nil {
				return err
			}
		}
		switch errno := syscall.Errno(-done.res); errno {
		case 0:
			return nil
		case syscall.EINTR, syscall.EAGAIN:
		default:
			return errno
		}
	}
}

// wait waits until nothing is in flight, whatever became of it.
func (q *queue) wait() (err error) {
	for q.flying > 0 && err == nil {
		if s, _ := q.finished(); s < 0 {
			err = q.enter(1)
		}
	}
	return err
}

// shut closes the ring, which has nothing in flight but after an error.
func (q *queue) shut() error { return errors.Join(q.wait(), q.close()) }
