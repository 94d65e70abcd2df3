package mmapio

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

// The probes try an option on one anonymous page, or where the file system decides on a
// file without a name that is made in the folder and is gone afterwards.

const writable = unix.PROT_READ | unix.PROT_WRITE

func probePage(ask func(m []byte) error) error {
	m, err := posix.Mmap(-1, 0, int64(os.Getpagesize()), writable, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return err
	}
	return errors.Join(ask(m), posix.Munmap(m))
}

// probeFile maps a new file as the options say. Where no file can be made, as in a folder
// that is not the user's, what could be asked is not known, and nothing is refused.
func (c *config) probeFile(dir string, prot int) error {
	if dir == "" {
		return nil
	}
	fd, err := posix.Nameless(dir, hugePage) // a hole has no pages to collapse
	if err != nil {
		return nil
	}
	if prot&unix.PROT_WRITE == 0 { // a file that is open for writing is not collapsed
		written := fd
		fd, err = unix.Open(fmt.Sprint("/proc/self/fd/", fd), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		unix.Close(written)
	}
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	m, err := c.mapRange(fd, 0, hugePage, prot, unix.MAP_SHARED)
	return errors.Join(err, munmap(m))
}

// hugePage is the size of a huge page: of 2 MiB with pages of 4 KiB, and on arm64 of 32
// MiB with pages of 16 KiB.
var hugePage = int64(os.Getpagesize()) * int64(os.Getpagesize()) / 8

func probeAdvice(dir, name string) error {
	number := adviceNumber(name)
	if number == unix.MADV_COLLAPSE {
		return (&config{advice: []int{number}}).probeFile(dir, unix.PROT_READ)
	}
	return probePage(func(m []byte) error { return advise(m, number) })
}

func probeSync(dir, _ string) error {
	err := (&config{flags: unix.MAP_SHARED_VALIDATE | unix.MAP_SYNC}).probeFile(dir, writable)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("MAP_SYNC in %s: %w; only files on persistent memory (DAX) have it: take msync=sync "+
			"elsewhere", dir, err)
	}
	return err
}

func probeHuge(dir, _ string) error {
	err := (&config{flags: unix.MAP_HUGETLB}).probeFile(dir, unix.PROT_READ)
	if errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("MAP_HUGETLB in %s: %w; only files of hugetlbfs have it, which write(2) cannot fill: take "+
			"advise=hugepage elsewhere", dir, err)
	}
	return err
}

// probeLocked finds out whether anything may be locked at all. Whether the
// limit is enough for a file shows at its Open.
func probeLocked(string, string) error {
	return probePage(func(m []byte) error { return lock(m, unix.MLOCK_ONFAULT) })
}

// probeNoreserve finds out whether the flag would be ignored.
func probeNoreserve(string, string) error {
	mode, err := os.ReadFile("/proc/sys/vm/overcommit_memory")
	if err == nil && strings.TrimSpace(string(mode)) == "2" {
		return errors.New("the kernel ignores MAP_NORESERVE while vm.overcommit_memory is 2")
	}
	return nil // an unreadable mode is not a reason to refuse
}
