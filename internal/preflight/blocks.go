package preflight

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mmapbench/internal/directio"
	"mmapbench/internal/memory"
	"mmapbench/internal/posix"
)

// blockProbes ask what the file system can do without moving bytes, or past the
// page cache.
var blockProbes = []probe{
	{
		name: "direct", group: "blocks", question: "Does O_DIRECT read past the page cache?",
		weight: Degrades, needs: file, ask: direct,
		means: "a run leaves out the backend direct and the cache state device-cold, or says at each trial that it " +
			"went through the cache",
	}, {
		name: "direct-alignment", group: "blocks", question: "Does the kernel tell what O_DIRECT must align?",
		weight: Fact, needs: file, ask: directAlignment,
		means: fmt.Sprintf("a run aligns direct reads to %d bytes, which is enough on nearly all devices; "+
			"statx(2) tells the alignment since Linux 6.1, on the larger file systems", directio.Cautious),
	}, {
		name: "reflink", group: "blocks", question: "Can a copy share the blocks of a file (reflink)?",
		weight: Fact, needs: file, means: "cp --reflink fails; every copy writes its bytes", ask: reflink,
	}, {
		name: "copy-file-range", group: "blocks", question: "Does copy_file_range copy?",
		weight: Fact, needs: file, means: "Go's io.Copy and cp fall back to read and write", ask: copyFileRange,
	}, {
		name: "fallocate", group: "blocks", question: "Does fallocate reserve space?",
		weight: Fact, needs: file, ask: fallocate,
		means: "a full disk shows at the store to a mapping, as SIGBUS; posix_fallocate writes instead, and costs " +
			"as much",
	}, {
		name: "punch-hole", group: "blocks", question: "Can a hole be punched into a file, and a mapping see it?",
		weight: Fact, needs: file, means: "what a file holds can only be freed from its end", ask: punchHole,
	},
}

// direct reads a cold file past the cache. Nothing of the file may be in the cache afterwards.
func direct(p *probing) answer {
	n := manyPages * p.page
	f, want := p.newFile(n)
	p.evict(f, n)
	g, err := p.tryReopen(f, os.O_RDONLY|unix.O_DIRECT)
	if errors.Is(err, unix.EINVAL) {
		return no("open with O_DIRECT: %s", errnoOf(err))
	}
	check(err)
	a, err := directio.Of(int(g.Fd()))
	if err != nil {
		return no("%v", err)
	}
	// Anonymous memory begins at a page, which suits every device. The pages must
	// be populated: btrfs takes no faults during a direct read, and goes through the
	// page cache instead.
	buf := must(memory.Buffer(int64(n)))
	defer posix.Munmap(buf)
	got, err := unix.Pread(int(g.Fd()), buf, 0)
	call(fmt.Sprintf("direct read of %d bytes", n), err)
	equal("a direct read returns other bytes", buf[:got], want)
	after := resident(f, n)
	_, odd := unix.Pread(int(g.Fd()), buf[1:a.Offset], 1)
	return yesIf(after == 0,
		"%d bytes read by O_DIRECT, equal; %d of %d pages in the page cache afterwards; a read not aligned: %s",
		n, after, manyPages, accepted(odd))
}

func accepted(err error) string {
	if err == nil {
		return "accepted"
	}
	return errnoOf(err)
}

func directAlignment(p *probing) answer {
	f, _ := p.newFile(fewPages * p.page)
	var st unix.Statx_t
	const mask = unix.STATX_DIOALIGN | unix.STATX_DIO_READ_ALIGN
	call("statx", unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, mask, &st))
	switch {
	case st.Mask&unix.STATX_DIOALIGN == 0:
		return no("statx does not fill in STATX_DIOALIGN")
	case st.Dio_offset_align == 0:
		return no("statx says that this file has no direct reads")
	}
	a := must(directio.Of(int(f.Fd())))
	return yes("statx: offset and length by %d bytes, memory by %d", a.Offset, a.Memory)
}

func reflink(p *probing) answer {
	n := fewPages * p.page
	from, want := p.newFile(n)
	to := p.empty()
	call("FICLONE", unix.IoctlFileClone(int(to.Fd()), int(from.Fd())))
	expect("the clone", to, want)
	write(to, words(p.page, 1), 0)
	expect("the source after a write to its clone", from, want)
	return yes("FICLONE of %d bytes: the clone is equal, and a write to it leaves the source as it was", n)
}

func copyFileRange(p *probing) answer {
	n := fewPages * p.page
	from, want := p.newFile(n)
	to := p.empty()
	calls := 0
	for done := 0; done < n; calls++ {
		moved, err := unix.CopyFileRange(int(from.Fd()), nil, int(to.Fd()), nil, n-done, 0)
		call("copy_file_range", err)
		if moved <= 0 {
			return no("copy_file_range: %d of %d bytes, then nothing and no error", done, n)
		}
		done += moved
	}
	expect("the copy", to, want)
	return yes("%d bytes in %s: the copy is equal", n, plural(calls, "call"))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func fallocate(p *probing) answer {
	n := manyPages * p.page
	f := p.empty()
	call("fallocate", unix.Fallocate(int(f.Fd()), 0, 0, int64(n)))
	takes := blocks(f)
	expect("pread of what was reserved", f, make([]byte, n))
	return yesIf(takes >= n, "fallocate of %d bytes: the file takes %d (st_blocks) and reads as zeros", n, takes)
}

func punchHole(p *probing) answer {
	n := manyPages * p.page
	f, want := p.newFile(n)
	fdatasync(f)
	var m []byte
	if p.noShared == "" {
		m = p.readable(f, n)
		p.touch(m)
	}
	before := blocks(f)
	const mode = unix.FALLOC_FL_PUNCH_HOLE | unix.FALLOC_FL_KEEP_SIZE
	call("fallocate(PUNCH_HOLE)", unix.Fallocate(int(f.Fd()), mode, int64(p.page), int64(n-2*p.page)))
	clear(want[p.page : n-p.page])
	expect("pread", f, want)
	// Before the mapping is looked at: a load from a hole of a file in memory
	// fills it.
	after := blocks(f)
	if m != nil {
		equal("the mapping", m, want)
	}
	return yesIf(after < before,
		"%d of %d pages: zeros by pread and in a mapping; the file takes %d bytes instead of %d",
		manyPages-2, manyPages, after, before)
}
