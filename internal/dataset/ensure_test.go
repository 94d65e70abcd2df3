package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func ensure(t *testing.T, d *Dir, size int64, seed uint64) (path string, made bool) {
	t.Helper()
	name, made, err := d.Ensure(size, Seeded(seed), nil)
	if err != nil {
		t.Fatal(err)
	}
	path = d.file(name)
	if err := Verify(path, seed, size, 0); err != nil {
		t.Fatal(err)
	}
	return path, made
}

func TestEnsure(t *testing.T) {
	target := t.TempDir()
	for _, size := range []int64{1, 7, 4096, 100_001, chunk, 10*chunk + 3} {
		d := open(t, target)
		if d.Lookup(size, Seeded(1)) {
			t.Errorf("Lookup(%d) before Ensure", size)
		}
		var told []int64
		name, made, err := d.Ensure(size, Seeded(1), func(done, total int64) error {
			if total != size {
				t.Errorf("progress of %d bytes, want %d", total, size)
			}
			told = append(told, done)
			return nil
		})
		if err != nil || !made {
			t.Fatalf("Ensure(%d): made %v, %v", size, made, err)
		}
		if !slices.IsSorted(told) || told[len(told)-1] != size {
			t.Errorf("progress %v, want it to rise to %d", told, size)
		}
		path := d.file(name)
		if err := Verify(path, 1, size, 0); err != nil {
			t.Error(err)
		}
		if err := errors.Join(d.Close()); err != nil {
			t.Fatal(err)
		}

		d = open(t, target) // what was made is known to the next process
		if !d.Lookup(size, Seeded(1)) || d.Lookup(size, Seeded(2)) || d.Lookup(size+1, Seeded(1)) {
			t.Errorf("Lookup(%d) after Ensure is wrong", size)
		}
		if again, made := ensure(t, d, size, 1); made || again != path {
			t.Errorf("Ensure(%d) again: %s, made %v; want %s reused", size, again, made, path)
		}
		d.Close()
	}
}

func TestEnsureMakesAnew(t *testing.T) {
	const size = 300 * 16 << 10 // more pages than are sampled, also of 16 KiB
	page := int64(os.Getpagesize())
	poke := func(off int64) func(path string) error {
		return func(path string) error {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			b := make([]byte, 1)
			_, rerr := f.ReadAt(b, off)
			b[0]++
			_, werr := f.WriteAt(b, off)
			return errors.Join(rerr, werr, f.Close())
		}
	}
	for _, c := range []struct {
		name   string
		damage func(path string) error
		looks  bool // Lookup, which does not read, is deceived
	}{
		{"first byte", poke(0), true},
		{"last byte", poke(size - 1), true},
		{"longer", func(p string) error { return os.Truncate(p, size+1) }, false},
		{"shorter", func(p string) error { return os.Truncate(p, size-1) }, false},
		{"removed", os.Remove, false},
		{"a hole that no sample meets", func(p string) error {
			f, err := os.OpenFile(p, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			err = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, page, page)
			return errors.Join(err, f.Close())
		}, true},
		{"another file of the same content", func(p string) error {
			text, err := os.ReadFile(p)
			return errors.Join(err, os.Rename(p, p+".old"), os.WriteFile(p, text, 0o600), os.Remove(p+".old"))
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t, t.TempDir())
			path, _ := ensure(t, d, size, 1)
			if err := c.damage(path); errors.Is(err, unix.EOPNOTSUPP) {
				t.Skip("the file system of the temporary directory cannot punch holes")
			} else if err != nil {
				t.Fatal(err)
			}
			if got := d.Lookup(size, Seeded(1)); got != c.looks {
				t.Errorf("Lookup = %v, want %v", got, c.looks)
			}
			if _, made := ensure(t, d, size, 1); !made {
				t.Error("the damaged file was used")
			}
		})
	}
}

func TestEnsureLeavesForeignFile(t *testing.T) {
	d := open(t, t.TempDir())
	for _, name := range []string{Seeded(1).fileName(4096), Seeded(2).fileName(4096) + partSuffix} {
		write(t, d.file(name), []byte("precious"))
	}
	for seed := uint64(1); seed <= 2; seed++ {
		if _, _, err := d.Ensure(4096, Seeded(seed), nil); !errors.Is(err, ErrForeign) {
			t.Errorf("seed %d: %v, want %v", seed, err, ErrForeign)
		}
	}
	for _, name := range []string{Seeded(1).fileName(4096), Seeded(2).fileName(4096) + partSuffix} {
		if got, err := os.ReadFile(d.file(name)); err != nil || string(got) != "precious" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, _, err := d.Ensure(0, Seeded(1), nil); err == nil {
		t.Error("a file of no bytes was made")
	}
}

func TestEnsureWithoutSpace(t *testing.T) {
	target := mount(t, "size=4m")
	d := open(t, target)
	free, err := FreeSpace(target)
	if err != nil || free <= 0 || free > 4<<20 {
		t.Fatalf("FreeSpace = %d, %v", free, err)
	}
	size := free + 1<<20

	_, _, err = d.Ensure(size, Seeded(1), nil) // seen beforehand
	var space *SpaceError
	if !errors.As(err, &space) || space.Missing != 1<<20 || space.Err != nil {
		t.Errorf("Ensure = %v, want 1 MiB missing", err)
	}

	// The device says so in the middle: as when others fill it, or a quota.
	f, err := d.create(Seeded(1).fileName(size) + partSuffix)
	if err != nil {
		t.Fatal(err)
	}
	written, err := fillFile(f, size, Seeded(1), nil)
	f.Close()
	if written == 0 || !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("fillFile wrote %d bytes, %v; want a full device", written, err)
	}
	err = d.failed(err, Seeded(1).fileName(size), size, written)
	if !errors.As(err, &space) || space.Missing != 1<<20 || !errors.Is(err, unix.ENOSPC) {
		t.Errorf("failed = %v, want 1 MiB missing", err)
	}
	contains(t, err, "1 MiB (1048576 bytes) are missing")
	if got := ls(t, d.Path()); !slices.Equal(got, []string{markerName}) {
		t.Errorf("left %q", got)
	}
	ensure(t, d, free/2, 1)
}

// A full device must not make the manifest unreadable, nor cleaning impossible.
func TestFullDevice(t *testing.T) {
	target := mount(t, "size=1m")
	d := open(t, target)
	err := d.Scratch("fill.tmp")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.file("fill.tmp"), make([]byte, 2<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("filling the device: %v", err)
	}
	for i := range os.Getpagesize() / 16 { // the manifest's last page gets full
		name := "a-rather-long-name-for-a-scratch-file-" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		if err = d.Scratch(name); err != nil {
			break
		}
	}
	contains(t, err, "no space left")
	d.Close()
	if _, err := Clean(target); err != nil {
		t.Fatal(err)
	}
	if left := ls(t, target); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

func TestEnsureCanBeEnded(t *testing.T) {
	target := t.TempDir()
	d := open(t, target)
	defer d.Close()
	enough := errors.New("enough")
	_, _, err := d.Ensure(4*chunk, Seeded(1), func(int64, int64) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("ended with %v, want %v", err, enough)
	}
	if names, _ := filepath.Glob(filepath.Join(d.Path(), dataPrefix+"*")); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}
