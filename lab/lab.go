// Package lab holds small programs that show what a mapping is: each makes the
// system calls that it speaks of, prints them with their arguments and results,
// looks at what came of them, and says what to conclude.
//
// This package is opinionated: a program tells only what it does here and now, on
// the reader's own device. It looks twice, through the mapping and through read(2),
// and says so if the two do not agree with the lesson. A program writes only to files
// of its own in the folder mmapbench.d and to a file that was named, and measures
// nothing: for that there is a harness.
package lab

import (
	"errors"
	"fmt"
	"io"

	"mmapbench/internal/memfault"
)

// Program describes one of the programs of this package.
type Program struct {
	Name    string `json:"name"`
	Args    string `json:"args"`    // the arguments, as a command line has them
	Summary string `json:"summary"` // one line
}

// Programs lists them in the order in which they are best read.
func Programs() []Program {
	return []Program{
		{"align", "[OFFSET…]", "where a mapping must begin so that it holds an offset"},
		{"edit", "[FILE TEXT]", "change a file in place through a shared mapping"},
		{"compare", "", "store through MAP_PRIVATE and MAP_SHARED, and see what the file holds"},
		{"append", "[FILE TEXT]", "make a file longer and fill the new part through a mapping"},
		{"copy", "[SRC DST]", "copy a file from one mapping to another"},
		{"counter", "[init|increment|show FILE]", "count in a shared mapping, from many processes at once"},
		{"cow", "[FILE]", "watch a page of a private mapping become a copy"},
		{"mistakes", "[NAME…]", "make the usual mistakes, and see what the kernel says to each"},
	}
}

// Common are the options that every program has.
type Common struct {
	JSON  bool   // one Report instead of text
	Width int    // columns of the text; 0: 80
	Dir   string // where the program makes files of its own; "": the current directory
	// Self is the command line of this very program, for processes that run
	// Child: it is followed by the arguments that Child gets. Needed by
	// Mistakes and by increments of several processes.
	Self []string
}

// ErrUnexpected says that the system did not do what the program is there to
// show. The report says what it did instead.
var ErrUnexpected = errors.New("something did not go as it should; see the lines marked UNEXPECTED")

// play runs a program and writes its report.
func (c Common) play(w io.Writer, name string, run func(*script) error) error {
	s := newScript(w, name, c)
	err := memfault.Catch(func() error { return run(s) }) // a device may fail under any load
	if err == nil && s.unexpected {
		err = ErrUnexpected
	}
	if writing := s.finish(err); writing != nil {
		err = errors.Join(err, fmt.Errorf("write the report: %w", writing))
	}
	return err
}

func (c Common) dir() string {
	if c.Dir == "" {
		return "."
	}
	return c.Dir
}
