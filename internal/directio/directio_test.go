package directio

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKernelServesWhatIsAligned reads at the alignment that was found, which the
// kernel must serve, as must the guess made without asking about a file.
func TestKernelServesWhatIsAligned(t *testing.T) {
	dir := t.TempDir()
	in, err := In(dir)
	if err != nil {
		t.Skipf("NOT TESTED, set TMPDIR to a directory on another file system: %v", err)
	}
	path := filepath.Join(dir, "data")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECT, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	of, err := Of(fd)
	if err != nil {
		t.Fatal(err)
	}
	if in != of {
		t.Errorf("In the directory %+v, of a file in it %+v", in, of)
	}
	buf, err := unix.Mmap(-1, 0, of.Memory+of.Offset, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(buf)
	n, err := unix.Pread(fd, buf[of.Memory:][:of.Offset], int64(3*of.Offset))
	if err != nil || n != of.Offset {
		t.Errorf("read %d bytes with %+v: %v", n, of, err)
	}
	t.Logf("%+v", of)
}

// Where no file can be made, the guess is cautious and no error: a directory
// that is not there, one on a file system whose files have no data.
func TestCautiousWhereNothingCanBeAsked(t *testing.T) {
	for _, dir := range []string{filepath.Join(t.TempDir(), "missing"), "/proc"} {
		if a, err := In(dir); err != nil || a != (Alignment{Cautious, Cautious, Cautious}) {
			t.Errorf("In(%s) = %+v, %v", dir, a, err)
		}
	}
}

// TestInLeavesNothing: the file that was asked about is gone.
func TestInLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := In(dir); err != nil {
		t.Log(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
