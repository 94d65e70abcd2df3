package mmapio

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/io/backend"
)

func (c *config) openAppend(path string, s backend.Spec) (backend.AppendFile, error) {
	fd, err := backend.Create(path, unix.O_RDWR, s.Record) // a shared writable mapping needs both
	if err != nil {
		return nil, err
	}
	a := &appendFile{path: path, fd: fd, c: c, record: s.Record, size: s.Size, durability: s.Durability}
	if err := a.nextWindow(); err != nil {
		return nil, errors.Join(err, a.unmap(), unix.Close(fd), unix.Unlink(path))
	}
	return a, nil
}

// appendFile grows its file by a step at a time. It maps that step alone, a window, or
// as the option growth says the whole file, which then begins with the window.
//
// The new part of the file is a hole until it is stored to. A disk that is full
// by then is a SIGBUS, not an ENOSPC.
type appendFile struct {
	path       string
	fd         int
	c          *config
	record     int
	size       int64 // of the whole file, as planned
	durability backend.Durability

	win       []byte // what is mapped
	addresses []byte // what was set aside for it; nil: nothing
	start     int64  // where it begins in the file
	used      int    // bytes of it that were filled
	synced    int64  // what of the file was made durable by the option or the durability
	exact     bool   // the file was cut to its length
}

func (a *appendFile) Append(src []byte) error {
	for len(src) > 0 {
		p := src[:min(a.record, len(src))]
		src = src[len(p):]
		for len(p) > 0 { // twice or more for a record that reaches over the end of the window
			if a.used == len(a.win) {
				if err := a.nextWindow(); err != nil {
					return err
				}
			}
			n := copy(a.win[a.used:], p)
			a.used += n
			p = p[n:]
		}
	}
	return nil
}

// nextWindow leaves the window, which is full or the first, for the next one, or makes
// the mapping of the whole file longer.
func (a *appendFile) nextWindow() error {
	if a.c.growth != byWindow {
		return a.extend()
	}
	if a.c.msync != "" {
		if err := backend.Failed("msync", a.path, a.c.msyncAsAsked(a.unsynced())); err != nil {
			return err
		}
	}
	if a.c.msync == "sync" {
		a.synced = a.length()
	}
	start := a.length()
	if err := a.unmap(); err != nil {
		return err
	}
	step := a.c.step(start)
	if err := unix.Ftruncate(a.fd, start+step); err != nil {
		return backend.Failed(fmt.Sprintf("grow to %d bytes", start+step), a.path, err)
	}
	win, err := a.c.mapWindow(a.fd, start, step)
	if err != nil {
		return backend.Failed("map", a.path, err)
	}
	a.win, a.start, a.used = win, start, 0
	return nil
}

// length is how many bytes were appended.
func (a *appendFile) length() int64 { return a.start + int64(a.used) }

// unsynced is what of the window was filled and is not durable, from a page boundary on.
func (a *appendFile) unsynced() []byte {
	from := max(a.synced-a.start, 0)
	return a.win[from-from%int64(os.Getpagesize()) : a.used]
}

// Commit syncs the window's new pages by msync, which reaches what is mapped and the
// file's length. Windows that were left before they were synced, and bytes that msync is
// told to leave alone, need the call for the file.
func (a *appendFile) Commit() error {
	err := a.c.flush(a.unsynced(), a.synced >= a.start, a.fd, a.path, a.durability)
	a.synced = a.length()
	return err
}

// Sync first cuts the file to its length, because that must be durable too.
func (a *appendFile) Sync() error {
	if a.durability != backend.None {
		if err := a.cut(); err != nil {
			return err
		}
	}
	return a.Commit()
}

func (a *appendFile) cut() error {
	if a.exact {
		return nil
	}
	a.exact = true
	return backend.Failed(fmt.Sprintf("cut to %d bytes", a.length()), a.path, unix.Ftruncate(a.fd, a.length()))
}

func (a *appendFile) unmap() error {
	m := a.win
	if a.addresses != nil {
		m = a.addresses // the window begins where they do
	}
	err := munmap(m)
	a.start, a.win, a.addresses, a.used = a.length(), nil, nil, 0
	return backend.Failed("unmap", a.path, err)
}

func (a *appendFile) Close() error {
	return errors.Join(a.unmap(), a.cut(), backend.Failed("close", a.path, unix.Close(a.fd)))
}
