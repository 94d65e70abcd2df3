// Package drain takes what a command writes to pipes, and keeps the end of it.
//
// Whoever reads the output of a command takes part in the measurement. So a thread
// of its own moves the pages out of the pipe with splice(2) and copies only the end.
// The thread waits a little before it takes small pieces, so that the command seldom
// has to wake the thread, and it never waits for the end of a pipe, which a child in
// the background may keep open.
package drain

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// TailBytes is how much of an output's end is kept.
	TailBytes = 2048
	// pipeBytes is asked for; an unprivileged user gets no more than
	// /proc/sys/fs/pipe-max-size, which is as much by default (pipe(7)).
	pipeBytes = 1 << 20
	// little is what is worth a short wait: a writer that finds the pipe
	// empty has to wake its reader, which costs it more than a small write.
	// Linux 6.18, two processors: cat of 64 MiB took 41 ms and through a second
	// cat 58, grep --line-buffered 134 and 360; without the wait 50 and 327.
	little     = 64 << 10
	littleWait = 100 * time.Microsecond
)

// A Drain empties pipes from a thread of its own.
type Drain struct {
	Writers []*os.File // the ends to be given to a command

	pipes   []pipe
	null    int
	asked   int // an eventfd: somebody wants the tails, or the end
	answers chan []string
	closing chan struct{}
}

type pipe struct {
	fd   int // -1: its last writer has closed it
	tail []byte
}

// Start makes n pipes and begins to empty them.
func Start(n int) (d *Drain, err error) {
	d = &Drain{null: -1, asked: -1, answers: make(chan []string), closing: make(chan struct{})}
	defer func() {
		if err != nil {
			d.release()
		}
	}()
	if d.null, err = unix.Open(os.DevNull, unix.O_WRONLY|unix.O_CLOEXEC, 0); err != nil {
		return d, fmt.Errorf("open %s to drain a command's output: %w", os.DevNull, err)
	}
	if d.asked, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		return d, fmt.Errorf("make an eventfd to drain a command's output: %w", err)
	}
	for range n {
		var ends [2]int
		if err = unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
			return d, fmt.Errorf("make a pipe for a command's output: %w", err)
		}
		// A pipe that stays small is slower and no less right.
		_, _ = unix.FcntlInt(uintptr(ends[1]), unix.F_SETPIPE_SZ, pipeBytes)
		d.pipes = append(d.pipes, pipe{fd: ends[0], tail: make([]byte, 0, 2*TailBytes)})
		d.Writers = append(d.Writers, os.NewFile(uintptr(ends[1]), "a command's output"))
	}
	go d.run()
	return d, nil
}

// Started closes this process's copies of the writing ends: the command has its
// own by now.
func (d *Drain) Started() {
	for _, w := range d.Writers {
		w.Close()
	}
	d.Writers = nil
}

// Tails returns the end of what each pipe was given until now, and goes on.
func (d *Drain) Tails() []string {
	d.ask()
	return <-d.answers
}

// Close ends the draining: who still writes is told by SIGPIPE.
func (d *Drain) Close() {
	d.Started()
	close(d.closing)
	d.ask()
	<-d.answers
	d.release()
}

func (d *Drain) ask() {
	one := [8]byte{1} // any number but 0 will do, so the byte order does not matter
	for {
		if _, err := unix.Write(d.asked, one[:]); err != unix.EINTR {
			return
		}
	}
}

func (d *Drain) release() {
	for i := range d.pipes {
		d.pipes[i].close()
	}
	for _, fd := range []int{d.null, d.asked} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	for _, w := range d.Writers {
		w.Close()
	}
}

// run empties the pipes until Close.
func (d *Drain) run() {
	runtime.LockOSThread() // and ends with it
	defer close(d.answers)
	for {
		polls := make([]unix.PollFd, 0, len(d.pipes)+1)
		for i := range d.pipes {
			polls = append(polls, unix.PollFd{Fd: int32(d.pipes[i].fd), Events: unix.POLLIN})
		}
		polls = append(polls, unix.PollFd{Fd: int32(d.asked), Events: unix.POLLIN})
		if _, err := unix.Poll(polls, -1); err != nil && err != unix.EINTR {
			return
		}
		taken := 0
		for i := range d.pipes {
			if polls[i].Revents == 0 {
				continue
			}
			n := d.pipes[i].take(d.null)
			if n == 0 { // poll(2) named it for the end alone
				d.pipes[i].close()
			}
			taken += n
		}
		if polls[len(d.pipes)].Revents != 0 {
			var count [8]byte
			_, _ = unix.Read(d.asked, count[:])
			select {
			case <-d.closing:
				return
			default:
				d.answers <- d.tails()
			}
			continue
		}
		if taken < little { // time.Sleep would hand the thread's goroutine over and back
			wait := unix.NsecToTimespec(littleWait.Nanoseconds())
			_ = unix.Nanosleep(&wait, nil)
		}
	}
}

// tails takes what the pipes hold at this moment, and no more: a child in the
// background may write for ever.
func (d *Drain) tails() []string {
	var out []string
	for i := range d.pipes {
		p := &d.pipes[i]
		p.take(d.null)
		out = append(out, string(p.tail[max(0, len(p.tail)-TailBytes):]))
	}
	return out
}

// take empties the pipe of what it holds now: all but the end goes to /dev/null
// without a copy (splice_write_null, drivers/char/mem.c).
func (p *pipe) take(null int) int {
	held, err := unix.IoctlGetInt(p.fd, unix.TIOCINQ) // FIONREAD by another name
	if err != nil {
		return 0
	}
	rest := held
	for rest > TailBytes {
		n, err := unix.Splice(p.fd, nil, null, nil, rest-TailBytes, unix.SPLICE_F_NONBLOCK)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 { // forbidden by a filter: what is left is read
			break
		}
		rest -= int(n)
	}
	var buf [64 << 10]byte
	for rest > 0 {
		n, err := unix.Read(p.fd, buf[:min(rest, len(buf))])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			break
		}
		p.keep(buf[max(0, n-TailBytes):n])
		rest -= n
	}
	return held
}

func (p *pipe) close() {
	if p.fd >= 0 {
		unix.Close(p.fd)
		p.fd = -1
	}
}

// keep appends to the tail, which has room for two pieces: only now and then is
// the older one moved away.
func (p *pipe) keep(b []byte) {
	if len(p.tail)+len(b) > cap(p.tail) {
		n := copy(p.tail, p.tail[max(0, len(p.tail)-TailBytes):])
		p.tail = p.tail[:n]
	}
	p.tail = append(p.tail, b...)
}
