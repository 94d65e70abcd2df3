package readwrite

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// pair is what copies have in common: both files and how far the copy has come.
type pair struct {
	src, dst     string
	srcFd, dstFd int
	spec         backend.Spec
	done         int64 // bytes copied, and where both files stand
}

func openPair(src, dst string, s backend.Spec) (pair, error) {
	srcFd, err := backend.OpenData(src, s.Size)
	if err != nil {
		return pair{}, err
	}
	dstFd, err := backend.Create(dst, unix.O_WRONLY, s.Record)
	if err != nil {
		return pair{}, errors.Join(err, unix.Close(srcFd))
	}
	return pair{src, dst, srcFd, dstFd, s, 0}, nil
}

// end is where a call of Copy stops that is asked for n bytes.
func (p *pair) end(n int64) int64 {
	if n > 0 && n < p.spec.Size-p.done {
		return p.done + n
	}
	return p.spec.Size
}

func (p *pair) Sync() error { return flush(p.dstFd, p.dst, p.spec.Durability) }

func (p *pair) Close() error { return closeAll(p.dst, p.srcFd, p.dstFd) }

// copyFile copies through the private buffer: read or pread a record, write it.
type copyFile struct {
	pair
	positioned bool // pread(2), not read(2)
	buf        []byte
}

func (c call) openCopy(src, dst string, s backend.Spec) (backend.CopyFile, error) {
	buf, err := s.WorkerBuf(0)
	if err != nil {
		return nil, err
	}
	p, err := openPair(src, dst, s)
	if err != nil {
		return nil, err
	}
	return &copyFile{p, c == byPread, buf}, nil
}

func (c *copyFile) Copy(n int64) error {
	for end := c.end(n); c.done < end; {
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
