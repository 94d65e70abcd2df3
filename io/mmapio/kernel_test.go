package mmapio

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mmapbench/internal/procmem"
	"mmapbench/io/backend"
)

// TestKernelDoesIt asks the kernel whether a mapping is what the options say:
// which of its pages are mapped (/proc/self/pagemap) and with which flags
// (VmFlags in /proc/self/smaps, named in the kernel's
// Documentation/filesystems/proc.rst; a shared mapping of a file opened for
// reading is "ms", may share).
func TestKernelDoesIt(t *testing.T) {
	const pagesOfFile = 64
	page := os.Getpagesize()
	path := t.TempDir() + "/data"
	if err := os.WriteFile(path, make([]byte, pagesOfFile*page), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		options string
		mapped  int // how many of its pages; below 0: any number
		has     string
		hasNot  string
	}{
		{options: "", has: "ms", hasNot: "rr sr lo wr nr hg"},
		{options: "private", hasNot: "ms wr nr"},
		{options: "populate", mapped: pagesOfFile, has: "ms"},
		{options: "populate,nonblock"},
		{options: "locked", mapped: pagesOfFile, has: "lo"},
		{options: "mlock-onfault", has: "lo"},
		{options: "private,noreserve", has: "nr wr", hasNot: "ms"},
		{options: "advise=normal", hasNot: "rr sr"},
		{options: "advise=random", has: "rr", hasNot: "sr"},
		{options: "advise=sequential", has: "sr", hasNot: "rr"},
		{options: "advise=willneed"},
		{options: "advise=populate-read", mapped: pagesOfFile},
		{options: "advise=hugepage", has: "hg"},
		{options: "private,noreserve,advise=populate-write", mapped: pagesOfFile},
		{options: "populate,advise=cold", mapped: -1}, // large folios may be split for it
		{options: "populate,advise=dontneed"},
	} {
		t.Run(c.options, func(t *testing.T) {
			o, err := Mmap.Info().Parse(c.options)
			if err != nil {
				t.Fatal(err)
			}
			a, err := backend.Configure(Mmap, backend.ToRead, "", o)
			if err != nil {
				t.Skipf("not on this kernel: %v", err)
			}
			size := int64(pagesOfFile * page)
			f, err := a.Open(path, backend.Spec{Size: size, Record: 8})
			if errors.Is(err, unix.ENOMEM) && (o.Has("locked") || o.Has("mlock-onfault")) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			m := f.(*file).m
			got, err := procmem.Present(m)
			if err != nil {
				t.Skip(err)
			}
			if got != c.mapped && c.mapped >= 0 {
				t.Errorf("%d of %d pages are mapped, want %d", got, pagesOfFile, c.mapped)
			}
			r, err := procmem.RegionOf(m)
			if err != nil || len(r.Flags) == 0 {
				t.Skipf("this kernel does not tell the flags of mappings: %v", err)
			}
			for _, flag := range strings.Fields(c.has) {
				if !r.Has(flag) {
					t.Errorf("VmFlags %v lack %s", r.Flags, flag)
				}
			}
			for _, flag := range strings.Fields(c.hasNot) {
				if r.Has(flag) {
					t.Errorf("VmFlags %v have %s", r.Flags, flag)
				}
			}
		})
	}
}

func TestProbesAskTheKernel(t *testing.T) {
	if err := probeAdvice("", "no such advice"); err == nil {
		t.Error("the probe finds advice that does not exist")
	}
	for flag, probe := range map[string]func(string, string) error{"sync": probeSync, "hugetlb": probeHuge} {
		o, err := Mmap.Info().Parse(flag)
		if err != nil {
			t.Fatal(err)
		}
		if err := probe("", ""); err != nil {
			t.Errorf("%s without a folder: %v", flag, err)
		}
		_, err = backend.Configure(Mmap, backend.ToAppend, t.TempDir(), o)
		if err != nil && !strings.Contains(err.Error(), "elsewhere") {
			t.Errorf("%s is refused without what to do: %v", flag, err)
		}
	}
	if err := probeAdvice("", "random"); err != nil {
		t.Errorf("the probe does not find MADV_RANDOM: %v", err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, err := range []error{unix.EPERM, unix.ENOMEM, unix.EAGAIN} {
		if s := lockError(64<<20, err).Error(); !strings.Contains(s, "64 MiB") ||
			!strings.Contains(s, "ulimit -l") || !strings.Contains(s, "the limit is ") {
			t.Errorf("error of mlock: %q", s)
		}
	}
	if s := lockError(4096, unix.EINVAL).Error(); strings.Contains(s, "ulimit") {
		t.Errorf("error of mlock that no limit causes: %q", s)
	}
	if s := adviseError(unix.MADV_POPULATE_READ, unix.EINVAL).Error(); !strings.Contains(s, "populate-read") ||
		!strings.Contains(s, "5.14") {
		t.Errorf("error of madvise: %q", s)
	}
	if s := adviseError(unix.MADV_HUGEPAGE, unix.EINVAL).Error(); !strings.Contains(s, "transparent huge pages") {
		t.Errorf("error of madvise: %q", s)
	}
}
