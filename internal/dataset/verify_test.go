package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// periodic is what a file holds whose content begins anew every period bytes.
func periodic(seed uint64, size, period int64) []byte {
	p := make([]byte, size)
	for off := int64(0); off < size; off += period {
		Fill(p[off:min(size, off+period)], seed, 0)
	}
	return p
}

// Verify is [Dir.Verify] of a file in any directory.
func Verify(path string, seed uint64, size, period int64) error {
	fd, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	d := &Dir{path: filepath.Dir(path), fd: fd}
	return d.Verify(filepath.Base(path), Seeded(seed), size, period)
}

func TestVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 5000).Draw(t, "size")
		period := rapid.Int64Range(1, 6000).Draw(t, "period")
		p := periodic(3, size, period)
		write(t, path, p)
		if err := Verify(path, 3, size, period); err != nil {
			t.Fatal(err)
		}
		at := rapid.Int64Range(0, size-1).Draw(t, "at")
		want := p[at]
		p[at] ^= 0x80
		for i := at + 1; i < size; i += 1 + i%7 {
			p[i]++ // what is wrong later does not hide what is wrong first
		}
		write(t, path, p)
		mismatch(t, Verify(path, 3, size, period),
			MismatchError{Path: path, Offset: at, Want: int64(want), Got: int64(p[at])})
	})
}

// What matters at the edges of the buffer.
func TestVerifyLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	const size, period = 2*chunk + 12345, chunk/3 + 1 // periods that cross, and are not whole words
	p := periodic(3, size, period)
	write(t, path, p)
	if err := Verify(path, 3, size, period); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{0, period - 1, period, chunk - 1, chunk, 2*chunk - 1, 2 * chunk, size - 1} {
		p[at]++
		write(t, path, p)
		mismatch(t, Verify(path, 3, size, period),
			MismatchError{Path: path, Offset: at, Want: int64(p[at] - 1), Got: int64(p[at])})
		p[at]--
	}
}

func TestVerifyLength(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	p := periodic(3, 5000, 5000)
	write(t, path, p)
	for _, size := range []int64{4999, 5001, 0} {
		err := Verify(path, 3, size, 0)
		mismatch(t, err, MismatchError{Path: path, Length: true, Want: size, Got: 5000})
	}
	if err := Verify(path, 4, 5000, 0); !errors.As(err, new(*MismatchError)) {
		t.Errorf("content of another seed: %v", err)
	}
}

func TestVerifyOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	write(t, good, periodic(3, 100, 100))
	link, pipe := filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.Symlink(good, link), unix.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		link:                         "symbolic link",
		pipe:                         "not a regular file",
		dir:                          "is a directory",
		filepath.Join(dir, "absent"): "no such file",
	} {
		if err := Verify(path, 3, 100, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Verify(%s) = %v, want %q", path, err, want)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for want, err := range map[string]error{
		"f is wrong from offset 65536 on, in page " + strconv.Itoa(65536/os.Getpagesize()) + ": byte 0x00, want " +
			"0xa3": &MismatchError{Path: "f", Offset: 65536, Want: 0xa3},
		"f is 5 bytes long, want 7":                 &MismatchError{Path: "f", Length: true, Want: 7, Got: 5},
		"in use by another mmapbench (process 12):": &BusyError{Path: "d", PID: 12},
		"in use by another mmapbench:":              &BusyError{Path: "d"},
	} {
		contains(t, err, want)
	}
}

func mismatch(t interface{ Fatalf(string, ...any) }, err error, want MismatchError) {
	var got *MismatchError
	if !errors.As(err, &got) {
		t.Fatalf("error %v, want a mismatch", err)
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Fatalf("mismatch (-want +got):\n%s", diff)
	}
}

func write(t interface{ Fatal(...any) }, path string, p []byte) {
	if err := os.WriteFile(path, p, 0o600); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkVerify(b *testing.B) {
	path := filepath.Join(b.TempDir(), "f")
	const size = 64 << 20
	write(b, path, periodic(3, size, size))
	b.SetBytes(size)
	for b.Loop() {
		if err := Verify(path, 3, size, 0); err != nil {
			b.Fatal(err)
		}
	}
}
