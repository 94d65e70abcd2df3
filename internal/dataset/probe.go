package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memfault"
)

// probeName is the scratch file of ProbeSharedWrite.
const probeName = "probe.tmp"

// ProbeSharedWrite reports why a file in the folder cannot be written through a
// shared mapping, or nil. It tries: some FUSE and network file systems refuse
// the mapping (ENODEV, EINVAL), and one that allows it must also show the bytes
// to pread.
func (d *Dir) ProbeSharedWrite() (err error) {
	f, err := d.create(probeName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), d.Remove(probeName)) }()

	// A page that was written, not a hole: a store into a hole of a full file
	// system is a SIGBUS.
	page := make([]byte, os.Getpagesize())
	if _, err := f.Write(page); err != nil {
		return fmt.Errorf("writing %s: %w", f.Name(), err)
	}
	Fill(page, DefaultSeed, 0)
	if err := writeMapped(f, page); err != nil {
		return fmt.Errorf("shared writable mapping of %s: %w; the file system lacks them, so leave the shared mmap backends out or choose another target", f.Name(), err)
	}
	got := make([]byte, len(page))
	if _, err := f.ReadAt(got, 0); err != nil {
		return fmt.Errorf("reading %s: %w", f.Name(), err)
	}
	if !bytes.Equal(got, page) {
		return fmt.Errorf("what was written through a shared mapping of %s did not reach the file: its file system cannot be used with shared mappings", f.Name())
	}
	return nil
}

// writeMapped writes the page through a mapping and syncs it.
func writeMapped(f *os.File, page []byte) (err error) {
	m, err := unix.Mmap(int(f.Fd()), 0, len(page), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mmap: %w", err)
	}
	defer func() { err = errors.Join(err, unix.Munmap(m)) }()
	if err := memfault.Catch(func() error { copy(m, page); return nil }); err != nil {
		return err
	}
	if err := unix.Msync(m, unix.MS_SYNC); err != nil {
		return fmt.Errorf("msync: %w", err)
	}
	return nil
}
