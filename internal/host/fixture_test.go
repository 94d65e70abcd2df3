//go:build linux && !386 && !arm

package host

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/sys/unix"
)

// syscalls is what the machine of a fixture answers to system calls.
type syscalls struct {
	Uname    [3]string // release, version, machine
	PageSize int       `json:"page_size"`
	CPUs     int       // that the process may use
	Memlock  *uint64   // null: no limit
	Vcgencmd string    // what it prints; "": not installed
	Targets  []Target
	Stat     map[string]struct{ Dev, Rdev string }
	Statfs   map[string][3]int64 // block size, blocks, blocks available
}

// fixture lays out the machine in testdata/NAME.txtar below a temporary
// folder. Of the archive's files, "symlinks" lists links, "syscalls.json" holds
// answers to system calls, those that end in .quoted are Go strings, and all
// others are files of the machine.
func fixture(t *testing.T, name string) (*Reader, []Target) {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	var calls syscalls
	for _, f := range archive.Files {
		switch base, quoted := strings.CutSuffix(f.Name, ".quoted"); {
		case f.Name == "syscalls.json":
			if err := json.Unmarshal(f.Data, &calls); err != nil {
				t.Fatal(err)
			}
		case f.Name == "symlinks":
			for line := range strings.Lines(string(f.Data)) {
				link, to, _ := strings.Cut(strings.TrimSpace(line), " -> ")
				put(t, filepath.Join(root, link), func(path string) error { return os.Symlink(to, path) })
			}
		case quoted:
			s, err := strconv.Unquote(strings.TrimSpace(string(f.Data)))
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			put(t, filepath.Join(root, base), func(path string) error { return os.WriteFile(path, []byte(s), 0o644) })
		default:
			put(t, filepath.Join(root, f.Name), func(path string) error { return os.WriteFile(path, f.Data, 0o644) })
		}
	}
	return calls.reader(t, root), calls.Targets
}

func put(t *testing.T, path string, make func(string) error) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := make(path); err != nil {
		t.Fatal(err)
	}
}

func (c *syscalls) reader(t *testing.T, root string) *Reader {
	device := func(s string) uint64 {
		dev, ok := parseDev(s)
		if !ok && s != "" {
			t.Errorf("%q is not a device number", s)
		}
		return dev
	}
	return &Reader{
		Root: root,
		Uname: func(u *unix.Utsname) error {
			copy(u.Release[:], c.Uname[0])
			copy(u.Version[:], c.Uname[1])
			copy(u.Machine[:], c.Uname[2])
			return nil
		},
		Getpagesize: func() int { return c.PageSize },
		Affinity: func(_ int, set *unix.CPUSet) error {
			for i := range c.CPUs {
				set.Set(i)
			}
			return nil
		},
		Getrlimit: func(_ int, l *unix.Rlimit) error {
			l.Cur = unix.RLIM_INFINITY
			if c.Memlock != nil {
				l.Cur = *c.Memlock
			}
			return nil
		},
		Stat: func(path string, st *unix.Stat_t) error {
			s, ok := c.Stat[path]
			if !ok {
				return unix.ENOENT
			}
			st.Mode, st.Dev, st.Rdev = unix.S_IFDIR, device(s.Dev), device(s.Rdev)
			if s.Rdev != "" {
				st.Mode = unix.S_IFBLK
			}
			return nil
		},
		Statfs: func(path string, st *unix.Statfs_t) error {
			s, ok := c.Statfs[path]
			if !ok {
				return unix.ENOENT
			}
			st.Frsize, st.Blocks, st.Bavail = s[0], uint64(s[1]), uint64(s[2])
			return nil
		},
		EvalSymlinks: func(path string) (string, error) { return path, nil },
		Vcgencmd: func() (string, error) {
			if c.Vcgencmd == "" {
				return "", errors.New("vcgencmd is not installed")
			}
			return c.Vcgencmd, nil
		},
	}
}
