package preflight

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
)

// blockProbes ask what the file system can do without moving bytes, or past the
// page cache.
var blockProbes = []probe{
	{
		name: "direct", group: "blocks", question: "Does O_DIRECT read past the page cache?",
		weight: Degrades, needs: file, ask: direct,
		means: "a run leaves out the backend direct and the cache state device-cold, or says at each trial that it went through the cache",
	}, {
		name: "direct-alignment", group: "blocks", question: "Does the kernel tell what O_DIRECT must align?",
		weight: Fact, needs: file, ask: directAlignment,
		means: fmt.Sprintf("a run aligns direct reads to %d bytes, which is enough on nearly all devices; statx(2) tells it since Linux 6.1, on the larger file systems", directio.Cautious),
	}, {
		name: "reflink", group: "blocks", question: "Can a copy share the blocks of a file (reflink)?",
		weight: Fact, needs: file, means: "cp --reflink fails; every copy writes its bytes", ask: reflink,
	}, {
		name: "copy-file-range", group: "blocks", question: "Does copy_file_range copy?",
		weight: Fact, needs: file, means: "Go's io.Copy and cp fall back to read and write", ask: copyFileRange,
	}, {
		name: "fallocate", group: "blocks", question: "Does fallocate reserve space?",
		weight: Fact, needs: file, means: "a full disk shows at the store to a mapping, as SIGBUS; posix_fallocate writes instead, and costs as much", ask: fallocate,
	}, {
		name: "punch-hole", group: "blocks", question: "Can a hole be punched into a file, and a mapping see it?",
		weight: Fact, needs: file, means: "what a file holds can only be freed from its end", ask: punchHole,
	},
}

// direct reads a cold file past the cache. Nothing of it may be there afterwards.
func direct(b *bench) (reply, error) {
	n := advicePages * b.page
	f, want, err := b.made(n)
	if err != nil {
		return reply{}, err
	}
	if _, err := b.evict(f, int64(n)); err != nil {
		return reply{}, err
	}
	g, err := b.again(f, os.O_RDONLY|unix.O_DIRECT)
	if errors.Is(err, unix.EINVAL) {
		return no("open with O_DIRECT: %s", errnoOf(err))
	}
	if err != nil {
		return reply{}, err
	}
	a, err := directio.Of(int(g.Fd()))
	if err != nil {
		return no("%v", err)
	}
	// Anonymous memory begins at a page, which suits every device. It must be
	// there: btrfs takes no faults during a direct read, and goes through the
	// page cache instead.
	buf, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_POPULATE)
	if err != nil {
		return reply{}, failed("mmap", err)
	}
	defer unix.Munmap(buf)
	got, err := unix.Pread(int(g.Fd()), buf, 0)
	if err != nil {
		return reply{}, failed(fmt.Sprintf("direct read of %d bytes", n), err)
	}
	if d := differ(buf[:got], want); d != "" {
		return no("a direct read returns other bytes: %s", d)
	}
	after, err := resident(f, int64(n))
	if err != nil {
		return reply{}, err
	}
	_, odd := unix.Pread(int(g.Fd()), buf[1:a.Offset], 1)
	return verdict(after == 0, "%d bytes read by O_DIRECT, equal; %d of %d pages in the page cache afterwards; a read not aligned: %s", n, after, advicePages, accepted(odd))
}

func accepted(err error) string {
	if err == nil {
		return "accepted"
	}
	return errnoOf(err)
}

func directAlignment(b *bench) (reply, error) {
	f, _, err := b.made(filePages * b.page)
	if err != nil {
		return reply{}, err
	}
	var st unix.Statx_t
	const mask = unix.STATX_DIOALIGN | unix.STATX_DIO_READ_ALIGN
	if err := failed("statx", unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, mask, &st)); err != nil {
		return reply{}, err
	}
	switch {
	case st.Mask&unix.STATX_DIOALIGN == 0:
		return no("statx does not fill in STATX_DIOALIGN")
	case st.Dio_offset_align == 0:
		return no("statx says that this file has no direct reads")
	}
	a, err := directio.Of(int(f.Fd()))
	if err != nil {
		return reply{}, err
	}
	return yes("statx: offset and length by %d bytes, memory by %d", a.Offset, a.Memory)
}

// pair makes a file with n bytes in it, and an empty one to copy them to.
func (b *bench) pair(n int) (from, to *os.File, content []byte, err error) {
	if from, content, err = b.made(n); err == nil {
		to, err = b.empty()
	}
	return from, to, content, err
}

func reflink(b *bench) (reply, error) {
	n := filePages * b.page
	from, to, want, err := b.pair(n)
	if err != nil {
		return reply{}, err
	}
	if err := unix.IoctlFileClone(int(to.Fd()), int(from.Fd())); err != nil {
		return reply{}, failed("FICLONE", err)
	}
	got, err := read(to, 0, n+1)
	if d := differ(got, want); d != "" || len(got) != n || err != nil {
		return wrong("the clone", d, len(got), n, err)
	}
	if err := write(to, words(b.page, 1), 0); err != nil {
		return reply{}, err
	}
	got, err = read(from, 0, n)
	if d := differ(got, want); d != "" || err != nil {
		return wrong("the source after a write to its clone", d, len(got), n, err)
	}
	return yes("FICLONE of %d bytes: the clone is equal, and a write to it leaves the source as it was", n)
}

func copyFileRange(b *bench) (reply, error) {
	n := filePages * b.page
	from, to, want, err := b.pair(n)
	if err != nil {
		return reply{}, err
	}
	calls := 0
	for done := 0; done < n; calls++ {
		moved, err := unix.CopyFileRange(int(from.Fd()), nil, int(to.Fd()), nil, n-done, 0)
		switch {
		case err != nil:
			return reply{}, failed("copy_file_range", err)
		case moved <= 0:
			return no("copy_file_range: %d of %d bytes, then nothing and no error", done, n)
		}
		done += moved
	}
	got, err := read(to, 0, n+1)
	if d := differ(got, want); d != "" || len(got) != n || err != nil {
		return wrong("the copy", d, len(got), n, err)
	}
	return yes("%d bytes in %s: the copy is equal", n, plural(calls, "call"))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func fallocate(b *bench) (reply, error) {
	n := int64(advicePages * b.page)
	f, err := b.empty()
	if err != nil {
		return reply{}, err
	}
	if err := unix.Fallocate(int(f.Fd()), 0, 0, n); err != nil {
		return reply{}, failed("fallocate", err)
	}
	takes, err := blocks(f)
	if err != nil {
		return reply{}, err
	}
	got, err := read(f, 0, int(n)+1)
	if d := differ(got, make([]byte, n)); d != "" || int64(len(got)) != n || err != nil {
		return wrong("pread of what was reserved", d, len(got), int(n), err)
	}
	return verdict(takes >= n, "fallocate of %d bytes: the file takes %d (st_blocks) and reads as zeros", n, takes)
}

func punchHole(b *bench) (reply, error) {
	n := advicePages * b.page
	f, want, err := b.made(n)
	if err != nil {
		return reply{}, err
	}
	if err := failed("fdatasync", unix.Fdatasync(int(f.Fd()))); err != nil {
		return reply{}, err
	}
	var m []byte
	if b.noShared == "" {
		if m, err = b.readable(f, n); err != nil {
			return reply{}, err
		}
		b.touch(m)
	}
	before, err := blocks(f)
	if err != nil {
		return reply{}, err
	}
	err = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, int64(b.page), int64(n-2*b.page))
	if err != nil {
		return reply{}, failed("fallocate(PUNCH_HOLE)", err)
	}
	clear(want[b.page : n-b.page])
	got, err := read(f, 0, n)
	if d := differ(got, want); d != "" || err != nil {
		return wrong("pread", d, len(got), n, err)
	}
	// Before the mapping is looked at: a load from a hole of a file in memory
	// fills it.
	after, err := blocks(f)
	if err != nil {
		return reply{}, err
	}
	if m != nil {
		if d := differ(m, want); d != "" {
			return no("the mapping: %s", d)
		}
	}
	return verdict(after < before, "%d of %d pages: zeros by pread and in a mapping; the file takes %d bytes instead of %d", advicePages-2, advicePages, after, before)
}
