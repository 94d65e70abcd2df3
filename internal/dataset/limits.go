package dataset

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// minInodes is how many files a run makes at least: the folder, its marker, two
// datasets and what a trial writes.
const minInodes = 5

// Limits are what keeps files from being made in a directory whatever the room.
type Limits struct {
	Longest int64  // bytes of a file; 0: no limit that is known
	Why     string // there is one
}

// FileLimits asks for the limits of the process and of the file system of dir. The
// error says that no further file can be made.
func FileLimits(dir string) (Limits, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return Limits{}, fmt.Errorf("asking for the file system of %s: %w", dir, err)
	}
	// File systems that make inodes as they need them count none (statfs(2)).
	if fs.Files > 0 && fs.Ffree < minInodes {
		return Limits{}, fmt.Errorf("the file system of %s has %d inodes left, and a run needs %d: remove some "+
			"files, or choose another --target", dir, fs.Ffree, minInodes)
	}
	var l Limits
	if int64(fs.Type)&0xffffffff == unix.MSDOS_SUPER_MAGIC {
		l = Limits{1<<32 - 1, "FAT keeps a file's length in 32 bits"}
	}
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &r); err == nil && r.Cur < 1<<62 &&
		(l.Longest == 0 || int64(r.Cur) < l.Longest) {
		l = Limits{max(int64(r.Cur), 1), "the limit of this process on the length of files, ulimit -f"}
	}
	return l, nil
}
