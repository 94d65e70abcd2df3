// Package procmem asks the kernel about mappings of this very process: which
// pages are in its page table, and what is booked to the mapping.
//
// The sources are proc_pid_pagemap(5) and proc_pid_smaps(5). A figure that the kernel
// does not give, or not to this user, is an error, never a zero.
package procmem

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Page is an entry of the page table as /proc/self/pagemap shows it.
type Page uint64

// Present reports whether the page is mapped: touching it is no fault.
func (p Page) Present() bool { return p>>63&1 == 1 }

// File reports whether what is mapped is a page of a file, or of shared memory,
// rather than memory of this process alone (bit 61, since Linux 3.5).
func (p Page) File() bool { return p.Present() && p>>61&1 == 1 }

// Anonymous reports whether what is mapped is memory of this process alone, as
// after a copy on write.
func (p Page) Anonymous() bool { return p.Present() && p>>61&1 == 0 }

// Frame returns the number of the page frame in memory. It is 0 to users
// without CAP_SYS_ADMIN, since Linux 4.2.
func (p Page) Frame() uint64 {
	if !p.Present() {
		return 0
	}
	return uint64(p) & (1<<55 - 1)
}

// Pages returns an entry for each page of the mapping.
func Pages(m []byte) ([]Page, error) {
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil, fmt.Errorf("this kernel does not tell which pages are mapped: %w", err)
	}
	defer f.Close()
	size := os.Getpagesize()
	entries := make([]byte, (len(m)+size-1)/size*8)
	if _, err := f.ReadAt(entries, int64(base(m)/uintptr(size))*8); err != nil {
		return nil, fmt.Errorf("this kernel does not tell which pages are mapped: %w", err)
	}
	pages := make([]Page, len(entries)/8)
	for i := range pages {
		pages[i] = Page(binary.NativeEndian.Uint64(entries[8*i:]))
	}
	return pages, nil
}

// Present counts the pages of the mapping that are mapped.
func Present(m []byte) (int, error) {
	pages, err := Pages(m)
	n := 0
	for _, p := range pages {
		if p.Present() {
			n++
		}
	}
	return n, err
}

// Region is what /proc/self/smaps has of a mapping. The kernel joins
// neighboring mappings of the same kind, and splits one where parts of it were
// treated differently: then it is of the part that the address is in.
type Region struct {
	Line   string            // the line of /proc/self/maps: addresses, permissions, offset, device, inode, path
	Bytes  map[string]int64  // Rss, Private_Dirty, Anonymous, FilePmdMapped, …
	Flags  []string          // VmFlags: rd, wr, sh, rr (random), sr (sequential), lo (locked), …
	Others map[string]string // lines that are neither
}

// Has reports whether the kernel has set a flag of the mapping.
func (r *Region) Has(flag string) bool { return slices.Contains(r.Flags, flag) }

// RegionOf returns what is booked to the mapping at the first byte of m.
func RegionOf(m []byte) (*Region, error) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return nil, fmt.Errorf("this kernel does not tell of mappings: %w", err)
	}
	defer f.Close()
	r, err := find(f, base(m))
	if err != nil {
		return nil, fmt.Errorf("/proc/self/smaps: %w", err)
	}
	return r, nil
}

func base(m []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(m))) }

// find reads smaps up to the end of the region with the address.
func find(smaps io.Reader, addr uintptr) (*Region, error) {
	var r *Region
	s := bufio.NewScanner(smaps)
	for s.Scan() {
		if from, to, ok := addresses(s.Text()); ok {
			if r != nil {
				return r, nil
			}
			if addr >= from && addr < to {
				r = &Region{Line: s.Text(), Bytes: map[string]int64{}, Others: map[string]string{}}
			}
			continue
		}
		if r != nil {
			r.add(s.Text())
		}
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("no mapping at %#x: %w", addr, ErrNone)
	}
	return r, nil
}

// ErrNone is wrapped by the error about an address at which nothing is mapped.
var ErrNone = errors.New("nothing is mapped there")

// addresses reads the beginning of a line such as
// "7f5c2000-7f5c3000 rw-p 00000000 fe:00 131 /tmp/data".
func addresses(line string) (from, to uintptr, ok bool) {
	span, _, ok := strings.Cut(line, " ")
	low, high, dash := strings.Cut(span, "-")
	if !ok || !dash {
		return 0, 0, false
	}
	a, err1 := strconv.ParseUint(low, 16, 64)
	b, err2 := strconv.ParseUint(high, 16, 64)
	return uintptr(a), uintptr(b), err1 == nil && err2 == nil
}

func (r *Region) add(line string) {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return
	}
	value = strings.TrimSpace(value)
	if name == "VmFlags" {
		r.Flags = strings.Fields(value)
		return
	}
	if number, kib := strings.CutSuffix(value, " kB"); kib { // it means KiB
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			r.Bytes[name] = n << 10
			return
		}
	}
	r.Others[name] = value
}

// MinorFaults counts the minor page faults of this thread during an access.
func MinorFaults(access func()) (int64, error) {
	runtime.LockOSThread() // or the two accounts might be of two threads
	defer runtime.UnlockOSThread()
	var before, after unix.Rusage
	err := unix.Getrusage(unix.RUSAGE_THREAD, &before)
	access()
	if err = errors.Join(err, unix.Getrusage(unix.RUSAGE_THREAD, &after)); err != nil {
		return 0, fmt.Errorf("count page faults: %w", err)
	}
	return after.Minflt - before.Minflt, nil
}
