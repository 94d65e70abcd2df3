package readwrite

import (
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// copyFile copies through the private buffer: read or pread a record, write it.
type copyFile struct {
	src, dst     string
	srcFd, dstFd int
	positioned   bool // pread(2), not read(2)
	buf          []byte
	spec         backend.Spec
	done         int64 // bytes copied, and where both files stand
}

func (c call) openCopy(src, dst string, s backend.Spec) (backend.CopyFile, error) {
	buf, err := s.WorkerBuf(0)
	if err != nil {
		return nil, err
	}
	srcFd, err := backend.OpenData(src, s.Size)
	if err != nil {
		return nil, err
	}
	dstFd, err := backend.Create(dst, unix.O_WRONLY, s.Record)
	if err != nil {
		unix.Close(srcFd)
		return nil, err
	}
	return &copyFile{src, dst, srcFd, dstFd, c == byPread, buf, s, 0}, nil
}

func (c *copyFile) Copy(n int64) error {
	end := c.spec.Size
	if n > 0 && n < end-c.done {
		end = c.done + n
	}
	for c.done < end {
		off := c.done
		p := c.buf[:min(int64(len(c.buf)), end-off)]
		var err error
		if c.positioned {
			err = pread(c.srcFd, p, off)
		} else {
			err = read(c.srcFd, p)
		}
		if err != nil {
			return backend.Failed(fmt.Sprintf("read %d bytes at offset %d of", len(p), off), c.src, err)
		}
		if err := write(c.dstFd, p); err != nil {
			return backend.Failed(fmt.Sprintf("write %d bytes at offset %d of", len(p), off), c.dst, err)
		}
		c.done += int64(len(p))
	}
	return nil
}

func (c *copyFile) Sync() error { return flush(c.dstFd, c.dst, c.spec.Durability) }

func (c *copyFile) Close() error { return closeAll(c.dst, c.srcFd, c.dstFd) }
