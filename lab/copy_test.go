package lab

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCopy(t *testing.T) {
	t.Chdir(t.TempDir())
	page := os.Getpagesize()
	content := make([]byte, 5*page+3)
	for i := range content {
		content[i] = byte(i * 7 >> 3)
	}
	for _, n := range []int{1, page - 1, page, page + 1, 2 * page, len(content)} {
		for _, window := range []int64{0, int64(page), 2 * int64(page)} {
			os.Remove("to")
			os.Remove("from")
			write(t, "from", content[:n], 0o640)
			if _, err := play(t, func(b *bytes.Buffer) error {
				return Copy(context.Background(), b, CopyOptions{Common: jsonCommon, Src: "from", Dst: "to",
					Window: window})
			}); err != nil {
				t.Fatalf("%d bytes in windows of %d: %v", n, window, err)
			}
			holds(t, "to", content[:n])
			if st, err := os.Stat("to"); err != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("the copy: %v, %v; want its owner's alone", st.Mode(), err)
			}
		}
	}
	for _, window := range []int64{1, int64(page) - 1, -int64(page)} {
		fails(t, Copy(context.Background(), new(bytes.Buffer), CopyOptions{Src: "from", Dst: "new", Window: window}),
			"multiple of the page size")
	}
}

// TestCopyMakesNewFilesAlone: whatever has the name is left as it is.
func TestCopyMakesNewFilesAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "f", []byte("precious"), 0o600)
	write(t, "other", []byte("also precious, and longer"), 0o600)
	if err := errors.Join(os.Link("f", "hard"), os.Symlink("f", "soft"),
		os.Symlink("nowhere", "dangling")); err != nil {
		t.Fatal(err)
	}
	for _, dst := range []string{"f", "./f", "hard", "soft", "dangling", "other"} {
		fails(t, Copy(context.Background(), new(bytes.Buffer), CopyOptions{Src: "f", Dst: dst}), "file exists: it "+
			"is left alone")
	}
	holds(t, "f", []byte("precious"))
	holds(t, "other", []byte("also precious, and longer"))
	if _, err := os.Lstat("nowhere"); err == nil {
		t.Error("a link was followed")
	}
}

func TestACopyThatIsStoppedIsRemoved(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "f", make([]byte, 3*os.Getpagesize()), 0o600)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := Copy(ctx, new(bytes.Buffer), CopyOptions{Src: "f", Dst: "to", Window: pageSize()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir("."); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// TestASourceThatIsShortened is cut between its fstat and the memcpy.
func TestASourceThatIsShortened(t *testing.T) {
	t.Chdir(t.TempDir())
	page := pageSize()
	write(t, "f", make([]byte, 2*page), 0o600)
	err := jsonCommon.play(new(bytes.Buffer), "copy", func(s *script) error {
		s.step("Copy")
		src, err := s.open("src", "f", unix.O_RDONLY, 0)
		if err != nil {
			return err
		}
		defer unix.Close(src.fd)
		dst, err := s.open("dst", "to", unix.O_RDWR|unix.O_CREAT, 0o600)
		if err != nil {
			return err
		}
		defer unix.Close(dst.fd)
		if err := errors.Join(os.Truncate("f", 1), os.Truncate("to", 2*page)); err != nil {
			return err
		}
		return s.copyWindow(src, dst, 0, 2*page)
	})
	fails(t, err, "of the mapping of f: its disk is full, or it was made shorter")
}

// onFullDisk makes a small file system in memory.
func onFullDisk(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("needs root to mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestAFullDisk fills the disk for real: what cannot be stored leaves no trace.
func TestAFullDisk(t *testing.T) {
	dir := onFullDisk(t)
	write(t, dir+"/f", []byte("before"), 0o600)
	write(t, dir+"/filler", make([]byte, 128<<10), 0o600)
	text := strings.Repeat("x", 200<<10)
	err := Append(new(bytes.Buffer), AppendOptions{File: dir + "/f", Text: text})
	if !errors.Is(err, unix.ENOSPC) { // the space is asked for beforehand
		t.Errorf("append: %v", err)
	}
	holds(t, dir+"/f", []byte("before"))

	// As where no space can be reserved: the store to the hole is a SIGBUS.
	err = jsonCommon.play(new(bytes.Buffer), "append", func(s *script) error {
		s.step("Append")
		f, err := s.open("fd", dir+"/f", unix.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer unix.Close(f.fd)
		if err := s.ftruncate(f, 6+int64(len(text))); err != nil {
			return err
		}
		return errors.Join(s.fill(f, 6, []byte(text)), s.ftruncate(f, 6))
	})
	fails(t, err, "its disk is full")

	err = Copy(context.Background(), new(bytes.Buffer), CopyOptions{Src: dir + "/filler", Dst: dir + "/copy"})
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("copy: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}
