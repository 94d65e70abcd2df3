package extents

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

const mib = 1 << 20

// files makes files of each kind in a folder.
var files = []struct {
	what string
	make func(*os.File) error
	want Map // what FIEMAP says; Size and How do not matter
}{
	{"data", func(f *os.File) error { return write(f, 0, 4*mib) }, Map{}},
	{"a hole alone", func(f *os.File) error { return f.Truncate(4 * mib) }, Map{Holes: 4 * mib}},
	{"never written", func(f *os.File) error { return unix.Fallocate(int(f.Fd()), 0, 0, 4*mib) },
		Map{Unwritten: 4 * mib}},
	{"a hole in front", func(f *os.File) error { return write(f, 3*mib, mib) }, Map{Holes: 3 * mib}},
	{"a hole at the end", func(f *os.File) error {
		if err := write(f, 0, mib); err != nil {
			return err
		}
		return f.Truncate(4 * mib)
	}, Map{Holes: 3 * mib}},
	{"many holes", func(f *os.File) error {
		for i := range int64(512) { // more than one call tells
			if err := write(f, i*8192, 4096); err != nil {
				return err
			}
		}
		return f.Truncate(4 * mib)
	}, Map{Holes: 2 * mib}},
	{"a hole and what was never written", func(f *os.File) error {
		if err := unix.Fallocate(int(f.Fd()), 0, mib, mib); err != nil {
			return err
		}
		return write(f, 3*mib, mib)
	}, Map{Holes: 2 * mib, Unwritten: mib}},
	{"room behind the end", func(f *os.File) error {
		if err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, 8*mib); err != nil {
			return err
		}
		return write(f, 0, 4*mib)
	}, Map{}},
	{"one byte", func(f *os.File) error { return write(f, 0, 1) }, Map{}},
}

func write(f *os.File, at, n int64) error {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	_, err := f.WriteAt(b, at)
	return err
}

// each makes every file of the table where FIEMAP works, and asks about it.
func each(t *testing.T, dir string, check func(t *testing.T, f *os.File, size int64, want Map)) {
	for _, c := range files {
		t.Run(c.what, func(t *testing.T) {
			f, err := os.CreateTemp(dir, "extents")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if err := c.make(f); err != nil {
				t.Skip(err)
			}
			st, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			check(t, f, st.Size(), c.want)
		})
	}
}

func TestLook(t *testing.T) {
	each(t, t.TempDir(), func(t *testing.T, f *os.File, size int64, want Map) {
		m := Look(f, size)
		if !strings.HasPrefix(m.How, "by FIEMAP") {
			t.Skip("the folder for temporary files has no FIEMAP: ", m.How)
		}
		if m.Size != size || m.Holes != want.Holes || m.Unwritten != want.Unwritten || m.Compressed != 0 ||
			m.Short != 0 {
			t.Errorf("%+v, want %+v", m, want)
		}
		if (m.Absent() == "") != (want == Map{}) {
			t.Errorf("it says %q", m.Absent())
		}
	})
}

// TestLookBySeek wants the same where FIEMAP is missing.
func TestLookBySeek(t *testing.T) {
	each(t, t.TempDir(), func(t *testing.T, f *os.File, size int64, want Map) {
		m := bySeek(f, size)
		if m.Holes+m.Short != want.Holes+want.Unwritten {
			t.Errorf("%+v, want %+v", m, want)
		}
		if (m.Absent() == "") != (want == Map{}) {
			t.Errorf("it says %q", m.Absent())
		}
		if at, err := f.Seek(0, 1); err != nil || at != 0 {
			t.Errorf("the offset is %d, %v", at, err)
		}
	})
}

func TestInMemoryFileSystem(t *testing.T) {
	if _, err := os.Stat("/dev/shm"); err != nil {
		t.Skip(err)
	}
	f, err := os.CreateTemp("/dev/shm", "extents")
	if err != nil {
		t.Skip(err)
	}
	defer os.Remove(filepath.Clean(f.Name()))
	defer f.Close()
	if err := f.Truncate(4 * mib); err != nil {
		t.Fatal(err)
	}
	if m := Look(f, 4*mib); m.Holes != 4*mib {
		t.Errorf("%+v", m)
	}
}

func TestAbsent(t *testing.T) {
	for _, c := range []struct {
		m    Map
		want string
	}{
		{Map{Size: 100 * mib}, ""},
		{Map{Size: 100 * mib, Holes: mib}, ""},
		{Map{Size: 100 * mib, Holes: mib, Unwritten: mib, How: "by FIEMAP"}, "1 MiB of 100 MiB are holes, 1 MiB of " +
			"100 MiB were never written (by FIEMAP)"},
		{Map{Size: 4 * mib, Compressed: 4 * mib, How: "by FIEMAP"}, "4 MiB of 4 MiB lie compressed (by FIEMAP)"},
		{Map{Size: 4 * mib, Short: 3 * mib, How: "x"}.Plus(Map{Size: 4 * mib, Holes: mib, How: "y"}),
			"1 MiB of 8 MiB are holes, 3 MiB of 8 MiB take no room on the device (x, y)"},
	} {
		if got := c.m.Absent(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.m, got, c.want)
		}
	}
}

// TestLayout holds the structures against linux/fiemap.h.
func TestLayout(t *testing.T) {
	if a, b := unsafe.Sizeof(header{}), unsafe.Sizeof(extent{}); a != 32 || b != 56 {
		t.Errorf("%d and %d bytes, want 32 and 56", a, b)
	}
	if !bytes.Equal([]byte{0x0B, 'f', 32, 0xC0}, []byte{iocFiemap & 0xff, iocFiemap >> 8 & 0xff, iocFiemap >> 16 & 0xff,
		iocFiemap >> 24 & 0xff}) {
		t.Error("the ioctl's number is not _IOWR('f', 11, struct fiemap)")
	}
}
