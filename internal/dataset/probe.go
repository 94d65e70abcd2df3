package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
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
	if err := catchFault(func() { copy(m, page) }); err != nil {
		return err
	}
	if err := unix.Msync(m, unix.MS_SYNC); err != nil {
		return fmt.Errorf("msync: %w", err)
	}
	return nil
}

// catchFault runs access and turns a SIGBUS in it into an error.
func catchFault(access func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = fmt.Errorf("the access at address %#x failed (SIGBUS)", p.Addr())
		default:
			panic(p)
		}
	}()
	access()
	return nil
}
