//go:build linux && !386 && !arm

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
)

// A longer time, and another program, may be given for the tests of this file.
const (
	swapTime    = "MMAPBENCH_SWAP_TIME"
	swapProgram = "MMAPBENCH_SWAP_PROGRAM"
)

// ourNames are names under which the program makes files in its folder.
var ourNames = []string{"out", "calibration", "check-0.tmp", "check-1.tmp", "lab-copy-from", "lab-copy-to",
	"lab-edit", "lab-append", "lab-counter", "lab-mistake", "data-1M-6d6d6170.bin", "data-256k-6d6d6170.bin",
	"mmapbench.manifest"}

// swapped are commands that write to a target, with the target's path for T.
var swapped = map[string]string{
	"run": "run -q --workload append,copy --backend pread,mmap --size 1M --record 64k --cache cached --rounds 2 " +
		"--charts none --out T-results --target x=T",
	"cold": "run -q --workload seqscan --backend direct,mmap --size 1M --record 64k --cache cold,device-cold " +
		"--rounds 2 --charts none --out T-results --target x=T",
	"gate": "gate -q --base backend:pread --new backend:mmap --workload append --size 1M --record 64k --rounds 2 " +
		"--inconclusive pass --out T-results --target x=T",
	"check": "check T",
	"copy":  "lab copy --dir T",
	"lab":   "lab mistakes truncated empty --dir T",
	"count": "lab counter --times 10 --dir T",
	"clean": "clean T",
}

// TestSwappedFolder has the owner of a target swap the folder mmapbench.d for a
// symbolic link, and back, as fast as can be, while commands work in the target.
// Nothing that the link leads to may change.
func TestSwappedFolder(t *testing.T) {
	harass(t, func(target, victim string, stop <-chan struct{}) error {
		folder, link := filepath.Join(target, dataset.FolderName), filepath.Join(target, "link")
		made := os.Mkdir(folder, 0o700)
		if errors.Is(made, fs.ErrExist) { // the first command was quicker
			made = nil
		}
		if err := errors.Join(made, os.Symlink(victim, link)); err != nil {
			return err
		}
		pauses := [...]time.Duration{3 * time.Microsecond, 30 * time.Microsecond, 300 * time.Microsecond,
			3 * time.Millisecond}
		for i := 0; ; i++ {
			select {
			case <-stop:
				return nil
			default:
			}
			// One of the two may be missing for a moment: clean removes the folder.
			_ = unix.Renameat2(unix.AT_FDCWD, folder, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE)
			if st, err := os.Lstat(folder); err == nil && st.Mode()&fs.ModeSymlink != 0 {
				if _, err := os.Lstat(link); err != nil {
					_ = os.Rename(folder, link)
				}
			}
			ts := unix.NsecToTimespec(int64(pauses[i/500%len(pauses)]))
			_ = unix.Nanosleep(&ts, nil)
		}
	})
}

// TestSwappedFiles has somebody put hard links, symbolic links and pipes in the
// place of the files in the folder, while commands work on them.
func TestSwappedFiles(t *testing.T) {
	harass(t, func(target, victim string, stop <-chan struct{}) error {
		folder := filepath.Join(target, dataset.FolderName)
		pauses := [...]time.Duration{100 * time.Microsecond, time.Millisecond, 4 * time.Millisecond}
		for i := 0; ; i++ {
			select {
			case <-stop:
				return nil
			default:
			}
			name, fake := ourNames[i%(len(ourNames)-1)], filepath.Join(target, "fake")
			switch i / len(ourNames) % 3 { // errors mean that there is no folder now
			case 0:
				_ = os.Link(filepath.Join(victim, name), fake)
			case 1:
				_ = os.Symlink(filepath.Join(victim, name), fake)
			case 2:
				_ = unix.Mkfifo(fake, 0o600)
			}
			// In place of a file that is in use, as nothing begins with one of these.
			if st, err := os.Lstat(filepath.Join(folder, name)); err == nil && st.Mode().IsRegular() {
				_ = os.Rename(fake, filepath.Join(folder, name))
			}
			_ = os.Remove(fake)
			time.Sleep(pauses[i/300%len(pauses)])
			if i%50 == 49 { // and so that the next command has a chance
				for _, name := range ourNames[:len(ourNames)-1] {
					_ = os.Remove(filepath.Join(folder, name))
				}
			}
		}
	})
}

// harass runs each command again and again in a target of its own, beside a racer
// that spoils it, and holds the victim's folder against what it was before.
func harass(t *testing.T, racer func(target, victim string, stop <-chan struct{}) error) {
	last := time.Second // the time that each may take
	if text := os.Getenv(swapTime); text != "" {
		var err error
		if last, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("commands", func(t *testing.T) {
		for name, line := range swapped {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				target, victim := filepath.Join(dir, "target"), filepath.Join(dir, "victim")
				before := makeVictim(t, target, victim)
				stop, stopped := make(chan struct{}), make(chan error, 1)
				go func() { stopped <- racer(target, victim, stop) }()
				times, whole := 0, 0
				for end := time.Now().Add(last); time.Now().Before(end); times++ {
					if swapRun(t, strings.ReplaceAll(line, "T", target)) {
						whole++
					}
				}
				t.Logf("%s: %d times, %d of them to its end", name, times, whole)
				close(stop)
				if err := <-stopped; err != nil {
					t.Fatal(err)
				}
				if after := look(t, victim); after != before {
					t.Errorf("%s, %d times, changed files outside of its folder\nbefore:\n%safter:\n%s",
						name, times, before, after)
				}
			})
		}
	})
}

// swapRun runs a command and reports whether it did all it should, which is up to
// the racer. It must not hang.
func swapRun(t *testing.T, line string) (whole bool) {
	t.Helper()
	program := os.Getenv(swapProgram)
	if program == "" {
		program = "/proc/self/exe"
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, strings.Fields(line)...)
	cmd.Args[0] = "mmapbench"
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Errorf("%s hangs: %v, %s", line, err, out)
	}
	return err == nil
}

// makeVictim makes the target, and a folder with a file of each of our names.
func makeVictim(t *testing.T, target, victim string) string {
	t.Helper()
	if err := errors.Join(os.Mkdir(target, 0o755), os.Mkdir(victim, 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, name := range ourNames {
		path := filepath.Join(victim, name)
		if err := errors.Join(os.WriteFile(path, []byte("untouched "+name), 0o644),
			os.Chtimes(path, time.Unix(1, 0), time.Unix(2, 0))); err != nil {
			t.Fatal(err)
		}
	}
	return look(t, victim)
}

// look describes all that is in a folder: names, modes, lengths, times, contents.
// Links to a file change its inode but nothing of these.
func look(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		content := []byte("a directory")
		if !d.IsDir() {
			content, err = os.ReadFile(path)
		}
		fmt.Fprintf(&b, "%s %v %d %v %.40q\n", d.Name(), st.Mode(), st.Size(), st.ModTime(), content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
