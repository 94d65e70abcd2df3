package readwrite

import (
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
	"mmapbench/io/backend"
)

// openAppend makes a file that is appended to with write(2) on a descriptor
// opened with O_APPEND, one call a record: what a log does. With the option
// append=pwrite there is no O_APPEND, which would make pwrite(2) ignore its offset.
func (c *config) openAppend(path string, s backend.Spec) (backend.AppendFile, error) {
	access := unix.O_WRONLY
	if !c.placed {
		access |= unix.O_APPEND
	}
	w, err := c.create(path, access, s, directio.None)
	if err != nil {
		return nil, err
	}
	return &appendFile{w, s.Record, s.Durability}, nil
}

type appendFile struct {
	writer
	record     int
	durability backend.Durability
}

func (a *appendFile) Append(src []byte) error {
	for len(src) > 0 {
		p := src[:min(a.record, len(src))]
		if err := a.write(p); err != nil {
			return backend.Failed(fmt.Sprintf("append %d bytes to", len(p)), a.path, err)
		}
		src = src[len(p):]
	}
	return nil
}

func (a *appendFile) Commit() error { return flush(a.fd, a.path, a.durability) }
func (a *appendFile) Sync() error   { return flush(a.fd, a.path, a.durability) }
func (a *appendFile) Close() error  { return closeAll(a.path, a.fd) }
