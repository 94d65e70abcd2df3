package readwrite

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
	"mmapbench/io/backend"
)

var advices = map[string]int{
	"normal":     unix.FADV_NORMAL,
	"sequential": unix.FADV_SEQUENTIAL,
	"random":     unix.FADV_RANDOM,
	"noreuse":    unix.FADV_NOREUSE,
	"willneed":   unix.FADV_WILLNEED,
}

const (
	// chunk is how much one call asks for that reads ahead. The kernel reads no more
	// a call than the larger of the read-ahead window, 128 KiB by default, and the
	// device's largest request, and says nothing about the rest (force_page_cache_ra
	// in mm/readahead.c). So much is read, too, before it is dropped.
	chunk = 128 << 10

	// The pages of a folio that lies only partly in a range are not dropped from the
	// page cache. So each call begins a little before what was read last.
	lag = 2 << 20
)

// advise gives the kernel the advice that is of the whole file.
func (c *config) advise(fd int, path string, size int64) error {
	for _, a := range c.advice {
		step := size
		if a == unix.FADV_WILLNEED {
			step = chunk
		}
		for at := int64(0); at < size; at += step {
			if err := fadvise(fd, at, min(step, size-at), a); err != nil {
				return backend.Failed("posix_fadvise", path, err)
			}
		}
	}
	return nil
}

func fadvise(fd int, off, n int64, advice int) error {
	return posix.Retry(func() error { return unix.Fadvise(fd, off, n, advice) })
}

// hints go along with what is read: ahead of it by readahead(2), and behind it by
// posix_fadvise(DONTNEED).
type hints struct {
	path   string
	fd     int
	size   int64
	behind bool
	ahead  int64
	asked  int64 // up to where was asked for
	at     int64 // where the last read ended
}

// hints reports whether the options ask for any beyond those of the whole file.
func (c *config) hints() bool { return c.behind || c.ahead > 0 }

func (c *config) hintsOf(path string, fd int, size int64) hints {
	return hints{path: path, fd: fd, size: size, behind: c.behind, ahead: c.ahead}
}

// before is called before bytes are read.
func (h *hints) before(from int64) error {
	if h.ahead == 0 {
		return nil
	}
	if from != h.at {
		h.asked = from
	}
	h.asked = max(h.asked, from)
	for step := min(chunk, h.ahead); h.asked < h.size && h.asked+step <= from+h.ahead; h.asked += step {
		_, _, errno := syscall.Syscall(unix.SYS_READAHEAD, uintptr(h.fd), uintptr(h.asked), uintptr(step))
		if errno != 0 {
			return backend.Failed(fmt.Sprintf("readahead %d bytes at offset %d of", step, h.asked), h.path, errno)
		}
	}
	return nil
}

// after is called after bytes were read.
func (h *hints) after(from, to int64) error {
	h.at = to
	if !h.behind {
		return nil
	}
	from = max(from-from%int64(os.Getpagesize())-lag, 0)
	return backend.Failed("posix_fadvise", h.path, fadvise(h.fd, from, to-from, unix.FADV_DONTNEED))
}

// hinted is a worker with hints: it reads what is contiguous in chunks.
type hinted struct {
	worker
	hints hints
	part  backend.Batch
}

func (w *hinted) View(off int64, n int) ([]byte, error) {
	if err := w.check(off, n); err != nil {
		return nil, err
	}
	if err := w.hints.before(off); err != nil {
		return nil, err
	}
	p, err := w.worker.View(off, n)
	if err != nil {
		return nil, err
	}
	return p, w.hints.after(off, off+int64(n))
}

func (w *hinted) Do(b *backend.Batch) error {
	record := int64(b.Record)
	w.part.Record, w.part.Consumer, w.part.Sum = b.Record, b.Consumer, b.Sum
	for all := b.Off[:b.N]; len(all) > 0; all = all[w.part.N:] {
		from := all[0]
		if err := w.check(from, b.Record); err != nil {
			return err
		}
		n, to := 1, from+record
		for ; n < len(all) && all[n] == to && to-from < chunk; n++ {
			to += record
		}
		w.part.N = copy(w.part.Off[:], all[:n])
		if err := w.hints.before(from); err != nil {
			return err
		}
		if err := w.worker.Do(&w.part); err != nil {
			return err
		}
		if err := w.hints.after(from, to); err != nil {
			return err
		}
	}
	b.Sum = w.part.Sum
	return nil
}
