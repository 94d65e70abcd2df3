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
	for _, n := range []int{0, 1, page - 1, page, page + 1, 2 * page, len(content)} {
		for _, window := range []int64{0, int64(page), 2 * int64(page)} {
			os.Remove("to")
			os.Remove("from")
			write(t, "from", content[:n], 0o640)
			if _, err := play(t, func(b *bytes.Buffer) error {
				return Copy(context.Background(), b, CopyOptions{Common: jsonCommon, Src: "from", Dst: "to", Window: window})
			}); err != nil {
				t.Fatalf("%d bytes in windows of %d: %v", n, window, err)
			}
			holds(t, "to", content[:n])
			if st, err := os.Stat("to"); err != nil || st.Mode().Perm() != 0o640 {
				t.Errorf("the copy: %v, %v", st.Mode(), err)
			}
		}
	}
	for _, window := range []int64{1, int64(page) - 1, -int64(page)} {
		fails(t, Copy(context.Background(), new(bytes.Buffer), CopyOptions{Src: "from", Dst: "new", Window: window}), "multiple of the page size")
	}
}

// TestCopyRefuses the same file under any name, and one that is there.
func TestCopyRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx := context.Background()
	write(t, "f", []byte("precious"), 0o600)
	write(t, "other", []byte("also precious, and longer"), 0o600)
	if err := errors.Join(os.Link("f", "hard"), os.Symlink("f", "soft")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", "dangling"); err != nil {
		t.Fatal(err)
	}
	fails(t, Copy(ctx, new(bytes.Buffer), CopyOptions{Src: "f", Dst: "dangling", Force: true}), "is a symbolic link")
	for _, dst := range []string{"f", "./f", "hard", "soft"} {
		for _, force := range []bool{false, true} {
			fails(t, Copy(ctx, new(bytes.Buffer), CopyOptions{Src: "f", Dst: dst, Force: force}), "same file")
			holds(t, "f", []byte("precious"))
		}
	}
	fails(t, Copy(ctx, new(bytes.Buffer), CopyOptions{Src: "f", Dst: "other"}), "--force")
	holds(t, "other", []byte("also precious, and longer"))
	if err := Copy(ctx, new(bytes.Buffer), CopyOptions{Src: "f", Dst: "other", Force: true}); err != nil {
		t.Fatal(err)
	}
	holds(t, "other", []byte("precious"))
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
	write(t, "to", []byte("the old one"), 0o600)
	err = Copy(ctx, new(bytes.Buffer), CopyOptions{Src: "f", Dst: "to", Window: pageSize(), Force: true})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("by force: %v", err)
	}
	holds(t, "to", []byte("the old one"))
	if left, _ := os.ReadDir("."); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}

// TestPartsOfOthers: a copy minds neither what an earlier one left nor a source
// with such a name.
func TestPartsOfOthers(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "to.part", []byte("the source"), 0o600)
	if err := Copy(context.Background(), new(bytes.Buffer), CopyOptions{Src: "to.part", Dst: "to"}); err != nil {
		t.Error(err)
	}
	holds(t, "to.part", []byte("the source"))
	holds(t, "to", []byte("the source"))
}

// TestASourceOfMoreBytesThanItSays is a file whose length is 0 and whose content
// is not.
func TestASourceOfMoreBytesThanItSays(t *testing.T) {
	t.Chdir(t.TempDir())
	fails(t, Copy(context.Background(), new(bytes.Buffer), CopyOptions{Src: "/proc/self/status", Dst: "to"}), "more bytes than its length")
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestAnAccessControlListIsNotWidened: the mode's group bits are the list's mask,
// and would let the group in.
func TestAnAccessControlListIsNotWidened(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "f", []byte("private"), 0o600)
	// user::rw- user:65534:rw- group::--- mask::rw- other::--- (acl(5), as in
	// fs/posix_acl.c: version 2, then entries of tag, permissions and id).
	list := []byte{2, 0, 0, 0,
		1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 6, 0, 0xfe, 0xff, 0, 0, 4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
		0x10, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, 0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}
	if err := unix.Setxattr("f", "system.posix_acl_access", list, 0); err != nil {
		t.Skipf("no access control lists here: %v", err)
	}
	if st, err := os.Stat("f"); err != nil || st.Mode().Perm() != 0o660 {
		t.Fatalf("the source: %v, %v", st.Mode(), err)
	}
	err := Copy(context.Background(), new(bytes.Buffer), CopyOptions{Src: "f", Dst: "to"})
	if err == nil {
		err = Edit(new(bytes.Buffer), EditOptions{File: "f", Text: "x", Backup: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"to", "f.bak"} {
		if st, err := os.Stat(name); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, st.Mode(), err)
		}
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
		err = s.fill(f, 6, []byte(text))
		return errors.Join(err, s.undo(f, 6, 6+int64(len(text))))
	})
	fails(t, err, "its disk is full")
	fails(t, err, "its old length of 6 bytes again")
	holds(t, dir+"/f", []byte("before"))

	err = Copy(context.Background(), new(bytes.Buffer), CopyOptions{Src: dir + "/filler", Dst: dir + "/copy"})
	fails(t, err, "not enough space")
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}

// TestUndoSparesWhatOthersAppended: a file that has grown meanwhile is not cut.
func TestUndoSparesWhatOthersAppended(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "f", []byte("before\x00\x00theirs"), 0o600)
	err := jsonCommon.play(new(bytes.Buffer), "append", func(s *script) error {
		s.step("Undo")
		f, err := s.open("fd", "f", unix.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer unix.Close(f.fd)
		return s.undo(f, 6, 8)
	})
	fails(t, err, "by another program")
	holds(t, "f", []byte("before\x00\x00theirs"))
}

// TestAppendStopsBesideAnother has another program write between the moment at
// which the length was asked for and that at which the file was made longer.
func TestAppendStopsBesideAnother(t *testing.T) {
	t.Chdir(t.TempDir())
	for theirs, want := range map[string]string{
		"ab":         "oneab\x00\x00", // fallocate has added what they had not
		"a long one": "onea long one",
		"1234":       "one1234",
	} {
		write(t, "f", []byte("one"+theirs), 0o600)
		err := jsonCommon.play(new(bytes.Buffer), "append", func(s *script) error {
			s.step("Append")
			f, err := s.open("fd", "f", unix.O_RDWR, 0)
			if err != nil {
				return err
			}
			defer unix.Close(f.fd)
			if err := s.lengthen(f, 3, 4); err != nil {
				return err
			}
			return s.ours(f, 3, 4)
		})
		fails(t, err, "another program")
		holds(t, "f", []byte(want))
	}
}

// TestAppendHonoursALock has another open file hold it.
func TestAppendHonoursALock(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "f", []byte("theirs"), 0o600)
	f, err := os.Open("f")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Skip(err)
	}
	fails(t, Append(new(bytes.Buffer), AppendOptions{File: "f", Text: "x"}), "has locked it")
	holds(t, "f", []byte("theirs"))
}
