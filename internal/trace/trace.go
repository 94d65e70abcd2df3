// Package trace reads what a program did with its files: a list of reads, writes and
// syncs that was recorded by strace, by fio, or in a table of our own.
//
// A trace may come from anybody. It is read line by line, each line is checked, and
// what it makes this program keep is bounded; an error names the line. The recorded
// files are never opened.
package trace

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mmapbench/internal/units"
)

// Limits of a trace. They bound the memory that a trace takes.
const (
	MaxAccesses = 1 << 21
	MaxLength   = 1 << 30 // bytes of one access
	MaxSize     = 1 << 50 // bytes of all files
	maxFiles    = 1 << 16
	maxLine     = 64 << 10
	maxPaths    = 64 << 20 // bytes of all paths
	maxTime     = 10 * 366 * 24 * time.Hour
)

// Align is the least common distance of what lies in the laid-out file: each recorded
// file begins at a multiple, so that no page has parts of two files, whatever the
// system's page size.
const Align = 64 << 10

// An Op is what an access does.
type Op uint8

// The operations.
const (
	Read Op = iota
	Write
	Sync     // fsync: no bytes
	Datasync // fdatasync: no bytes
)

var opNames = [...]string{"read", "write", "fsync", "fdatasync"}

// An Access is one call that the program made. Workers get the list as it lies in
// memory: see Bytes.
type Access struct {
	Off  int64  // in the laid-out file
	Gap  int64  // ns from the end of the latest access before to the begin of this one
	Len  int32  // bytes that were moved
	File int32  // its place in Trace.Files
	Took uint32 // ns, at most 4.3 s; 0 where the trace does not tell
	Op   Op
	_    [3]byte
}

// A File is a recorded file.
type File struct {
	Path  string
	Size  int64 // the largest that was seen
	Base  int64 // where it begins in the laid-out file
	Opens int64 // how often it was opened
	Maps  int64 // how often it was mapped; what was accessed so left no call
}

// A Trace is what was recorded.
type Trace struct {
	Name     string // the file's name without its folder
	Path     string // where it was read
	Format   string
	SHA256   string // of the file, in hex
	Files    []File
	Accesses []Access
	Timed    bool   // gaps are known
	Special  int64  // accesses of pipes, sockets, devices and /proc, which are left out
	Ended    string // how the first process ended, as strace has it: "exited with 0"
	Unseen   int64  // calls that move bytes of files and are not replayed, such as sendfile
	Size     int64  // bytes of the laid-out file
}

// Open reads the trace in a file, whatever its format.
func Open(path string) (*Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the trace: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("read the trace %s: it is not a plain file", path), err)
	}
	hash := sha256.New()
	t, err := Parse(io.TeeReader(f, hash))
	if err != nil {
		return nil, fmt.Errorf("trace %s: %w", path, err)
	}
	if t.Path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("trace %s: %w", path, err)
	}
	t.Name, t.SHA256 = filepath.Base(path), hex.EncodeToString(hash.Sum(nil))
	return t, nil
}

// Parse reads a trace to its end.
func Parse(r io.Reader) (*Trace, error) {
	b := &builder{index: map[string]int32{}}
	l := &lines{in: bufio.NewReaderSize(r, maxLine)}
	first, err := l.in.Peek(len(csvMagic))
	if err != nil && err != io.EOF {
		return nil, err
	}
	parse := parseStrace
	b.Format = "strace"
	switch {
	case len(first) == 0:
		return nil, errors.New("it is empty")
	case string(first) == csvMagic:
		parse, b.Format = parseCSV, "CSV"
	case bytes.HasPrefix(first, []byte("fio version ")):
		parse, b.Format = parseIolog, "fio iolog"
	}
	if err := parse(l, b); err != nil {
		return nil, fmt.Errorf("line %d: %w", l.number, err)
	}
	return b.layOut()
}

// Reads are the accesses that read. A gap before one that is left out is a part of the
// gap before the next.
func (t *Trace) Reads() []Access {
	var list []Access
	gap := int64(0)
	for i, a := range t.Accesses {
		switch {
		case a.Op == Read:
			if list != nil {
				a.Gap += gap
				list = append(list, a)
			}
			gap = 0
			continue
		case list == nil: // the first that is left out: until here nothing is copied
			list = append(make([]Access, 0, len(t.Accesses)), t.Accesses[:i]...)
		}
		gap += a.Gap
	}
	if list == nil {
		return t.Accesses
	}
	return list
}

// Under is the part of the trace that concerns the files below a folder. The time of
// other accesses is a part of the gaps.
func (t *Trace) Under(dir string) (*Trace, error) {
	b := &builder{Trace: *t, index: map[string]int32{}}
	b.Files, b.Accesses, b.Size = nil, nil, 0
	under := func(f File) bool { return f.Path == dir || strings.HasPrefix(f.Path, strings.TrimSuffix(dir, "/")+"/") }
	for _, f := range t.Files {
		if under(f) {
			b.index[f.Path] = int32(len(b.Files))
			b.Files = append(b.Files, File{Path: f.Path, Size: f.Size, Opens: f.Opens, Maps: f.Maps})
		}
	}
	at := time.Duration(0)
	for _, a := range t.Accesses {
		f := t.Files[a.File]
		at += time.Duration(a.Gap)
		if under(f) {
			if err := b.add(f.Path, a.Op, a.Off-f.Base, int64(a.Len), at, time.Duration(a.Took)); err != nil {
				return nil, err
			}
		}
		at += time.Duration(a.Took)
	}
	laid, err := b.layOut()
	if err != nil {
		return nil, fmt.Errorf("below %s %w", dir, err)
	}
	return laid, nil
}

// lines are those of a trace, none of which is long.
type lines struct {
	in     *bufio.Reader
	number int  // of the line that was read last, from 1
	torn   bool // it has no end: whoever wrote the file did not come to it
}

// next returns the next line without its end; ok is false behind the last one.
func (l *lines) next() (line string, ok bool, err error) {
	b, err := l.in.ReadSlice('\n')
	l.number++
	switch {
	case err == bufio.ErrBufferFull:
		return "", false, fmt.Errorf("it has more than %d bytes: no line of a trace is so long", maxLine)
	case err == io.EOF && len(b) == 0:
		return "", false, nil
	case err == io.EOF:
		l.torn = true
	case err != nil:
		return "", false, err
	}
	return strings.TrimRight(string(b), "\r\n"), true, nil
}

// builder makes a trace of accesses that come one by one.
type builder struct {
	Trace
	index map[string]int32 // path -> place in Files
	paths int
	end   time.Duration // of the access that ended last
	begun bool
}

// file finds a file, or notes a new one.
func (b *builder) file(path string) (int32, error) {
	if i, ok := b.index[path]; ok {
		return i, nil
	}
	if path == "" {
		return 0, errors.New("it names no file")
	}
	b.paths += len(path)
	if len(b.Files) == maxFiles || b.paths > maxPaths {
		return 0, fmt.Errorf("it has more than %d files: record a part of the program's work", maxFiles)
	}
	i := int32(len(b.Files))
	b.index[path] = i
	b.Files = append(b.Files, File{Path: path})
	return i, nil
}

// sized notes a size that a file had.
func (b *builder) sized(path string, size int64) error {
	if size < 0 || size > MaxSize {
		return fmt.Errorf("a file of %d bytes: want at most %s", size, units.FormatSize(MaxSize))
	}
	i, err := b.file(path)
	if err == nil {
		b.Files[i].Size = max(b.Files[i].Size, size)
	}
	return err
}

// add adds an access that began at a time and took so long. One of no bytes is none,
// unless it syncs.
func (b *builder) add(path string, op Op, off, n int64, at, took time.Duration) error {
	switch {
	case n == 0 && op <= Write:
		return nil
	case off < 0 || n < 0 || n > MaxLength || off > MaxSize-n:
		return fmt.Errorf("%s of %d bytes at offset %d: want at most %s at once, within %s", opNames[op], n, off,
			units.FormatSize(MaxLength), units.FormatSize(MaxSize))
	case at > maxTime || took > maxTime:
		return fmt.Errorf("times of more than %v", maxTime)
	case len(b.Accesses) == MaxAccesses:
		return fmt.Errorf("it has more than %d accesses: record a part of the program's work", MaxAccesses)
	}
	i, err := b.file(path)
	if err != nil {
		return err
	}
	b.Files[i].Size = max(b.Files[i].Size, off+n)
	a := Access{Off: off, Len: int32(n), File: i, Op: op, Took: uint32(min(max(took, 0), 1<<32-1))}
	if b.begun {
		a.Gap = int64(max(at-b.end, 0))
	}
	b.begun, b.end = true, max(b.end, at+took)
	b.Accesses = append(b.Accesses, a)
	return nil
}

// layOut puts the files that were accessed one behind the other.
func (b *builder) layOut() (*Trace, error) {
	t := &b.Trace
	if len(t.Accesses) == 0 {
		return nil, fmt.Errorf("%s, and no read, write or fsync of a regular file", b.had())
	}
	used := make([]bool, len(t.Files))
	for _, a := range t.Accesses {
		used[a.File] = true
	}
	for i := range t.Files {
		if f := &t.Files[i]; used[i] {
			f.Base = t.Size
			t.Size += (max(f.Size, 1) + Align - 1) / Align * Align
		}
		if t.Size > MaxSize {
			return nil, fmt.Errorf("its files have more than %s together", units.FormatSize(MaxSize))
		}
	}
	for i := range t.Accesses {
		a := &t.Accesses[i]
		a.Off += t.Files[a.File].Base
	}
	return t, nil
}

// had says what a trace without accesses has.
func (b *builder) had() string {
	var maps int64
	for _, f := range b.Files {
		maps += f.Maps
	}
	return fmt.Sprintf("it has %d files, %d mappings, %d accesses of pipes, sockets and devices", len(b.Files), maps,
		b.Special)
}
