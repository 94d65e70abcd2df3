package readwrite_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/internal/pagecache"
	"mmapbench/io/backend"
	"mmapbench/io/readwrite"
)

const (
	directSize   = 4 << 20
	directRecord = 64 << 10
)

// coldFile makes a file of directSize bytes, none of them in the page cache, in
// a directory whose file system has a device behind it.
func coldFile(t *testing.T) *os.File {
	t.Helper()
	for _, parent := range []string{os.TempDir(), "/var/tmp", "."} {
		var st unix.Statfs_t
		if err := unix.Statfs(parent, &st); err != nil || st.Type == unix.TMPFS_MAGIC || st.Type == unix.RAMFS_MAGIC {
			continue
		}
		if _, err := backend.Configure(readwrite.Direct, backend.ToRead, parent, nil); err != nil {
			continue
		}
		dir, err := os.MkdirTemp(parent, "direct-test-*")
		if err != nil {
			continue
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		p := make([]byte, directSize)
		for i := range p {
			p[i] = byte(i*7 + i>>12)
		}
		path := filepath.Join(dir, "data")
		if err := os.WriteFile(path, p, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		if r, err := pagecache.Cold(f, directSize); err != nil || !pagecache.IsCold(r) {
			t.Fatalf("Cold = %+v, %v", r, err)
		}
		return f
	}
	t.Skip("NOT TESTED that direct reads go past the page cache: neither the directory for temporary files " +
		"(TMPDIR) nor /var/tmp nor this one is on a file system with O_DIRECT and a device behind it")
	return nil
}

// blocksRead is what the kernel booked to this process, in units of 512 bytes.
func blocksRead(t *testing.T) int64 {
	t.Helper()
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		t.Fatal(err)
	}
	return ru.Inblock
}

func reader(t *testing.T, b backend.Backend) backend.Access {
	t.Helper()
	a, err := backend.Configure(b, backend.ToRead, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// open opens the file for one worker with a buffer of its own.
func open(t *testing.T, b backend.Backend, path string) backend.Worker {
	t.Helper()
	buf, err := unix.Mmap(-1, 0, directRecord, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(buf) })
	f, err := reader(t, b).Open(path, backend.Spec{Size: directSize, Record: directRecord, Buf: buf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	w, err := f.Worker(0)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// readAll reads the file once and returns the sum of its words.
func readAll(t *testing.T, w backend.Worker) uint64 {
	t.Helper()
	batch := backend.Batch{N: directSize / directRecord, Record: directRecord, Consumer: backend.Sum}
	for i := range batch.N {
		batch.Off[i] = int64(i) * directRecord
	}
	if err := backend.NewBatcher(w).Do(&batch); err != nil {
		t.Fatal(err)
	}
	return batch.Sum
}

// TestDirectLeavesNoPage reads a cold file twice past the page cache: the device
// delivers every byte each time, and the cache stays empty. pread does neither.
func TestDirectLeavesNoPage(t *testing.T) {
	f := coldFile(t)
	resident := func() int64 {
		r, err := pagecache.Resident(f, directSize)
		if err != nil {
			t.Fatal(err)
		}
		return r.Resident
	}
	direct := open(t, readwrite.Direct, f.Name())
	var sums [2]uint64
	for i := range sums {
		before := blocksRead(t)
		sums[i] = readAll(t, direct)
		if read := (blocksRead(t) - before) * 512; read < directSize {
			t.Errorf("pass %d: %d bytes were read from the device, want %d at least", i+1, read, directSize)
		}
		if n := resident(); n != 0 {
			t.Fatalf("pass %d left %d pages in the page cache", i+1, n)
		}
	}
	want := readAll(t, open(t, readwrite.Pread, f.Name()))
	if sums[0] != want || sums[1] != want {
		t.Errorf("sums %#x, want %#x", sums, want)
	}
	if resident() == 0 {
		t.Error("pread left no page in the cache either: this test sees nothing")
	}
}

// TestDirectOfFileCutOffInsideARecord: the read ends at an offset from which no
// direct read can go on. What is reported must be the cause, not that.
func TestDirectOfFileCutOffInsideARecord(t *testing.T) {
	f := coldFile(t)
	w := open(t, readwrite.Direct, f.Name())
	if err := os.Truncate(f.Name(), directRecord+100); err != nil {
		t.Fatal(err)
	}
	if _, err := w.View(directRecord, directRecord); err == nil || !strings.Contains(err.Error(), "shortened") {
		t.Errorf("error %v, want one that says that the file was shortened", err)
	}
	if _, err := w.View(0, directRecord); err != nil {
		t.Errorf("what is left: %v", err)
	}
}

func TestDirectRefusesUnalignedMemory(t *testing.T) {
	f := coldFile(t)
	raw := make([]byte, directRecord+2)
	file, err := reader(t, readwrite.Direct).Open(f.Name(),
		backend.Spec{Size: directSize, Record: directRecord, Buf: raw[1:]})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Worker(0); !errors.Is(err, backend.ErrAlign) {
		t.Errorf("a buffer at an odd address: error %v, want one that wraps ErrAlign", err)
	}
}

// TestDirectIsRefusedWhereItWouldBeIgnored asks for a file on an ext4 that
// journals data, and so reads it through the page cache.
func TestDirectIsRefusedWhereItWouldBeIgnored(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can mount")
	}
	image := coldFile(t).Name()
	if err := os.Truncate(image, 32<<20); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, tool := range [][]string{{"mkfs.ext4", "-q", image}, {"mount", "-o", "loop,data=journal", image, dir}} {
		if out, err := exec.Command(tool[0], tool[1:]...).CombinedOutput(); err != nil {
			t.Skipf("%v: %v\n%s", tool, err, out)
		}
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmounting %s: %v", dir, err)
		}
	})
	path := filepath.Join(dir, "data")
	if err := os.WriteFile(path, make([]byte, directSize), 0o600); err != nil {
		t.Fatal(err)
	}
	if !tellsAlignment(path) {
		t.Skip("this kernel does not tell that a file has no direct reads: Linux 6.1 does")
	}
	_, inDir := backend.Configure(readwrite.Direct, backend.ToRead, dir, nil)
	_, atOpen := reader(t, readwrite.Direct).Open(path, backend.Spec{Size: directSize, Record: directRecord})
	for _, err := range []error{inDir, atOpen} {
		if err == nil || !strings.Contains(err.Error(), "use the backend pread") ||
			!strings.Contains(err.Error(), dir) {
			t.Errorf("error %v, want one that names the place and the fix", err)
		}
		t.Log(err)
	}
}

// tellsAlignment reports whether statx(2) knows the alignment of the file.
func tellsAlignment(path string) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_DIOALIGN, &st)
	return err == nil && st.Mask&unix.STATX_DIOALIGN != 0
}
