package readwrite

import (
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
	"mmapbench/io/backend"
)

// Direct reads with pread(2) and writes from descriptors opened with O_DIRECT: between
// the device and the buffer, past the page cache. What a database does that has a
// cache of its own, and what shows the device itself.
//
// O_DIRECT is a wish. Some file systems accept it and read through the page
// cache: tmpfs, btrfs where it compresses, some in FUSE. ext4 with data=journal
// does too, but says so and is refused. The backend cannot see the difference.
// The harness can: the pages are in the cache afterwards, and the device's
// counters know what was read.
var Direct backend.Backend = direct{}

type direct struct{}

func (direct) Info() backend.Info {
	return backend.Info{
		Name: "direct",
		Summary: "pread(2) and writes with O_DIRECT: past the page cache, unless the file system ignores the flag; " +
			"a last record cut off by the end of the file is written through the cache",
		Options: durableOptions.Options(),
	}
}

// The fix, where there is no direct access.
const elsewhere = "use the backend pread here, or a target on ext4 (without data=journal) or XFS"

func (direct) Configure(verb backend.Verb, dir string, o backend.Options) (backend.Access, error) {
	c := &config{call: byDirect, open: unix.O_DIRECT}
	if err := c.configure("direct", durableOptions, verb, o); err != nil {
		return backend.Access{}, err
	}
	align, err := directio.In(dir)
	if err != nil {
		return backend.Access{}, fmt.Errorf("backend direct: %w: %s", err, elsewhere)
	}
	need := align.Offset
	if verb != backend.ToRead {
		need = max(need, align.Write)
	}
	return backend.Access{
		Needs:      backend.Needs{Align: need, Durable: c.durable()},
		Open:       c.openDirect,
		OpenAppend: c.openAppend,
		OpenCopy:   c.openCopy,
	}, nil
}

func (c *config) openDirect(path string, s backend.Spec) (backend.File, error) {
	fd, align, err := backend.OpenDirect(path, s, elsewhere)
	if err != nil {
		return nil, err
	}
	return &file{config: c, path: path, spec: s, fd: fd, align: align}, nil
}
