package procmem

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A Status is one reading of /proc/self/status, proc_pid_status(5): a single call that
// reads, into memory that is there already.
type Status struct {
	f   *os.File
	buf [8192]byte
	n   int
	err error
}

// OpenStatus returns what Read needs. That there is no such file is an error of Sizes.
func OpenStatus() *Status {
	s := &Status{}
	if s.f, s.err = os.Open("/proc/self/status"); s.err != nil {
		s.err = fmt.Errorf("this kernel does not tell what memory a process takes: %w", s.err)
	}
	return s
}

// Read reads the file and returns how many bytes it has.
func (s *Status) Read() int {
	if s.err == nil {
		s.n, s.err = unix.Pread(int(s.f.Fd()), s.buf[:], 0)
	}
	return s.n
}

// Close closes the file. What was read stays.
func (s *Status) Close() {
	if s.f != nil {
		s.f.Close()
	}
}

// Sizes returns what was read in kB, in bytes by name: VmHWM, RssAnon, RssFile,
// RssShmem, … A kernel before 4.5 lacks the last three.
func (s *Status) Sizes() (map[string]int64, error) {
	all := map[string]int64{}
	for line := range bytes.Lines(s.buf[:s.n]) {
		name, rest, _ := strings.Cut(string(line), ":")
		number, ok := strings.CutSuffix(strings.TrimSpace(rest), " kB")
		if n, err := strconv.ParseInt(number, 10, 64); ok && err == nil {
			all[name] = n << 10
		}
	}
	return all, s.err
}
