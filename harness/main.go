package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"mmapbench/workloads"
)

// WorkerWord is the argument by which this program is started as a worker.
const WorkerWord = "worker"

// WorkerMain makes this process a worker if it was started as one, and then does not
// return. A program that carries out plans calls it first in main: each trial is a
// process of its own, and that process is the same program. What the catalogue of the
// program has, its workers have.
func WorkerMain(c workloads.Catalogue) {
	if len(os.Args) < 2 || os.Args[1] != WorkerWord {
		return
	}
	if err := Serve(os.Args[2:], os.Stdin, os.Stdout, c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}

// Serve is what a worker does with its arguments: one trial, or to say which protocol
// it speaks. A trial's answer does not go to out, which the workload may write to, but
// to a descriptor of the worker's own.
func Serve(args []string, in io.Reader, out io.Writer, c workloads.Catalogue) error {
	if slices.Contains(args, ProtocolFlag) {
		return json.NewEncoder(out).Encode(Speaks())
	}
	answer, err := ownAnswer()
	if err != nil {
		return err
	}
	return Work(in, answer, c)
}

// Self is a command line of this very program, even if its file was replaced or
// removed meanwhile ("go run" and upgrades do that): the link is resolved in the
// child. Where there is no /proc the program is looked for by the name that it was
// started by.
func Self(args ...string) []string {
	const link = "/proc/self/exe"
	path := link
	if unix.Access(link, unix.X_OK) != nil {
		named := func() (string, error) { return exec.LookPath(os.Args[0]) }
		for _, find := range []func() (string, error){os.Executable, named} {
			found, err := find()
			if err == nil {
				found, err = filepath.Abs(found)
			}
			if err == nil && unix.Access(found, unix.X_OK) == nil {
				path = found
				break
			}
		}
	}
	return append([]string{path}, args...)
}

// SelfWorker is the command line of a worker of this very program.
func SelfWorker() []string { return Self(WorkerWord) }
