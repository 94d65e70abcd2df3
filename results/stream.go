package results

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"sync"

	"mmapbench/internal/units"
)

// A Stream is a run file that is read once from its beginning to its end, so that
// only a few trials are in memory at a time. Lines are decoded by as many goroutines
// as there are processors, and arrive in the order of the file.
type Stream struct {
	Header Header
	// NoCounters, set before Trials is called, leaves the counters out of the trials:
	// they are most of a file, and skipping them is much faster than reading them.
	NoCounters bool
	// What follows is known when Trials has come to the end of the file.
	Resumes []Resume
	Dropped []Dropped
	End     *End // nil: the run was cut short
	// Torn is set when the last line was cut in the middle, as by kill -9 during a
	// write. That line is left out.
	Torn bool

	f     *os.File // nil for a stream that is no file
	in    *bufio.Reader
	first []byte // the header's line
	good  int64  // bytes of whole lines
	seen  map[place]struct{}
}

// A place is where a trial belongs.
type place struct{ round, arm int }

// Open opens a run file and reads its header. The file may be anybody's: see Read.
func Open(path string) (*Stream, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	s, err := openStream(f)
	if err != nil {
		return nil, errors.Join(named(f, err), f.Close())
	}
	s.f = f
	return s, nil
}

// Close closes the file.
func (s *Stream) Close() error { return s.f.Close() }

// Most is how many trials the file can have, by its size.
func (s *Stream) Most() int {
	const shortest = 256 // bytes; no trial is written in fewer
	info, err := s.f.Stat()
	if err != nil {
		return 0
	}
	return int(min(info.Size()/shortest, MaxRounds))
}

// Trials goes through the trials of the file. A line that does not fit is an error
// with its number, and ends the trials.
func (s *Stream) Trials() iter.Seq2[*Trial, error] {
	return func(yield func(*Trial, error) bool) {
		err := s.each(func(t *Trial) bool { return yield(t, nil) })
		if err != nil {
			yield(nil, named(s.f, err))
		}
	}
}

// Each goes through the trials of a run file, which is opened anew each time.
func Each(path string) iter.Seq2[*Trial, error] {
	return func(yield func(*Trial, error) bool) {
		s, err := Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer s.Close()
		for t, err := range s.Trials() {
			if !yield(t, err) {
				return
			}
		}
	}
}

// A chunk is some lines of the file, one after the other.
type chunk struct {
	text    []byte
	ends    []int // where the lines in text end
	decoded []any // *Trial, *Dropped, *Resume, *End or error, of each line
	err     error // the error of the line after them; nil: there are more
	done    chan struct{}
}

// chunkBytes is how long a chunk grows before it is decoded.
const chunkBytes = 128 << 10

// each decodes the lines after the header and hands the trials to use, until that
// says no.
func (s *Stream) each(use func(*Trial) bool) error {
	workers := runtime.GOMAXPROCS(0)
	work, order := make(chan *chunk), make(chan *chunk, 2*workers)
	stop := make(chan struct{})
	var running sync.WaitGroup
	defer running.Wait()
	defer close(stop)
	running.Go(func() {
		defer close(work)
		defer close(order)
		for more := true; more; {
			c := s.read()
			more = c.err == nil
			select {
			case order <- c:
			case <-stop:
				return
			}
			select {
			case work <- c:
			case <-stop:
				return
			}
		}
	})
	for range workers {
		running.Go(func() {
			d := newDecoder()
			d.noCounters = s.NoCounters
			for c := range work {
				c.decode(d)
			}
		})
	}
	n := 2 // the header's line is 1
	for c := range order {
		<-c.done
		for i, line := range c.decoded {
			more, err := s.take(line, use)
			if err != nil {
				return &lineError{n, err}
			}
			if !more {
				return nil
			}
			n++
			s.good += int64(c.ends[i] - c.begin(i))
		}
		switch {
		case c.err == io.EOF:
			// Every complete line ends in a newline: what follows the last one
			// was cut, even if by chance what is left of it is valid.
			s.Torn = len(c.text) > c.begin(len(c.ends))
			return nil
		case c.err != nil:
			return &lineError{n, c.err}
		}
		chunks.Put(c)
	}
	return nil
}

// chunks are those whose memory can be used again.
var chunks = sync.Pool{New: func() any { return &chunk{} }}

// read reads lines until there are enough for a chunk.
func (s *Stream) read() *chunk {
	c := chunks.Get().(*chunk)
	*c = chunk{text: c.text[:0], ends: c.ends[:0], decoded: c.decoded[:0], done: make(chan struct{})}
	for c.err == nil && len(c.text) < chunkBytes {
		if c.text, c.err = readLine(s.in, c.text); c.err == nil {
			c.ends = append(c.ends, len(c.text))
		}
	}
	return c
}

func (c *chunk) begin(line int) int {
	if line == 0 {
		return 0
	}
	return c.ends[line-1]
}

func (c *chunk) decode(d *decoder) {
	defer close(c.done)
	for i, end := range c.ends {
		line, err := d.line(c.text[c.begin(i):end])
		if err != nil {
			line = err
		}
		c.decoded = append(c.decoded, line)
	}
}

// take takes a line in the order of the file.
func (s *Stream) take(line any, use func(*Trial) bool) (more bool, err error) {
	switch line := line.(type) {
	case error:
		return false, line
	case *Trial:
		line.upgrade()
		if err := s.check(line); err != nil {
			return false, fmt.Errorf("trial: %w", err)
		}
		return use(line), nil
	case *Dropped:
		if err := s.checkDropped(line); err != nil {
			return false, fmt.Errorf("dropped: %w", err)
		}
		s.Dropped = append(s.Dropped, *line)
	case *Resume:
		s.Resumes, s.End = append(s.Resumes, *line), nil
	case *End:
		s.End = line
	}
	return true, nil
}

// check refuses trials that no run of this schema writes, so that whatever works on
// trials need not.
func (s *Stream) check(t *Trial) error {
	plan := &s.Header.Plan
	if t.Arm >= len(plan.Arms) {
		return fmt.Errorf("arm %d is not in the plan", t.Arm)
	}
	if t.Round >= plan.Rounds {
		return wrong("round", "is %d: the plan has %d, from 0 on", t.Round, plan.Rounds)
	}
	at := place{t.Round, t.Arm}
	if _, twice := s.seen[at]; twice {
		return fmt.Errorf("round %d has arm %d already", t.Round, t.Arm)
	}
	s.seen[at] = struct{}{}
	return t.whole(plan.Arms[t.Arm])
}

// readLine appends a line to text, up to its end, which it includes, or up to the
// end of the file (io.EOF). What has no end of a line is not held in memory for long.
func readLine(br *bufio.Reader, text []byte) ([]byte, error) {
	begin := len(text)
	for {
		part, err := br.ReadSlice('\n')
		text = append(text, part...)
		if len(text)-begin > MaxLine {
			return nil, fmt.Errorf("it is longer than %s: no run writes such a line", units.FormatSize(MaxLine))
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, err
		}
	}
}
