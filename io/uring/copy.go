package uring

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// copyFile copies records through the slots' buffers: each is read, and written from
// there as soon as it has arrived.
type copyFile struct {
	queue
	src, dst     string
	srcFd, dstFd int
	from, to     int32 // descriptors, or their places among those registered
	spec         backend.Spec
	mem          []byte
	stride       int
	done         int64 // bytes whose copies were begun
	idle         idle
}

func (c *config) openCopy(src, dst string, s backend.Spec) (backend.CopyFile, error) {
	mem, err := s.WorkerBufs(0, c.depth)
	if err != nil {
		return nil, err
	}
	f := &copyFile{src: src, dst: dst, spec: s, mem: mem, stride: s.Stride(), to: 1}
	if f.srcFd, err = backend.OpenData(src, s.Size); err != nil {
		return nil, err
	}
	if f.dstFd, err = backend.Create(dst, unix.O_WRONLY, s.Record); err != nil {
		unix.Close(f.srcFd)
		return nil, err
	}
	files := [...]int32{int32(f.srcFd), int32(f.dstFd)}
	if !c.fixed {
		f.from, f.to = files[0], files[1]
	}
	if err := f.queue.open(c.depth, c.fixed, mem, files[:]); err != nil {
		unix.Close(f.srcFd)
		unix.Close(f.dstFd)
		unix.Unlink(dst)
		return nil, backend.Failed("copy", src, err)
	}
	f.idle.all(c.depth)
	return f, nil
}

func (c *copyFile) Copy(n int64) error {
	end := c.spec.Size
	if n > 0 && n < end-c.done {
		end = c.done + n
	}
	for c.done < end || c.flying > 0 {
		for c.done < end && c.idle.n > 0 {
			s, n := c.idle.get(), min(int64(c.spec.Record), end-c.done)
			c.start(s, opRead, c.from, c.mem[s*c.stride:][:n], c.done)
			c.done += n
		}
		if err := c.enter(1); err != nil {
			return backend.Failed("copy", c.src, err)
		}
		for s, err := c.finished(); s >= 0; s, err = c.finished() {
			t := &c.slots[s]
			read := t.op == opRead || t.op == opReadFixed
			switch {
			case err != nil:
				return errors.Join(c.failed(read, t, err), c.wait())
			case read:
				c.start(s, opWrite, c.to, c.mem[s*c.stride:][:t.n], t.off)
			default:
				c.idle.put(s)
			}
		}
	}
	return nil
}

func (c *copyFile) failed(read bool, t *slot, err error) error {
	if read {
		return backend.Failed(fmt.Sprintf("read %d bytes at offset %d of", t.n, t.off), c.src, err)
	}
	return backend.Failed(fmt.Sprintf("write %d bytes at offset %d of", t.n, t.off), c.dst, err)
}

func (c *copyFile) Sync() error { return c.sync(c.to, c.dst, c.spec.Durability) }

func (c *copyFile) Close() error {
	return errors.Join(backend.Failed("close the io_uring of", c.dst, c.shut()),
		backend.Failed("close", c.dst, errors.Join(unix.Close(c.srcFd), unix.Close(c.dstFd))))
}
