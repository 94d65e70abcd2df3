//go:build linux

package host

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Reader is where facts are read from. NewReader fills it with the machine at
// hand; tests replace what they need to.
type Reader struct {
	Root string // all of /proc, /sys, /etc and /run is read below it

	// The system calls, on real paths whatever Root is.
	Uname        func(*unix.Utsname) error
	Getpagesize  func() int
	Affinity     func(pid int, set *unix.CPUSet) error
	Getrlimit    func(resource int, limit *unix.Rlimit) error
	Stat         func(path string, st *unix.Stat_t) error
	Statfs       func(path string, st *unix.Statfs_t) error
	EvalSymlinks func(path string) (string, error)

	// Vcgencmd runs the Raspberry Pi's "vcgencmd get_throttled" and returns
	// what it prints. It is called on a Raspberry Pi only. nil: not to be run.
	Vcgencmd func() (string, error)
}

// NewReader returns a Reader of the machine at hand, its files taken from
// below root. vcgencmd is run only if root is "/".
func NewReader(root string) *Reader {
	r := &Reader{
		Root:         root,
		Uname:        unix.Uname,
		Getpagesize:  os.Getpagesize,
		Affinity:     unix.SchedGetaffinity,
		Getrlimit:    unix.Getrlimit,
		Stat:         unix.Stat,
		Statfs:       unix.Statfs,
		EvalSymlinks: filepath.EvalSymlinks,
	}
	if filepath.Clean(root) == "/" {
		r.Vcgencmd = runVcgencmd
	}
	return r
}

// Read reads all facts of the machine at hand and of the targets on it, the
// files of /proc, /sys and /etc taken from below root.
func Read(root string, targets []Target) Facts {
	return NewReader(root).Read(targets)
}

// Read reads all facts. It never fails: see Facts.Unknown.
func (r *Reader) Read(targets []Target) Facts {
	g := &reading{Reader: *r, unknown: map[string]string{}}
	// Links below the root are resolved and then cut to paths below it again,
	// which works only on a root without links of its own.
	if root, err := filepath.EvalSymlinks(r.Root); err == nil {
		g.Root = root
	}
	f := Facts{Machine: g.machine(), Processor: g.processor(), Memory: g.memory()}
	f.Power = g.power(f.Machine.Model)
	mounts := g.mounts()
	for _, t := range targets {
		f.Targets = append(f.Targets, g.target(t, mounts))
	}
	if len(g.unknown) > 0 {
		f.Unknown = g.unknown
	}
	return f
}

// A reading is one pass over the machine: it notes which facts were missing.
type reading struct {
	Reader
	unknown map[string]string
}

// missing notes why a fact is absent.
func (r *reading) missing(fact string, err error) {
	r.unknown[fact] = err.Error()
}

// maxFile bounds what is read of one file. mountinfo is the only one that
// grows; a host of many containers has some hundred KiB of it.
const maxFile = 16 << 20

// readFile returns the contents of a file below the root, without white space
// and NULs at its ends (device tree strings end in NUL).
func (r *reading) readFile(path string) (string, error) {
	data, err := r.readBytes(path)
	return strings.Trim(string(data), " \t\r\n\x00"), err
}

// readBytes returns the contents of a file below the root. Its errors are
// reasons: they say which file, what is wrong, and who could read it.
func (r *reading) readBytes(path string) ([]byte, error) {
	f, err := os.Open(filepath.Join(r.Root, path))
	if err != nil {
		return nil, readError(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, readError(path, err)
	}
	return data, nil
}

func readError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no %s", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: permission denied, root may read it", path)
	}
	var p *fs.PathError // names the path with the root in front
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("read %s: %w", path, err)
}

// optional returns the contents of a file that exists only on some machines,
// "" where it cannot be read.
func (r *reading) optional(path string) string {
	s, err := r.readFile(path)
	if err != nil {
		return ""
	}
	return s
}

// text returns the contents of the file that holds a fact.
func (r *reading) text(fact, path string) string {
	s, err := r.readFile(path)
	if err == nil && s == "" {
		err = fmt.Errorf("%s is empty", path)
	}
	if err != nil {
		r.missing(fact, err)
	}
	return s
}

// choice returns the one of several words in a file that is in force.
func (r *reading) choice(fact, path string) string { return bracketed(r.text(fact, path)) }

// number returns the number in the file that holds a fact, times unit.
func (r *reading) number(fact, path string, unit int64) *int64 {
	n, err := r.readNumber(path, unit)
	if err != nil {
		r.missing(fact, err)
		return nil
	}
	return &n
}

// flag returns whether the file that holds a fact has another number than 0.
func (r *reading) flag(fact, path string) *bool {
	n := r.number(fact, path, 1)
	if n == nil {
		return nil
	}
	return new(*n != 0)
}

func (r *reading) readNumber(path string, unit int64) (int64, error) {
	s, err := r.readFile(path)
	if err != nil {
		return 0, err
	}
	n, err := scaled(s, unit)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

// scaled reads a whole number and multiplies it by unit.
func scaled(s string, unit int64) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a number that fits", s)
	}
	if p := n * unit; p/unit == n {
		return p, nil
	}
	return 0, fmt.Errorf("%.40q is too large", s)
}

// exists reports whether there is such a file below the root.
func (r *reading) exists(path string) bool {
	_, err := os.Stat(filepath.Join(r.Root, path))
	return err == nil
}

// glob returns the paths below the root that match a pattern, in the order of
// the numbers in them: cpu2 before cpu10.
func (r *reading) glob(pattern string) []string {
	found, err := fs.Glob(os.DirFS(r.Root), strings.TrimPrefix(pattern, "/"))
	if err != nil {
		panic(err) // a bad pattern; unreadable folders are passed over
	}
	for i, p := range found {
		found[i] = "/" + p
	}
	sort.SliceStable(found, func(i, j int) bool {
		if len(found[i]) != len(found[j]) {
			return len(found[i]) < len(found[j])
		}
		return found[i] < found[j]
	})
	return found
}

// resolve follows the symbolic links of a path below the root.
func (r *reading) resolve(path string) (string, error) {
	p, err := filepath.EvalSymlinks(filepath.Join(r.Root, path))
	if err != nil {
		return "", readError(path, err)
	}
	return r.below(p), nil
}

// below cuts the root off a path.
func (r *reading) below(path string) string {
	return filepath.Join("/", strings.TrimPrefix(path, filepath.Clean(r.Root)))
}

// bracketed returns the word in brackets of a list such as "none [bfq]", or
// the whole of a list without brackets, which has one word.
func bracketed(s string) string {
	if _, rest, ok := strings.Cut(s, "["); ok {
		if word, _, ok := strings.Cut(rest, "]"); ok {
			return word
		}
	}
	return s
}
