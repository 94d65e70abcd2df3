// Package backend is the contract between workloads and the ways a program
// can reach the bytes of a file: read/write, mappings, and whatever comes next.
//
// This package is opinionated: a backend is what a careful C programmer would write by hand,
// and nothing more. What the contract adds must not show in the timings, so the
// hot path is a concrete loop over a batch of offsets ([Batcher]) with no
// interface call, allocation, lock or clock read per operation. The suite in
// backendtest is the contract in executable form; a backend that passes it may
// be added to the catalogue.
package backend

import (
	"errors"
	"fmt"
	"os"

	"mmapbench/internal/reason"
)

// A Backend is one way to reach the bytes of a file. It is a stateless value;
// everything that belongs to a trial lives in the File that an [Access] opens.
type Backend interface {
	// Info describes the backend: its name, its options, its limits. The
	// command line, validation, completion, listings and the documentation
	// are all derived from it.
	Info() Info

	// Configure turns options that Info.Parse found valid into an Access for
	// one verb. Here a backend interprets its options, refuses those that the
	// verb, or another option, would make it ignore in silence, and asks the
	// file system of dir what it allows. Nothing stays open.
	//
	// A plan asks once for each verb and target, and a worker process once
	// before anything is timed. The worker passes "" for dir, as the plan was
	// made with the folder: no call is made there then.
	//
	// Callers use the function [Configure], which checks what holds for every
	// backend.
	Configure(verb Verb, dir string, o Options) (Access, error)
}

// A Verb is what a workload does with a backend.
type Verb string

const (
	ToRead   Verb = "read"
	ToAppend Verb = "append"
	ToCopy   Verb = "copy"
	ToOwn    Verb = "store privately" // read into memory of one's own, and store there
)

// An Access is a configured backend: what it needs, and one function for each
// verb, nil where the backend cannot do it. They are timed as the setup phase, so
// they make system calls and nothing else: options are interpreted by Configure,
// and the only memory allocated is for the path and for what is returned.
type Access struct {
	Needs Needs

	// Open opens the existing file at path for reading and does everything
	// the backend does before the first access: open, map, advise, populate,
	// lock. It must not allocate buffers: Spec.Buf is there for that. It must
	// refuse to follow a symbolic link in the last component (O_NOFOLLOW), and
	// a file that is not Spec.Size bytes long; [OpenData] and [OpenDirect] do
	// both.
	Open func(path string, s Spec) (File, error)

	// OpenOwn is Open for a File whose views may be stored to: what is stored stays in
	// memory that is this process's own, and never reaches the file.
	OpenOwn func(path string, s Spec) (File, error)

	// OpenAppend creates the file at path, which must not exist (O_EXCL),
	// and makes it ready for appending; [Create] does the first.
	OpenAppend func(path string, s Spec) (AppendFile, error)

	// OpenCopy opens src as Open does and creates dst as OpenAppend does.
	OpenCopy func(src, dst string, s Spec) (CopyFile, error)
}

// Needs are what an Access needs of its target and of its trial. The plan leaves
// out what a target does not have, with the reason.
type Needs struct {
	// Shared and Private are the kinds of mappings that are made of a file.
	// Some file systems refuse one: FUSE in direct mode has no shared ones.
	Shared, Private bool

	// Align is the number of bytes of which the offset and the length of each
	// access must be a multiple, as it reads past the page cache (O_DIRECT);
	// 0 if it reads through the cache. The device sets such terms, and a file
	// that is in the cache is read from the device all the same.
	//
	// Open asks the file itself. It refuses a Spec.Record that is no multiple,
	// and View and Do refuse an access, with an error that wraps [ErrAlign]: a
	// file system may serve it through the cache in silence. So a last record
	// that is cut off by the end of the file is out of reach.
	Align int

	// Evicts says that pages of the file that is read leave the page cache during the
	// trial: the file cannot be cached then.
	Evicts bool

	// Unmaps says that what was mapped does not stay in the page table: a file cannot
	// be mapped beforehand then.
	Unmaps bool

	// Depth is how many accesses are in flight together, each with a record of
	// Spec.Buf; 0 counts as 1. Where there are several none is timed alone: its time
	// would be that of a share in what all of them took.
	Depth int

	// Syncs asks for a sync phase even where no durability does: an option
	// names a call that belongs there.
	Syncs bool

	// Durable is what each write promises by itself, as an option opens the file with
	// O_DSYNC or gives RWF_DSYNC; "" where a write promises nothing. Such a backend is
	// tried where just that is asked for after every record, and nothing is synced then
	// a second time: neither Commit nor Sync is called.
	Durable Durability
}

// Configure configures the backend for the verb. It is an error if the backend
// cannot do it, refuses the options, or needs what the file system of dir or the
// running kernel lacks.
func Configure(b Backend, verb Verb, dir string, o Options) (Access, error) {
	a, err := b.Configure(verb, dir, o)
	if err != nil {
		return Access{}, err
	}
	info := b.Info()
	if !a.can(verb) {
		if verb == ToOwn {
			return Access{}, fmt.Errorf("backend %s cannot %s: pread and mmap:private can", info.Name, verb)
		}
		return Access{}, fmt.Errorf("backend %s cannot %s", info.Name, verb)
	}
	return a, info.Probe(dir, o)
}

func (a *Access) can(verb Verb) bool {
	switch verb {
	case ToAppend:
		return a.OpenAppend != nil
	case ToCopy:
		return a.OpenCopy != nil
	case ToOwn:
		return a.OpenOwn != nil
	}
	return a.Open != nil
}

// A File is an opened file. It is used by one trial and then closed.
type File interface {
	// Worker returns the access path of one thread. It is called once per
	// thread, inside the setup phase; its view of the file must stay valid
	// until Close. [Spec.WorkerBuf] is its buffer.
	Worker(id int) (Worker, error)

	// Close is the teardown phase: unmap, close. It is called exactly once.
	// After Close no slice obtained from a View may be touched: on a mapping
	// that is a SIGSEGV, not an error.
	Close() error
}

// A Worker is the access path of one thread. It is not safe for concurrent use.
//
// View alone makes a working backend; [NewBatcher] supplies the rest.
type Worker interface {
	// View returns the n bytes at offset off. For read/write they are in the
	// buffer that the call filled, for a mapping they are the mapping itself:
	// that is the whole difference between the families in one line.
	//
	// n is at most Spec.Record, the size of the buffers; [Spec.Check] says so
	// for every backend alike. The slice is valid until the next View or Do
	// on this Worker, must not be written to, and is exactly n bytes long. A
	// range that is not wholly inside the file is an error that wraps
	// [ErrRange]; a short read is never returned as a short slice.
	//
	// A file that was shortened meanwhile is an error of View for a read, and
	// a SIGBUS at the access to the slice for a mapping.
	View(off int64, n int) ([]byte, error)
}

// A Batcher is a Worker with a loop of its own over a batch of independent
// accesses.
type Batcher interface {
	// Do accesses the Batch's records in order and adds to b.Sum what the
	// consumer makes of each ([Consumer]). It must give the same sum as the
	// same accesses through View, must not allocate, and reads no clock.
	//
	// Where there is More, accesses may be left in flight for the next Do, which
	// adds what they come to. No View is called in between.
	//
	// On an error, b.Sum is undefined, and nothing is in flight.
	Do(b *Batch) error
}

// An AppendFile is a file being appended to. Append and Commit may be called several
// times, then Sync and Close once each, in this order.
type AppendFile interface {
	// Append adds src at the end of the file, Spec.Record bytes at a time (the
	// last one of each call may be shorter). Appending nothing is no error.
	// Together the calls are the body phase; they must not allocate.
	Append(src []byte) error

	// Commit makes all that was appended so far as durable as Spec.Durability asks,
	// with a length of the file that includes it, and more is appended afterwards. It is
	// called in the body phase and timed by itself; it must not allocate.
	Commit() error

	// Sync makes what was appended as durable as Spec.Durability asks.
	// It is the sync phase.
	Sync() error

	// Close is teardown. After it the file is exactly as long as the bytes
	// appended, even if it was grown in larger steps meanwhile.
	Close() error
}

// A CopyFile is a copy being made. Copy may be called several times, then Sync
// and Close once each, in this order.
type CopyFile interface {
	// Copy copies the next n bytes of the source, Spec.Record bytes at a
	// time (the last one of each call may be shorter), and all that is left
	// where n is not positive or reaches beyond the end. Copying nothing,
	// when nothing is left, is no error. Together the calls are the body
	// phase; they must not allocate.
	Copy(n int64) error
	// Sync makes the copy as durable as Spec.Durability asks: the sync phase.
	Sync() error
	// Close is teardown. After it a whole copy is exactly as long as the
	// source.
	Close() error
}

// An Observer is a File, AppendFile or CopyFile that can tell which of the options
// that it was given have no effect, as the kernel takes many a wish and says nothing.
type Observer interface {
	// Ignored returns the options of which something was looked for and not found,
	// as they were given ("advise=hugepage"), and what was seen instead. It is never
	// what might be assumed: an effect that cannot be looked for is left out. The
	// call comes once in a trial, untimed, after the last access and before Close.
	Ignored() map[string]reason.Reason
}

// A Counter is a File, AppendFile or CopyFile that counts what no counter of the system
// shows.
type Counter interface {
	// Counted returns what was counted since the file was opened. It is called once in a
	// trial, untimed, after the last access and before Close.
	Counted() map[string]int64
}

// SharedBytes is the name of a count: how many bytes of a copy lie in blocks that belong
// to another file as well. Such a copy is a reflink, which moved no bytes.
const SharedBytes = "shared-bytes"

// Spec is what a trial asks of a backend.
type Spec struct {
	Size       int64      // bytes of the data file
	Record     int        // bytes of one access
	Consumer   Consumer   // what is done with the bytes read
	Durability Durability // what Sync must achieve

	// Buf is a private, page-aligned buffer whose pages have been touched,
	// with room for Needs.Depth records per worker, each from a page boundary on.
	// Allocating it is not the backend's cost: a program that reads in a
	// loop has its buffer already.
	Buf []byte
}

// Stride is how far apart the records in Buf begin.
func (s *Spec) Stride() int {
	page := os.Getpagesize()
	return (s.Record + page - 1) / page * page
}

// WorkerBuf returns worker id's part of Buf, of Record bytes.
func (s *Spec) WorkerBuf(id int) ([]byte, error) { return s.WorkerBufs(id, 1) }

// WorkerBufs returns the part of Buf of a worker that has several accesses in flight,
// of as many records, a Stride apart.
func (s *Spec) WorkerBufs(id, depth int) ([]byte, error) {
	n := (depth-1)*s.Stride() + s.Record
	start := id * depth * s.Stride()
	if s.Record <= 0 || start < 0 || start > len(s.Buf)-n {
		return nil, fmt.Errorf("worker %d with records of %d bytes, %d in flight: the buffer has only %d bytes", id,
			s.Record, depth, len(s.Buf))
	}
	return s.Buf[start:][:n:n], nil
}

// Check reports an access of n bytes at off that a worker must refuse: outside
// the file, or longer than a record. Both errors wrap ErrRange.
func (s *Spec) Check(off int64, n int) error {
	if n > s.Record {
		return &tooLongError{n, s.Record}
	}
	return CheckRange(off, n, s.Size)
}

// Durability says what the sync phase must achieve.
type Durability string

const (
	// None leaves the data in the page cache: there is no sync phase, unless
	// an option asks for a call of its own.
	None Durability = "none"
	// Data makes file contents and length durable (fdatasync, msync MS_SYNC).
	Data Durability = "data"
	// Full makes all that the file's inode says durable as well, its times included
	// (fsync). msync(2) has no such promise, so that a mapping, too, is synced by fsync,
	// which writes what was stored through mappings.
	Full Durability = "full"
)

// Durabilities lists the values that Durability may take.
var Durabilities = []string{string(None), string(Data), string(Full)}

// ErrRange is wrapped by the error of an access that is not wholly inside the
// file.
var ErrRange = errors.New("access outside the file")

// CheckRange reports an access of n bytes at off that does not fit into a file
// of size bytes, as an error that wraps ErrRange.
func CheckRange(off int64, n int, size int64) error {
	if off < 0 || n < 0 || off > size-int64(n) {
		return &rangeError{off, n, size}
	}
	return nil
}

// ErrAlign is wrapped by the error of an access that a direct read cannot make.
var ErrAlign = errors.New("not aligned")

// CheckAlign reports an access of n bytes at off if n or off is no multiple of
// align, as an error that wraps ErrAlign.
func CheckAlign(off int64, n, align int) error {
	if off%int64(align) != 0 || n%align != 0 {
		return &alignError{off, n, align}
	}
	return nil
}
