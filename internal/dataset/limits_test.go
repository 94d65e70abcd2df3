package dataset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFileLimits(t *testing.T) {
	l, err := FileLimits(t.TempDir())
	onFAT := l.Longest == 1<<32-1 && strings.Contains(l.Why, "FAT")
	if err != nil || l != (Limits{}) && !onFAT {
		t.Errorf("here: %+v, %v", l, err)
	}
	target := mount(t, "size=1m,nr_inodes=4")
	if _, err := FileLimits(target); err == nil || !strings.Contains(err.Error(), "inodes left") {
		t.Errorf("with four inodes: %v", err)
	}
	if err := os.WriteFile(filepath.Join(target, "f"), nil, 0o600); err != nil {
		t.Error(err)
	}
}

func TestFileLimitOfTheProcess(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	lower := old
	lower.Cur = 1 << 20
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &lower); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_FSIZE, &old)
	if l, err := FileLimits(t.TempDir()); err != nil || l.Longest != 1<<20 || !strings.Contains(l.Why, "ulimit -f") {
		t.Errorf("%+v, %v", l, err)
	}
}
