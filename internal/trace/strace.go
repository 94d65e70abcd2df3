package trace

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Calls are the system calls that a trace by strace should have, for -e trace=.
const Calls = "open,openat,creat,read,pread64,readv,preadv,preadv2,lseek,write,pwrite64,writev,pwritev,pwritev2," +
	"fsync,fdatasync,close,dup,dup2,dup3,fcntl,mmap,fstat,newfstatat,clone,clone3,fork,vfork," +
	"sendfile,copy_file_range,splice,io_uring_enter"

// Limits of what is kept beside the accesses.
const (
	maxPending = 1 << 10 // calls that have begun and not ended
	maxOpen    = 1 << 18 // descriptors of all processes
)

// An opened is what open(2) makes: descriptors that are copies of each other share the
// position in the file.
type opened struct {
	path    string
	regular bool
	adds    bool // O_APPEND
	pos     int64
}

// A table has the descriptors of a process, which its threads share.
type table struct {
	fds   map[int]*opened
	users int
}

// stracer follows the descriptors of all processes.
type stracer struct {
	*builder
	open    map[int]*table // the key is a process or a thread
	count   int            // descriptors in all tables
	pending map[int]call   // process or thread -> the call that it is in
	first   time.Duration  // when the trace began
	leader  int            // whose line came first
}

// parseStrace reads the output of strace -f -y -ttt, with -T or without.
func parseStrace(l *lines, b *builder) error {
	s := &stracer{builder: b, open: map[int]*table{}, pending: map[int]call{}}
	b.Timed = true
	for {
		line, ok, err := l.next()
		if err != nil || !ok {
			return err
		}
		if line == "" || strings.HasPrefix(line, "strace: ") {
			continue
		}
		err = s.line(line)
		if l.torn && err != nil { // strace was killed in the middle of it
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// line reads one line: a call, the begin or the end of one, or a remark.
func (s *stracer) line(line string) error {
	pid, at, text, err := prefix(line)
	if err != nil {
		return err
	}
	if s.first == 0 {
		s.first, s.leader = at, pid
	}
	at -= s.first
	c := call{pid: pid, at: at}
	switch {
	case strings.HasPrefix(text, "+++ "): // it has ended
		if pid == s.leader {
			s.Ended = strings.Trim(text, "+ ")
		}
		delete(s.pending, pid)
		if t := s.open[pid]; t != nil {
			if t.users--; t.users == 0 {
				s.count -= len(t.fds)
			}
			delete(s.open, pid)
		}
		return nil
	case strings.HasPrefix(text, "--- "): // a signal
		return nil
	case strings.HasPrefix(text, "<... "):
		_, rest, ok := strings.Cut(text, " resumed>")
		c, ok = s.pending[pid], ok && s.pending[pid].text != ""
		if !ok {
			return nil // it began before strace looked
		}
		delete(s.pending, pid)
		c.text += rest
	case strings.HasSuffix(text, "<unfinished ...>"):
		if len(s.pending) >= maxPending {
			return fmt.Errorf("more than %d calls have begun and not ended", maxPending)
		}
		c.text = strings.TrimSuffix(text, "<unfinished ...>")
		s.pending[pid] = c
		return nil
	default:
		c.text = text
	}
	if len(c.text) > 2*maxLine {
		return errors.New("the call is too long")
	}
	if ok, err := c.split(); err != nil || !ok {
		return err
	}
	return s.call(&c)
}

// prefix reads what stands before a call: who made it, if strace tells, and when.
func prefix(line string) (pid int, at time.Duration, text string, err error) {
	rest := line
	if tail, ok := strings.CutPrefix(rest, "[pid "); ok {
		rest = strings.Replace(tail, "]", "", 1)
	}
	word, text, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	if n, err := strconv.Atoi(word); err == nil && n >= 0 {
		pid = n
		word, text, _ = strings.Cut(strings.TrimLeft(text, " "), " ")
	}
	sec, frac, ok := strings.Cut(word, ".")
	n, errN := strconv.ParseInt(sec, 10, 64)
	micros, errM := strconv.ParseInt(frac, 10, 64)
	if !ok || errN != nil || errM != nil || n < 0 || n > 8e9 || micros < 0 || micros > 999999 || len(frac) != 6 {
		return 0, 0, "", fmt.Errorf("it begins with %.40q, and no time: want the output of strace -f -y -ttt, "+
			"an iolog of fio, or a table that begins with %q", line, csvHeader)
	}
	return pid, time.Duration(n)*time.Second + time.Duration(micros)*time.Microsecond, text, nil
}

// call carries out one call on the descriptors, and adds what it moved.
func (s *stracer) call(c *call) error {
	do, ok := calls[c.name]
	if !ok || c.ret < 0 {
		return nil
	}
	if len(c.args) < do.args {
		return fmt.Errorf("%s has %d arguments: want %d", c.name, len(c.args), do.args)
	}
	return do.do(s, c)
}

// calls are those that are understood, with how many arguments they have at least.
var calls = map[string]struct {
	args int
	do   func(s *stracer, c *call) error
}{
	"open":     {2, func(s *stracer, c *call) error { return s.opens(c, c.args[0], c.args[1]) }},
	"creat":    {1, func(s *stracer, c *call) error { return s.opens(c, c.args[0], "") }},
	"openat":   {3, func(s *stracer, c *call) error { return s.opens(c, c.args[1], c.args[2]) }},
	"close":    {1, func(s *stracer, c *call) error { return s.closes(c) }},
	"dup":      {1, func(s *stracer, c *call) error { return s.copies(c) }},
	"dup2":     {2, func(s *stracer, c *call) error { return s.copies(c) }},
	"dup3":     {2, func(s *stracer, c *call) error { return s.copies(c) }},
	"lseek":    {3, func(s *stracer, c *call) error { return s.seeks(c) }},
	"read":     {2, moves(Read)},
	"readv":    {2, moves(Read)},
	"write":    {2, moves(Write)},
	"writev":   {2, moves(Write)},
	"pread64":  {4, movesAt(Read)},
	"preadv":   {4, movesAt(Read)},
	"preadv2":  {4, movesAt(Read)},
	"pwrite64": {4, movesAt(Write)},
	"pwritev":  {4, movesAt(Write)},
	"pwritev2": {4, movesAt(Write)},
	"fsync":    {1, syncs(Sync)}, "fdatasync": {1, syncs(Datasync)},
	"sendfile": {2, unseen}, "copy_file_range": {2, unseen}, "splice": {2, unseen}, "io_uring_enter": {1, unseen},
	"clone": {1, forks}, "clone3": {1, forks}, "fork": {0, forks}, "vfork": {0, forks},
	"fcntl": {2, func(s *stracer, c *call) error {
		if strings.HasPrefix(c.args[1], "F_DUPFD") {
			return s.copies(c)
		}
		return nil
	}},
	"mmap": {5, func(s *stracer, c *call) error {
		o, _, err := s.of(c, 4)
		if err != nil || o == nil || !o.regular {
			return err
		}
		i, err := s.file(o.path)
		if err == nil {
			s.Files[i].Maps++
		}
		return err
	}},
	"fstat":      {2, func(s *stracer, c *call) error { return s.stats(c, c.args[1]) }},
	"newfstatat": {3, func(s *stracer, c *call) error { return s.stats(c, c.args[2]) }},
}

func unseen(s *stracer, _ *call) error {
	s.Unseen++
	return nil
}

// table returns the descriptors of a process or thread. The lines of a new one may come
// before the end of the call that makes it.
func (s *stracer) table(pid int) *table {
	if t, ok := s.open[pid]; ok {
		return t
	}
	t := &table{fds: map[int]*opened{}}
	for parent, c := range s.pending {
		if strings.HasPrefix(c.text, "clone") || strings.Contains(c.text, "fork(") {
			t = s.heir(parent, c.text)
			break
		}
	}
	t.users++
	s.open[pid] = t
	return t
}

// heir is what a new process or thread has: the same table, or a copy.
func (s *stracer) heir(parent int, text string) *table {
	from := s.open[parent]
	if from != nil && strings.Contains(text, "CLONE_FILES") {
		return from
	}
	t := &table{fds: map[int]*opened{}}
	if from != nil && s.count+len(from.fds) < maxOpen {
		maps.Copy(t.fds, from.fds)
		s.count += len(t.fds)
	}
	return t
}

func forks(s *stracer, c *call) error {
	child := int(c.ret)
	if _, ok := s.open[child]; !ok && len(s.open) < maxOpen {
		s.table(c.pid) // which the child may share
		t := s.heir(c.pid, c.text)
		t.users++
		s.open[child] = t
	}
	return nil
}

// put gives a descriptor to a process.
func (s *stracer) put(pid, fd int, o *opened) error {
	t := s.table(pid)
	if _, ok := t.fds[fd]; !ok {
		s.count++
	}
	if s.count > maxOpen || len(s.open) > maxOpen {
		return fmt.Errorf("more than %d descriptors are open", maxOpen)
	}
	t.fds[fd] = o
	return nil
}

// of finds what the descriptor in an argument stands for: nil of none. Where strace
// names another file than is known, the descriptor was opened unseen.
func (s *stracer) of(c *call, arg int) (o *opened, fd int, err error) {
	fd, path, named, err := descriptor(c.args[arg])
	if err != nil || fd < 0 {
		return nil, fd, err
	}
	o = s.table(c.pid).fds[fd]
	if o != nil && (!named || o.path == path) || o == nil && !named {
		return o, fd, nil
	}
	o = &opened{path: path, regular: isRegular(path)}
	return o, fd, s.put(c.pid, fd, o)
}

func (s *stracer) opens(c *call, name, flags string) error {
	path, named := c.retPath, c.retPath != ""
	if !named {
		var err error
		if path, err = unquote(name); err != nil {
			return err
		}
	}
	o := &opened{path: path, regular: isRegular(path) || !named && !strings.HasPrefix(path, "/"),
		adds: strings.Contains(flags, "O_APPEND")}
	if o.regular && !strings.Contains(flags, "O_DIRECTORY") {
		i, err := s.file(path)
		if err != nil {
			return err
		}
		s.Files[i].Opens++
	}
	return s.put(c.pid, int(c.ret), o)
}

func (s *stracer) closes(c *call) error {
	fd, _, _, err := descriptor(c.args[0])
	t := s.table(c.pid)
	if _, ok := t.fds[fd]; ok {
		s.count--
		delete(t.fds, fd)
	}
	return err
}

func (s *stracer) copies(c *call) error {
	o, _, err := s.of(c, 0)
	if err != nil || o == nil {
		return err
	}
	return s.put(c.pid, int(c.ret), o)
}

func (s *stracer) seeks(c *call) error {
	o, _, err := s.of(c, 0)
	if err != nil || o == nil || !o.regular {
		return err
	}
	if o.pos = c.ret; c.args[2] == "SEEK_END" && c.args[1] == "0" {
		return s.sized(o.path, c.ret)
	}
	return nil
}

func (s *stracer) stats(c *call, stat string) error {
	fd, path, named, err := descriptor(c.args[0])
	_, size, ok := strings.Cut(stat, "st_size=")
	if err != nil || fd < 0 || !named || !ok || !isRegular(path) || !strings.Contains(stat, "S_IFREG") ||
		c.name == "newfstatat" && c.args[1] != `""` {
		return err
	}
	size, _, _ = strings.Cut(size, ",")
	n, err := strconv.ParseInt(strings.Trim(size, "} ."), 10, 64)
	if _, known := s.index[path]; err != nil || !known {
		return err // a file that is never opened is of no interest
	}
	return s.sized(path, n)
}

// accessed is the file whose bytes a call moves; nil where none is known, and where the
// file is none that is looked at, which counts.
func (s *stracer) accessed(c *call) (*opened, error) {
	o, _, err := s.of(c, 0)
	if err == nil && o != nil && !o.regular {
		s.Special++
		return nil, nil
	}
	return o, err
}

// moves is a call that moves bytes at the position in the file, and the position on.
func moves(op Op) func(s *stracer, c *call) error {
	return func(s *stracer, c *call) error {
		o, err := s.accessed(c)
		if err != nil || o == nil {
			return err
		}
		if op == Write && o.adds {
			if i, ok := s.index[o.path]; ok {
				o.pos = s.Files[i].Size
			}
		}
		err = s.add(o.path, op, o.pos, c.ret, c.at, c.took)
		o.pos += c.ret
		return err
	}
}

// movesAt is a call that names the place in the file.
func movesAt(op Op) func(s *stracer, c *call) error {
	at := moves(op)
	return func(s *stracer, c *call) error {
		if c.args[3] == "-1" { // preadv2(2): as readv
			return at(s, c)
		}
		o, err := s.accessed(c)
		if err != nil || o == nil {
			return err
		}
		off, err := strconv.ParseInt(c.args[3], 0, 64)
		if err != nil {
			return fmt.Errorf("%s at the offset %.30q: %w", c.name, c.args[3], err)
		}
		return s.add(o.path, op, off, c.ret, c.at, c.took)
	}
}

func syncs(op Op) func(s *stracer, c *call) error {
	return func(s *stracer, c *call) error {
		o, _, err := s.of(c, 0)
		if err != nil || o == nil || !o.regular {
			return err
		}
		return s.add(o.path, op, 0, 0, c.at, c.took)
	}
}
