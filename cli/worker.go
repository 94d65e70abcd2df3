//go:build linux && !386 && !arm

package cli

import "mmapbench/harness"

// work is one trial, where this is the process of one: its specification comes as JSON
// on standard input. That is found out before there are commands: to make them all takes
// longer than many a trial, and would be paid by each.
func (a *app) work(args []string) (is bool, err error) {
	if len(args) == 0 || args[0] != harness.WorkerWord {
		return false, nil
	}
	return true, harness.Serve(args[1:], a.in, a.out, a.catalogue)
}
