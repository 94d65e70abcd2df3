//go:build linux && !386 && !arm

package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// adviceOut ends every error about the folder for the results.
const adviceOut = "name another with --out"

// checkOut reports whether the folder for the results is there, or could be made,
// and could be written to, as far as that shows without making anything.
func checkOut(dir string) error {
	if dir == "" {
		return errors.New("--out is empty: is a variable not set? " + adviceOut)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("the folder for the results: %w", err)
	}
	at := abs
	for {
		st, err := os.Stat(at)
		if err == nil && !st.IsDir() {
			return fmt.Errorf("the folder for the results: %s is not a directory; %s", at, adviceOut)
		}
		if err == nil {
			break
		}
		if up := filepath.Dir(at); errors.Is(err, os.ErrNotExist) && up != at {
			at = up
			continue
		}
		return fmt.Errorf("the folder for the results: %w; %s", err, adviceOut)
	}
	if err := unix.Access(at, unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("the folder for the results: no files can be made in %s: %w; %s", at, err, adviceOut)
	}
	if kind := kernelFiles(at); kind != "" {
		return fmt.Errorf("the folder for the results: %s lies in %s, where the kernel alone makes files; %s",
			at, kind, adviceOut)
	}
	return nil
}

// kernelFiles names the file system of a directory if it is one in which root's
// permission to write means nothing.
func kernelFiles(dir string) string {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return ""
	}
	switch int64(st.Type) & 0xffffffff {
	case unix.PROC_SUPER_MAGIC:
		return "proc"
	case unix.SYSFS_MAGIC:
		return "sysfs"
	case unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC:
		return "a cgroup"
	case unix.DEBUGFS_MAGIC, unix.TRACEFS_MAGIC, unix.SECURITYFS_MAGIC, unix.DEVPTS_SUPER_MAGIC, unix.BPF_FS_MAGIC:
		return "a file system of the kernel's"
	}
	return ""
}

// tryOut makes the folder for the results with a file in it, and removes what it
// made: the run may still be refused.
func tryOut(dir string) (err error) {
	var made []string
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, os.ErrNotExist) {
			break
		}
		made = append(made, at)
	}
	defer func() {
		for _, d := range made {
			os.Remove(d) // what is not there, or has something in it by now, stays as it is
		}
	}()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder for the results: %w; %s", err, adviceOut)
	}
	f, err := os.CreateTemp(dir, ".mmapbench-*")
	if err != nil {
		return fmt.Errorf("try the folder for the results: %w; %s", err, adviceOut)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
