package counters

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A textFile is a file of /proc or /sys/fs/cgroup that is opened once and read
// again and again into the same memory. The kernel writes its text anew each
// time it is read from offset 0.
type textFile struct {
	fd   int
	path string // the path, below the root
	// record is set where the kernel writes the whole text in one go, so that
	// one pread has it all. Other files come in pieces of at most a page
	// (seq_file), and only an empty piece is the end.
	record bool
	buf    []byte
}

func openText(root, path string, record bool) (*textFile, error) {
	fd, err := unix.Open(filepath.Join(root, path), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &textFile{fd: fd, path: path, record: record, buf: make([]byte, 8192)}, nil
}

// read returns the text, which is valid until the next call.
func (f *textFile) read() ([]byte, error) {
	for n := 0; ; {
		if n == len(f.buf) {
			f.buf = append(f.buf, make([]byte, len(f.buf))...)
		}
		k, err := unix.Pread(f.fd, f.buf[n:], int64(n))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.path, err)
		}
		n += k
		if k == 0 || f.record && n < len(f.buf) {
			return f.buf[:n], nil
		}
	}
}

func (f *textFile) close() error {
	if err := unix.Close(f.fd); err != nil {
		return fmt.Errorf("close %s: %w", f.path, err)
	}
	return nil
}

// A textSource is a textFile with its parser.
type textSource struct {
	*textFile
	parse func(text []byte, into []int64)
}

// values reads the file and returns the length of its text.
func (s *textSource) values(into []int64) (int, error) {
	text, err := s.read()
	if err != nil {
		return 0, err
	}
	s.parse(text, into)
	return len(text), nil
}

func (s *textSource) begin(into []int64) error {
	_, err := s.values(into)
	return err
}

func (s *textSource) end(into []int64) error { return s.begin(into) }
