//go:build linux && !386 && !arm

package cli

import (
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"

	"mmapbench/harness"
)

// self is a command line of this very program, even if its file was replaced or
// removed meanwhile ("go run" and upgrades do that): the link is resolved in the
// child. Where there is no /proc the program is looked for by the name that it was
// started by.
func self(args ...string) []string {
	const link = "/proc/self/exe"
	path := link
	if unix.Access(link, unix.X_OK) != nil {
		for _, find := range []func() (string, error){os.Executable, func() (string, error) { return exec.LookPath(os.Args[0]) }} {
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

// checkWorker refuses, before anything is written, where no worker can be started.
func checkWorker() error {
	if err := harness.CheckWorker(self("worker")); err != nil {
		return &exitError{ExitInvalid, err}
	}
	return nil
}
