package readwrite

import (
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// appender appends with write(2) on a descriptor opened with O_APPEND, one call
// a record: what a log does. All backends here append this way.
type appender struct{}

func (appender) OpenAppend(path string, s backend.Spec) (backend.AppendFile, error) {
	fd, err := backend.Create(path, unix.O_WRONLY|unix.O_APPEND)
	if err != nil {
		return nil, err
	}
	return &appendFile{path, fd, s.Durability}, nil
}

type appendFile struct {
	path       string
	fd         int
	durability backend.Durability
}

func (a *appendFile) Append(src []byte, total int64, record int) error {
	if len(src) == 0 || record <= 0 {
		return fmt.Errorf("append to %s: records of %d bytes from a source of %d bytes", a.path, record, len(src))
	}
	pos := 0
	for left := total; left > 0; {
		n := int(min(int64(record), left))
		left -= int64(n)
		for n > 0 { // twice for a record that reaches over the end of src
			p := src[pos:min(pos+n, len(src))]
			if err := write(a.fd, p); err != nil {
				return wrap(fmt.Sprintf("append %d bytes to", len(p)), a.path, err)
			}
			n -= len(p)
			if pos += len(p); pos == len(src) {
				pos = 0
			}
		}
	}
	return nil
}

func (a *appendFile) Sync() error  { return flush(a.fd, a.path, a.durability) }
func (a *appendFile) Close() error { return closeAll(a.path, a.fd) }
