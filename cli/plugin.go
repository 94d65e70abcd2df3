package cli

import (
	"errors"
	"fmt"
	"strings"

	"mmapbench/internal/plain"
	"mmapbench/results"
)

// showOnce shows what does not fit into a table: the stack of the first panic,
// and the end of what a workload printed. Either is in the run file too.
func (a *app) showOnce(run *results.Run, err error) {
	var stack, said, who string
	if e, ok := errors.AsType[*results.TrialError](err); ok {
		stack = e.Stack
	}
	if run == nil {
		run = &results.Run{}
	}
	for _, t := range run.Trials {
		if stack == "" && t.Error != nil {
			stack = t.Error.Stack
		}
		if said == "" {
			said, who = t.Said, run.Header.Plan.Arms[t.Arm].Workload
		}
	}
	if stack != "" {
		fmt.Fprintf(a.err, "The first panic, with its stack:\n%s\n", indented(stack))
	}
	if said != "" {
		fmt.Fprintf(a.err, "The workload %s printed while it was measured, which takes time of its own. "+
			"The end of it, in the first trial that printed:\n%s\n", who, indented(lastLines(said, 5)))
	}
}

func lastLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// indented sets a text off, line by line.
func indented(text string) string {
	return "    " + strings.ReplaceAll(plain.Text(text), "\n", "\n    ")
}
