package uring

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

// A ring is the two queues that a process shares with the kernel: entries that it
// submits, and completions that the kernel answers with, one each.
//
// Each end of a queue is a number that only grows, and wraps at 2^32; its place is the
// number modulo the queue's size, a power of two. The process moves the submissions'
// tail and the completions' head, the kernel the other two. Who moves one writes the
// entries before it and reads them after the other's: the loads and stores of sync/atomic
// order that, being sequentially consistent, which is more than the acquire and release
// that the kernel asks for.
type ring struct {
	fd int

	sqHead, sqTail *uint32 // the kernel's, ours
	cqHead, cqTail *uint32 // ours, the kernel's
	sqes           []sqe
	cqes           []cqe

	tail uint32 // of the submissions that are filled in; sqTail from the next enter on
	head uint32 // of the completions that were taken; cqHead from the next enter on

	rings, entries []byte // the mappings in which all that lies

	enters int64 // calls of io_uring_enter(2)
}

// setup makes a ring for so many entries, rounded up to a power of two.
func (r *ring) setup(entries int) error {
	var p params
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return refused(errno)
	}
	r.fd = int(fd)
	if err := r.share(&p); err != nil {
		return errors.Join(err, r.close())
	}
	return nil
}

// share maps what the kernel made.
func (r *ring) share(p *params) (err error) {
	if p.features&featSingleMmap == 0 || p.features&featRwCurPos == 0 {
		return errors.New("this kernel's io_uring is older than that of Linux 5.6: use the backend pread")
	}
	const both, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	n := max(p.sq.array+4*p.sqEntries, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(cqe{})))
	if r.rings, err = posix.Mmap(r.fd, mapRings, int64(n), both, flags); err != nil {
		return fmt.Errorf("map the queues of an io_uring: %w", err)
	}
	m := int64(p.sqEntries) * int64(unsafe.Sizeof(sqe{}))
	if r.entries, err = posix.Mmap(r.fd, mapEntries, m, both, flags); err != nil {
		return fmt.Errorf("map the entries of an io_uring: %w", err)
	}
	at := func(off uint32) unsafe.Pointer { return unsafe.Pointer(&r.rings[off]) }
	r.sqHead, r.sqTail = (*uint32)(at(p.sq.head)), (*uint32)(at(p.sq.tail))
	r.cqHead, r.cqTail = (*uint32)(at(p.cq.head)), (*uint32)(at(p.cq.tail))
	r.sqes = unsafe.Slice((*sqe)(unsafe.Pointer(&r.entries[0])), p.sqEntries)
	r.cqes = unsafe.Slice((*cqe)(at(p.cq.cqes)), p.cqEntries)
	// The submission queue is a list of places of entries: place i has entry i, always.
	for i, list := uint32(0), unsafe.Slice((*uint32)(at(p.sq.array)), p.sqEntries); i < p.sqEntries; i++ {
		list[i] = i
	}
	return nil
}

// close gives the ring back. Nothing may be in flight: the kernel would go on writing
// to buffers.
func (r *ring) close() (err error) {
	for _, m := range [][]byte{r.rings, r.entries} {
		if m != nil {
			err = errors.Join(err, posix.Munmap(m))
		}
	}
	return errors.Join(err, unix.Close(r.fd))
}

// register makes buffers or files known to the ring.
func (r *ring) register(what uint32, list unsafe.Pointer, n int) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), uintptr(what), uintptr(list),
		uintptr(n), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// next returns the entry to be filled in next, nil where all are waiting for the kernel.
func (r *ring) next() *sqe {
	if r.tail-atomic.LoadUint32(r.sqHead) == uint32(len(r.sqes)) {
		return nil
	}
	e := &r.sqes[r.tail&uint32(len(r.sqes)-1)]
	r.tail++
	return e
}

// take returns the next completion, nil where there is none. It stays valid until the
// next enter.
func (r *ring) take() *cqe {
	if r.head == atomic.LoadUint32(r.cqTail) {
		return nil
	}
	e := &r.cqes[r.head&uint32(len(r.cqes)-1)]
	r.head++
	return e
}

// enter hands over what was filled in and taken, and waits for so many completions. It
// may return before that: the caller looks at what is there and comes again.
//
// The call is made without telling the Go scheduler, as those of package readwrite are
// and for the same reason.
func (r *ring) enter(wait int) error {
	r.enters++
	submit := r.publish()
	_, _, errno := syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(submit), uintptr(wait),
		enterGetEvents, 0, 0)
	switch {
	case errno == 0, errno == syscall.EINTR:
		return nil
	case (errno == syscall.EAGAIN || errno == syscall.EBUSY) && r.pending():
		return nil // there was no memory for more, which those in flight will give back
	}
	return fmt.Errorf("io_uring_enter: %w", errno)
}

// publish shows the kernel what was filled in and what was taken, and returns how many
// entries it has not accepted yet.
func (r *ring) publish() uint32 {
	atomic.StoreUint32(r.cqHead, r.head)
	atomic.StoreUint32(r.sqTail, r.tail)
	return r.tail - atomic.LoadUint32(r.sqHead)
}

// pending reports whether the kernel accepted entries whose completions were not taken:
// each entry has one.
func (r *ring) pending() bool { return atomic.LoadUint32(r.sqHead) != r.head }
