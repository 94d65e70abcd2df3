package readwrite

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

// IOCopy copies with io.Copy, which chooses the call itself: between files of one file
// system copy_file_range(2), and where that is refused reads and writes of 32 KiB.
var IOCopy backend.Backend = ioCopy{}

type ioCopy struct{}

func (ioCopy) Info() backend.Info {
	return backend.Info{Name: "io.Copy", Summary: "Go's io.Copy from file to file, copies only: copy_file_range(2) " +
		"where the kernel allows it, else reads and writes; as many bytes at once as it likes"}
}

func (ioCopy) Configure(backend.Verb, string, backend.Options) (backend.Access, error) {
	return backend.Access{OpenCopy: openIOCopy}, nil
}

type ioCopyFile struct {
	in, out *os.File
	part    io.LimitedReader
	spec    backend.Spec
	done    int64
}

func openIOCopy(src, dst string, s backend.Spec) (backend.CopyFile, error) {
	in, err := openOS(src, s.Size)
	if err != nil {
		return nil, err
	}
	out, err := createOS(dst, 0, s.Record)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return &ioCopyFile{in: in, out: out, part: io.LimitedReader{R: in}, spec: s}, nil
}

func (c *ioCopyFile) Copy(n int64) error {
	end := copyEnd(c.done, n, c.spec.Size)
	c.part.N = end - c.done
	moved, err := io.Copy(c.out, &c.part)
	c.done += moved
	if err == nil && c.done < end {
		err = errShortened
	}
	if err != nil {
		return fmt.Errorf("copy %d bytes of %s to %s: %w", end-c.done, c.in.Name(), c.out.Name(), err)
	}
	return nil
}

// Counted asks which call io.Copy can have used, by asking for nothing to be copied.
func (c *ioCopyFile) Counted() map[string]int64 {
	counted := shared(int(c.out.Fd()), c.spec.Size)
	if counted == nil {
		counted = map[string]int64{}
	}
	if _, err := unix.CopyFileRange(int(c.in.Fd()), nil, int(c.out.Fd()), nil, 0, 0); err == nil {
		counted["copy-file-range"] = 1
	} else {
		counted["copy-file-range"] = 0
	}
	return counted
}

func (c *ioCopyFile) Sync() error { return flush(int(c.out.Fd()), c.out.Name(), c.spec.Durability) }

func (c *ioCopyFile) Close() error { return errors.Join(c.out.Close(), c.in.Close()) }
