package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func open(t *testing.T, target string) *Dir {
	t.Helper()
	d, err := openDir(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func contains(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Fatalf("error %v, want one with %q", err, part)
		}
	}
}

// ls lists everything under dir, with relative paths.
func ls(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if rel, _ := filepath.Rel(dir, path); rel != "." {
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOpenDir(t *testing.T) {
	target := t.TempDir()
	d := open(t, target)
	st, err := os.Lstat(filepath.Join(target, FolderName))
	if err != nil || !st.IsDir() || st.Mode().Perm() != 0o700 {
		t.Fatalf("the folder: %v, %v", st, err)
	}
	text, err := os.ReadFile(filepath.Join(d.Path(), markerName))
	if err != nil || !strings.HasPrefix(string(text), "mmapbench data folder 1") {
		t.Fatalf("the marker: %q, %v", text, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, target).Close(); err != nil { // again
		t.Fatal(err)
	}
}

func TestOpenDirRefuses(t *testing.T) {
	elsewhere := t.TempDir()
	for _, c := range []struct {
		name  string
		setUp func(folder string) error
		want  []string
	}{
		{"a file", func(f string) error { return os.WriteFile(f, nil, 0o600) },
			[]string{"is a file, not a directory", "left alone"}},
		{"link", func(f string) error { return os.Symlink(elsewhere, f) }, []string{"symbolic link", "choose another"}},
		{"dangling", func(f string) error { return os.Symlink(elsewhere+"/absent", f) }, []string{"a symbolic link"}},
		{"a pipe", func(f string) error { return unix.Mkfifo(f, 0o600) }, []string{"a special file"}},
		{"a folder in use", func(f string) error {
			return errors.Join(os.Mkdir(f, 0o700), os.WriteFile(f+"/thesis.tex", []byte("x"), 0o600))
		}, []string{"holds thesis.tex", "not made by mmapbench", "move it away"}},
		{"a marker that is a symlink", func(f string) error {
			return errors.Join(os.Mkdir(f, 0o700), os.Symlink(elsewhere+"/m", f+"/"+markerName))
		}, []string{markerName + " is a symbolic link"}},
		{"a marker that is a pipe", func(f string) error {
			return errors.Join(os.Mkdir(f, 0o700), unix.Mkfifo(f+"/"+markerName, 0o600))
		}, []string{markerName + " is a special file"}},
		{"a marker of another program", func(f string) error {
			return errors.Join(os.Mkdir(f, 0o700), os.WriteFile(f+"/"+markerName, []byte("{}\n"), 0o600))
		}, []string{"damaged or not mmapbench's"}},
		{"an empty marker beside a file", func(f string) error {
			return errors.Join(os.Mkdir(f, 0o700), os.WriteFile(f+"/"+markerName, nil, 0o600),
				os.WriteFile(f+"/x", nil, 0o600))
		}, []string{"is empty but", "holds x"}},
		{"a manifest that points outside", func(f string) error {
			text := markerHead + `{"file":"../victim"}` + "\n"
			return errors.Join(os.Mkdir(f, 0o700), os.WriteFile(f+"/"+markerName, []byte(text), 0o600))
		}, []string{"../victim", "not the name of a benchmark file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := t.TempDir()
			unlessForbidden(t, c.setUp(filepath.Join(target, FolderName)))
			victim := filepath.Join(target, "victim")
			write(t, victim, nil)
			before := ls(t, target)
			_, err := openDir(target)
			contains(t, err, c.want...)
			if _, err := Clean(target); err == nil {
				t.Error("Clean went ahead")
			}
			if after := ls(t, target); !slices.Equal(before, after) {
				t.Errorf("left %q, was %q", after, before)
			}
		})
	}
	if left := ls(t, elsewhere); len(left) > 0 {
		t.Errorf("a symbolic link was followed: %q", left)
	}
}

func TestOpenDirTarget(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, nil)
	for target, want := range map[string]string{
		filepath.Join(dir, "absent"): "does not exist",
		file:                         "is not a directory",
		"/dev/null":                  "is not a directory; name a directory on the device",
	} {
		_, err := openDir(target)
		contains(t, err, want, target)
		_, err = Clean(target)
		contains(t, err, want, target)
	}
}

func TestOpenDirNoPermission(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error)
	go func() {
		// Root may write anywhere. The identity for the file system is the
		// thread's own (setfsuid(2)); the thread ends with the goroutine.
		runtime.LockOSThread()
		if _, err := unix.SetfsuidRetUid(65534); err != nil {
			errs <- err
			return
		}
		_, err := openDir(dir)
		errs <- err
	}()
	contains(t, <-errs, "permission denied", dir, "choose a directory that you may write to")
}

func TestOpenDirOfAnotherUser(t *testing.T) {
	target := t.TempDir()
	open(t, target).Close()
	folder := filepath.Join(target, FolderName)
	if err := os.Chown(folder, 12345, -1); err != nil {
		t.Skip("only root can give a folder away: ", err)
	}
	_, err := openDir(target)
	contains(t, err, "belongs to user 12345")
	_, err = Clean(target)
	contains(t, err, "belongs to user 12345")
}

func TestReadOnlyFileSystem(t *testing.T) {
	target := mount(t, "size=1m")
	if err := unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	_, err := openDir(target)
	contains(t, err, "read-only file system", "remount it")
}

// mount mounts an empty tmpfs.
func mount(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skip("only root can mount a file system: ", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestOnlyOneRunPerTarget(t *testing.T) {
	target := t.TempDir()
	d := open(t, target)
	for _, try := range []func() error{
		func() error { _, err := openDir(target); return err },
		func() error { _, err := Clean(target); return err },
	} {
		var busy *BusyError
		if err := try(); !errors.As(err, &busy) || busy.PID != os.Getpid() {
			t.Fatalf("error %v, want a BusyError with process %d", err, os.Getpid())
		}
	}
	d.Close()
	open(t, target)
}

// Many open and clean the same target at once: whatever happens, nobody is told
// of anything but of the others, and nobody loses a file.
func TestConcurrentOpenAndClean(t *testing.T) {
	target := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if err := useOnce(target); err != nil && !errors.As(err, new(*BusyError)) &&
					!errors.Is(err, errGone) {
					t.Error(err)
				}
				if _, err := Clean(target); err != nil && !errors.As(err, new(*BusyError)) &&
					!errors.Is(err, errGone) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, err := Clean(target); err != nil {
		t.Error(err)
	}
	if left := ls(t, target); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

// Between opening the marker and locking it another process may have cleaned,
// and even made the folder again: the lock is then on a file without a name.
func TestLockOnARemovedMarker(t *testing.T) {
	for _, again := range []bool{false, true} {
		d := open(t, t.TempDir())
		f, err := d.openMarker(true)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := d.man.f.Close(); err != nil { // the lock is free
			t.Fatal(err)
		}
		if err := os.Remove(f.Name()); err != nil {
			t.Fatal(err)
		}
		if again {
			write(t, f.Name(), []byte(markerHead))
		}
		if err := d.lockMarker(f); err != errGone {
			t.Errorf("made again %v: error %v, want %v", again, err, errGone)
		}
	}
}

func useOnce(target string) error {
	d, err := openDir(target)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Scratch("out.tmp"); err != nil {
		return err
	}
	f, err := os.OpenFile(d.file("out.tmp"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), d.Remove("out.tmp"))
}

func TestScratch(t *testing.T) {
	d := open(t, t.TempDir())
	for range 2 { // the second time there is a leftover
		if err := d.Scratch("out.tmp"); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(d.file("out.tmp"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if err := d.Remove("out.tmp"); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove("out.tmp"); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
	if got := ls(t, d.Path()); !slices.Equal(got, []string{markerName}) {
		t.Errorf("left %q", got)
	}
	for _, name := range []string{"", ".", "..", "a/b", "../a", markerName, "data-1k-0.bin", "a\x00b"} {
		if err := d.Scratch(name); err == nil {
			t.Errorf("Scratch(%q) is allowed", name)
		}
	}
}

// Whatever somebody puts in the place of our files is neither followed,
// written, nor removed.
func TestStrangeFilesAreLeftAlone(t *testing.T) {
	const size = 1 << 20
	swaps := map[string]func(victim, path string) error{
		"symlink":   os.Symlink,
		"hard link": os.Link,
		"directory": func(_, path string) error { return os.Mkdir(path, 0o700) },
		"pipe":      func(_, path string) error { return unix.Mkfifo(path, 0o600) },
	}
	for what, swap := range swaps {
		data := Seeded(1).fileName(size)
		for _, name := range []string{data, data + partSuffix, "out.tmp", "made.tmp"} {
			t.Run(what+"/"+name, func(t *testing.T) {
				target := t.TempDir()
				d := open(t, target)
				ensure(t, d, size, 1)
				if err := d.Scratch("out.tmp"); err != nil {
					t.Fatal(err)
				}
				if err := createClosed(d, "made.tmp"); err != nil {
					t.Fatal(err)
				}
				path, victim := d.file(name), filepath.Join(target, "victim")
				write(t, victim, []byte("precious"))
				if err := errors.Join(d.Remove(name), d.Remove(data), swap(victim, path)); err != nil {
					t.Fatal(err)
				}
				_, _, ensured := d.Ensure(size, Seeded(1), nil)
				scratched := d.Scratch("out.tmp")
				if err := errors.Join(ensured, scratched, createClosed(d, "made.tmp")); !errors.Is(err, ErrForeign) {
					t.Errorf("error %v, want %v", err, ErrForeign)
				}
				if err := d.Remove(name); !errors.Is(err, ErrForeign) {
					t.Errorf("Remove: error %v, want %v", err, ErrForeign)
				}
				d.Close()
				c, err := Clean(target)
				if err != nil || len(c.Left) != 1 || c.Left[0].Path != path {
					t.Errorf("Clean = %+v, %v, want only %s left", c, err, path)
				}
				if got, err := os.ReadFile(victim); err != nil || string(got) != "precious" {
					t.Errorf("the victim: %q, %v", got, err)
				}
				if _, err := os.Lstat(path); err != nil {
					t.Errorf("what was put there: %v", err)
				}
			})
		}
	}
}

// TestReopen: a file is known by what it is, and not by its name.
func TestReopen(t *testing.T) {
	d := open(t, t.TempDir())
	f, err := d.Create("made.tmp")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	again, err := d.Reopen(f, os.O_RDWR)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	victim := filepath.Join(t.TempDir(), "victim")
	write(t, victim, []byte("a stranger's"))
	for name, put := range map[string]func() error{
		"hard link":     func() error { return os.Link(victim, f.Name()) },
		"symbolic link": func() error { return os.Symlink(victim, f.Name()) },
		"pipe":          func() error { return unix.Mkfifo(f.Name(), 0o600) },
		"nothing":       func() error { return nil },
	} {
		if err := os.Remove(f.Name()); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if err := put(); errors.Is(err, unix.EXDEV) {
			continue
		} else if errors.Is(err, unix.EPERM) {
			t.Logf("NOT TESTED: %s: %v", name, err) // FAT has neither links nor pipes
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		if again, err := d.Reopen(f, os.O_RDWR); err == nil {
			t.Errorf("%s in its place: opened %s", name, again.Name())
		}
	}
}
