package mmapio

import (
	"errors"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The probes ask the running kernel with one anonymous page.

func probePage(ask func(m []byte) error) error {
	n := os.Getpagesize()
	p, err := unix.MmapPtr(-1, 0, nil, uintptr(n), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return err
	}
	return errors.Join(ask(unsafe.Slice((*byte)(p), n)), unix.MunmapPtr(p, uintptr(n)))
}

func probeAdvice(_, name string) error {
	return probePage(func(m []byte) error { return advise(m, adviceNumber(name)) })
}

// probeLocked finds out whether anything may be locked at all. Whether the
// limit is enough for a file shows at its Open.
func probeLocked(_, _ string) error { return probePage(lock) }

// probeNoreserve finds out whether the flag would be ignored.
func probeNoreserve(_, _ string) error {
	mode, err := os.ReadFile("/proc/sys/vm/overcommit_memory")
	if err == nil && strings.TrimSpace(string(mode)) == "2" {
		return errors.New("the kernel ignores MAP_NORESERVE while vm.overcommit_memory is 2")
	}
	return nil // an unreadable mode is not a reason to refuse
}
