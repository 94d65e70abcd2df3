package pagecache

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

func TestProbeBelow(t *testing.T) {
	const size = 8 << 20
	f := cached(t, size)
	if _, err := Cold(f, size); err != nil {
		t.Fatal(err)
	}
	before := *ownRead(t)
	b, err := ProbeBelow(f.Name(), size, 7)
	if err != nil {
		t.Fatal(err)
	}
	if b.Reads != belowReads || b.First <= 0 || b.Again <= 0 {
		t.Errorf("ProbeBelow = %+v", b)
	}
	if read := *ownRead(t) - before; read < 2*belowReads*belowBlock {
		t.Errorf("%d bytes were read from the device, want %d at least", read, 2*belowReads*belowBlock)
	}
	wantResidency(t, f, size, Residency{size / page, 0})
}

func TestProbeBelowOfCachedFile(t *testing.T) {
	const size = 1 << 20
	f := cached(t, size)
	_, err := ProbeBelow(f.Name(), size, 7)
	if err == nil || !strings.Contains(err.Error(), "cold file only") {
		t.Errorf("ProbeBelow of a cached file: %v", err)
	}
	wantResidency(t, f, size, Residency{size / page, size / page})
}

func TestProbeBelowErrors(t *testing.T) {
	f := cached(t, 100)
	if _, err := Cold(f, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := ProbeBelow(f.Name(), 100, 7); err == nil || !strings.Contains(err.Error(), "too small") {
		t.Errorf("of a small file: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link")
	switch err := os.Symlink(f.Name(), link); {
	case errors.Is(err, unix.EPERM):
		t.Skipf("NOT TESTED: the file system of %s has no symbolic links", t.TempDir())
	case err != nil:
		t.Fatal(err)
	}
	if _, err := ProbeBelow(link, 100, 7); err == nil || !strings.Contains(err.Error(), link) {
		t.Errorf("of a link: %v", err)
	}
}

func TestProbeBelowInMemory(t *testing.T) {
	const shm = "/dev/shm"
	var fs unix.Statfs_t
	if err := unix.Statfs(shm, &fs); err != nil || fs.Type != unix.TMPFS_MAGIC {
		t.Skip("there is no file system in memory at " + shm)
	}
	f, err := os.CreateTemp(shm, "mmapbench-test-*")
	if err != nil {
		t.Skip(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := f.Truncate(1 << 20); err != nil {
		t.Fatal(err)
	}
	_, err = ProbeBelow(f.Name(), 1<<20, 7)
	if err == nil || !strings.Contains(err.Error(), "in memory") && !strings.Contains(err.Error(), "no O_DIRECT") {
		t.Errorf("ProbeBelow in memory: %v", err)
	}
}

// loopFile makes an ext4 file system in a file, mounts it, and makes a cold
// file of size bytes in it.
func loopFile(t *testing.T, size int64, options string) (data, image *os.File) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can mount")
	}
	image = cached(t, 64<<20)
	tool(t, "mkfs.ext4", "-q", image.Name())
	dir := t.TempDir()
	tool(t, "mount", "-o", "loop"+options, image.Name(), dir)
	t.Cleanup(func() { unmount(t, dir) })
	data, err := os.Create(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { data.Close() })
	if _, err := data.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if r, err := Cold(data, size); err != nil || !IsCold(r) {
		t.Fatalf("Cold = %+v, %v", r, err)
	}
	return data, image
}

// Below a loop device lies the page cache again, that of the image.
func TestLayerBelowThatCaches(t *testing.T) {
	const size = 32 << 20
	data, image := loopFile(t, size, "")
	if r, err := Cold(image, 64<<20); err != nil || r.Resident > r.Pages/8 {
		t.Fatalf("the image is not cold: %+v, %v", r, err)
	}
	b, err := ProbeBelow(data.Name(), size, 7)
	if err != nil {
		t.Fatal(err)
	}
	e := provenCold(results.DeviceCold)
	e.Below = b
	if proof, why := Judge(e); proof != results.ProofFailed || reason.Codes(why) != reason.BelowCaches {
		t.Errorf("Judge of %+v = %s, %s", b, proof, reason.Words(why))
	}
	t.Logf("first %v, again %v", b.First, b.Again)
}

func TestFileSystemThatIgnoresDirect(t *testing.T) {
	const size = 8 << 20
	data, _ := loopFile(t, size, ",data=journal")
	_, err := ProbeBelow(data.Name(), size, 7)
	if err == nil || !strings.Contains(err.Error(), "cannot be probed") {
		t.Errorf("ProbeBelow with data=journal: %v", err)
	}
	wantResidency(t, data, size, Residency{size / page, 0})
}

func TestBlocks(t *testing.T) {
	for _, c := range []struct{ size, block, want int64 }{
		{0, 4096, 0}, {4095, 4096, 0}, {4096, 4096, 1}, {10 * 4096, 4096, 10}, {33*4096 + 1, 4096, 32},
		{1 << 40, 65536, 32},
	} {
		got := blocks(c.size, c.block, 7)
		if !slices.Equal(got, blocks(c.size, c.block, 7)) {
			t.Errorf("%+v: another choice for the same seed", c)
		}
		if c.want > 8 && slices.IsSorted(got) {
			t.Errorf("%+v: in order: %d", c, got)
		}
		slices.Sort(got)
		if int64(len(slices.Compact(got))) != c.want {
			t.Errorf("%+v: %d", c, got)
		}
		for i, off := range got {
			if off%c.block != 0 || off < 0 || off+c.block > c.size {
				t.Errorf("%+v: offset %d is no block of the file", c, off)
			}
			if part := off / c.block * c.want / (c.size / c.block); part > int64(i) || part < int64(i)-1 {
				t.Errorf("%+v: block %d of %d lies in part %d", c, i, c.want, part)
			}
		}
	}
}
