package harness

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/results"
)

// firstHandle is the descriptor of the first of the handles in the worker, behind
// input, output and errors (os/exec.Cmd.ExtraFiles).
const firstHandle = 3

// A worker is handed the target's folder as an open directory and never looks it
// up by path: whoever may write to the target directory may put a symbolic link
// there at any time, and a worker of root's would follow. The folder becomes the
// working directory, in which the files are plain names.

// hand gives the trial its target's folder, names the file that the trial makes,
// and gives it the folders whose debt it has to wait for: those of trials before
// it, on whatever target, as two may share a device; and its own, as its rehearsal
// makes a file too.
func (s *state) hand(spec *Spec, a results.Arm) error {
	dir, err := s.target(a.Target)
	if err != nil {
		return err
	}
	spec.Folder, spec.handles = dir.Path(), []*dataset.Dir{dir}
	if a.Durability != "" {
		spec.Out = outFile
		if err := dir.Scratch(outFile); err != nil {
			return err
		}
		s.debt[a.Target] = dir
	}
	for _, name := range slices.Sorted(maps.Keys(s.debt)) {
		spec.Settle = append(spec.Settle, s.debt[name].Path())
		spec.handles = append(spec.handles, s.debt[name])
	}
	if a.Durability == "" {
		clear(s.debt)
	}
	return nil
}

func (s *state) target(name string) (*dataset.Dir, error) {
	for _, t := range s.Targets {
		if t.Name == name {
			return t.Dir, nil
		}
	}
	return nil, fmt.Errorf("target %q is not open", name)
}

// handed returns the handles for a worker process. closeAll gives them back, also
// after an error.
func (s *Spec) handed() (files []*os.File, closeAll func(), err error) {
	closeAll = func() {
		for _, f := range files {
			f.Close()
		}
	}
	for _, d := range s.handles {
		f, err := d.Handle()
		if err != nil {
			return files, closeAll, err
		}
		files = append(files, f)
	}
	if s.Command != "" { // it has no folder
		files, err = s.streams()
	}
	if s.recorded != nil && err == nil {
		var fd int
		fd, err = unix.FcntlInt(s.recorded.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		s.Trace.Handle = firstHandle + len(files)
		files = append(files, os.NewFile(uintptr(fd), s.recorded.Name()))
	}
	return files, closeAll, err
}

// enter makes the folder the working directory. A command has none: it runs where
// the user is, and finds the user's files by their paths.
func (s *Spec) enter() error {
	if s.Folder == "" {
		return nil
	}
	for i := range 1 + len(s.Settle) {
		unix.CloseOnExec(firstHandle + i)
	}
	if err := unix.Fchdir(firstHandle); err != nil {
		return fmt.Errorf("enter the folder %s, which should have been handed on as descriptor %d: %w", s.Folder,
			firstHandle, err)
	}
	return nil
}

// unsettled opens the folder number i of Settle.
func (s *Spec) unsettled(i int) (*os.File, error) {
	if s.Folder == "" {
		return os.OpenFile(s.Settle[i], unix.O_DIRECTORY, 0)
	}
	return os.NewFile(uintptr(firstHandle+1+i), s.Settle[i]), nil
}

// path returns the path of a file in the folder, for people; "" of no file.
func (s *Spec) path(name string) string {
	if name == "" {
		return ""
	}
	return filepath.Join(s.Folder, name)
}

// located says in which folder an error is, where names have no path.
func (s *Spec) located(err error) string {
	if s.Folder == "" {
		return err.Error()
	}
	return fmt.Sprintf("in %s: %v", s.Folder, err)
}

// removeOut removes the file that a lap has made in the working directory.
func removeOut(name string) error {
	if name == "" {
		return nil
	}
	if err := unix.Unlink(name); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("remove the trial's output: %w", err)
	}
	return nil
}

// What a worker that runs commands is handed in the place of folders, for a command that
// inherits its output.
const (
	outHandle = firstHandle
	errHandle = firstHandle + 1
)

// handCommand gives the trial its command. Whether the command before it wrote is not
// known: each settles.
func (s *state) handCommand(spec *Spec, c results.Command) {
	spec.Command, spec.Files, spec.Way = c.Line, c.Files, c.Way
	for _, t := range s.Plan.Targets {
		spec.Settle = append(spec.Settle, t.Dir)
	}
}

// streams returns the handles of a command's worker.
func (s *Spec) streams() (files []*os.File, err error) {
	if s.Way.Output != results.OutputInherit {
		return nil, nil
	}
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return files, fmt.Errorf("hand on %s: %w", f.Name(), err)
		}
		files = append(files, os.NewFile(uintptr(fd), f.Name()))
	}
	return files, nil
}

// keepHandles keeps the handles of a command's worker from the command.
func (s *Spec) keepHandles() {
	if s.Way.Output == results.OutputInherit {
		unix.CloseOnExec(outHandle)
		unix.CloseOnExec(errHandle)
	}
}
