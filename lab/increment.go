package lab

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// CounterIncrement counts. With several processes it does so in either way,
// unless one is named, and shows what was lost.
func CounterIncrement(ctx context.Context, w io.Writer, o CounterOptions) error {
	return o.play(w, "counter", func(s *script) error { return s.count(ctx, &o) })
}

func (s *script) count(ctx context.Context, o *CounterOptions) error {
	o.Times, o.Processes = max(o.Times, 1), max(o.Processes, 1)
	if o.How != "" && o.How != Plain && o.How != Atomic {
		return fmt.Errorf("counter: %q is no way to count: %s or %s", o.How, Plain, Atomic)
	}
	if o.Processes == 1 {
		return s.countAlone(o)
	}
	for _, how := range []string{Plain, Atomic} {
		if o.How != "" && how != o.How {
			continue
		}
		if err := s.countTogether(ctx, o, how); err != nil {
			return err
		}
	}
	s.conclude("A shared mapping shares the bytes and nothing else: no order, no lock. What one process does between " +
		"its load and its store another may overwrite.")
	s.conclude("Atomic instructions work across processes as they do across threads, since the page is the same " +
		"memory. What is larger than a word needs a lock: fcntl(2), flock(2), or a mutex made for sharing.")
	return nil
}

// CounterDemo makes a counter of the program's own, counts on it from several
// processes, and removes it.
func CounterDemo(ctx context.Context, w io.Writer, o CounterOptions) error {
	return o.play(w, "counter", func(s *script) error {
		o.Processes, o.Times = cmp.Or(o.Processes, DemoProcesses), cmp.Or(o.Times, DemoTimes)
		return s.withOwn("counter", make([]byte, counterBytes), func(path string) error {
			o.File = path
			return s.count(ctx, &o)
		})
	})
}

// What the demonstration does where nothing is given.
const (
	DemoProcesses = 4
	DemoTimes     = 100_000
)

// countAlone increments in this process.
func (s *script) countAlone(o *CounterOptions) error {
	s.step("Count %s in this process", timesText(o.Times))
	how := o.How
	if how == "" {
		how = Plain // nobody else is known to count
	}
	s.conclude("The next to increment goes on from here: the number is the file's, not the process's. To see what " +
		"several at once do to it, give --processes.")
	return s.withCounter(o.File, func(m *mapping) error {
		before := atomic.LoadUint64(number(m))
		s.fact("the number before", "%d", before)
		s.add(Item{Call: incrementText(how)})
		increment(number(m), how, o.Times)
		s.fact("the number after", "%d", atomic.LoadUint64(number(m)))
		return nil
	})
}

// countTogether has several processes increment at once.
func (s *script) countTogether(ctx context.Context, o *CounterOptions, how string) error {
	s.step("%d processes, each %s, %s", o.Processes, timesText(o.Times), how)
	before, err := s.readCounter(o.File)
	if err != nil {
		return err
	}
	s.fact("the number before", "%d", before)
	s.fact("each process", "%s", incrementText(how))
	if how == Plain {
		s.note("Between load and store, once in %d times, a process gives up its processor, as any may have to "+
			"at any time.", yieldEvery)
	}
	if err := s.together(ctx, o, how); err != nil {
		return err
	}
	after, err := s.readCounter(o.File)
	if err != nil {
		return err
	}
	made := uint64(o.Processes) * uint64(o.Times)
	s.fact("increments made", "%d", made)
	s.fact("the number after", "%d", after)
	if after-before > made {
		s.note("That is more than these processes made: others count on this file at the same time, and what was " +
			"lost cannot be told.")
		return nil
	}
	lost := made - (after - before)
	s.fact("lost", "%d of %d (%.1f %%)", lost, made, 100*float64(lost)/float64(made))
	switch {
	case how == Atomic:
		s.must(lost == 0, "no atomic increment is lost")
	case lost == 0:
		s.note("None was lost this time, which is luck: give more --processes or --times.")
	}
	return nil
}

// together starts the processes, lets them all map the file, and then go.
func (s *script) together(ctx context.Context, o *CounterOptions, how string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type counting struct {
		wait  func() error
		start io.Closer
	}
	var all []counting
	stop := func(err error) error {
		cancel()
		for _, c := range all {
			_ = c.wait() // killed: its error is that
		}
		return err
	}
	for range o.Processes {
		cmd, err := s.child(ctx, o.File, childIncrement, how, strconv.Itoa(o.Times))
		if err != nil {
			return stop(err)
		}
		in, err1 := cmd.StdinPipe()
		out, err2 := cmd.StdoutPipe()
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := errors.Join(err1, err2, cmd.Start()); err != nil {
			return stop(fmt.Errorf("start a process that counts: %w", err))
		}
		all = append(all, counting{cmd.Wait, in})
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || strings.TrimSpace(line) != ready {
			return stop(fmt.Errorf("a process that was to count did not "+
				"get ready: %w%s", errors.Join(err, cmd.Wait()), said(&errs)))
		}
	}
	for _, c := range all {
		c.start.Close() // the end of its input is the signal
	}
	var err error
	for _, c := range all {
		err = errors.Join(err, c.wait())
	}
	if err != nil {
		return fmt.Errorf("a process that counted: %w", err)
	}
	return nil
}

// ready is what a process says when its mapping is there.
const ready = "ready"

// incrementTogether is what each of the processes does.
func incrementTogether(in io.Reader, out io.Writer, own map[string]*os.File, path, how, count string) error {
	times, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	s := newScript(io.Discard, "counter", Common{JSON: true})
	s.mute, s.own = true, own
	return s.withCounter(path, func(m *mapping) error {
		if _, err := fmt.Fprintln(out, ready); err != nil {
			return err
		}
		if _, err := io.ReadAll(in); err != nil {
			return err
		}
		increment(number(m), how, times)
		return nil
	})
}

// yieldEvery is after how many plain increments a process yields between load
// and store. Without it a machine of one processor would hardly ever show a
// loss, and on a larger one a process might be done before the next begins.
const yieldEvery = 256

// increment adds 1 so many times.
func increment(p *uint64, how string, times int) {
	if how == Atomic {
		for range times {
			atomic.AddUint64(p, 1)
		}
		return
	}
	for i := range times {
		v := load(p)
		if i%yieldEvery == 0 {
			// x/sys has no wrapper, and runtime.Gosched would not leave the process.
			_, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
		}
		store(p, v+1)
	}
}

// load and store are plain instructions. Inlined, the compiler might make one of
// the two, or one addition of the whole loop.
//
//go:noinline
func load(p *uint64) uint64 { return *p }

//go:noinline
func store(p *uint64, v uint64) { *p = v }

func incrementText(how string) string {
	if how == Atomic {
		return "__atomic_fetch_add((uint64_t *)p, 1, __ATOMIC_SEQ_CST)"
	}
	return "v = *(uint64_t *)p; *(uint64_t *)p = v + 1"
}

func timesText(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
