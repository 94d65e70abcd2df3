package cli

import (
	"errors"
	"io"
	"os/signal"
	"syscall"
)

// exitPipe is what a shell shows of a program that SIGPIPE ended.
const exitPipe = 128 + int(syscall.SIGPIPE)

// pipe returns standard output for what is followed by more than text: charts, a
// baseline, a verdict in the exit code. A reader that leaves, as head(1) does, ends
// the text alone, and the program ends as a shell shows of one that SIGPIPE ended.
func (a *app) pipe() io.Writer {
	signal.Ignore(syscall.SIGPIPE)
	return &pipe{a.out, &a.left}
}

type pipe struct {
	io.Writer
	left *bool // the reader has left
}

func (p *pipe) Write(b []byte) (int, error) {
	if *p.left {
		return len(b), nil
	}
	n, err := p.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		*p.left = true
		return len(b), nil
	}
	return n, err
}
