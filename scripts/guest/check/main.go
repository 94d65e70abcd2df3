// Command check says whether a run file of the emulated guest is what
// scripts/guest/run.sh expects: the page size that was asked for, every trial
// done and its bytes checked, and an error only where one was injected.
//
// It names every trial that is wrong.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"mmapbench/results"
)

func main() {
	want := expectation{errors: map[string]string{}}
	flag.Int64Var(&want.pageSize, "page", 0, "page size that the run must have recorded")
	flag.StringVar(&want.model, "model", "", "machine model that the run must have recorded")
	flag.Func("error", "trials that must fail, as `workload/backend=kind`; may be repeated", func(s string) error {
		arm, kind, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("want workload/backend=kind")
		}
		want.errors[arm] = kind
		return nil
	})
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: check [flags] RUNFILE")
		os.Exit(2)
	}
	run, err := results.Read(flag.Arg(0))
	if err == nil {
		err = want.check(run)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s:\n%v\n", flag.Arg(0), err)
		os.Exit(1)
	}
	fmt.Printf("%s: %d trials as expected\n", flag.Arg(0), len(run.Trials))
}

type expectation struct {
	pageSize int64
	model    string
	errors   map[string]string // kind by workload/backend
}

func (e *expectation) check(run *results.Run) error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if got := run.Header.Host.Machine.PageSize; got != e.pageSize {
		wrong("page size %d, want %d", got, e.pageSize)
	}
	if got := run.Header.Host.Machine.Model; got != e.model {
		wrong("model %q, want %q", got, e.model)
	}
	plan := run.Header.Plan
	if n := len(plan.Arms) * plan.Rounds; n == 0 || len(run.Trials) != n {
		wrong("%d trials, want %d arms x %d rounds", len(run.Trials), len(plan.Arms), plan.Rounds)
	}
	if run.End == nil || run.End.Status != results.EndComplete {
		wrong("the run did not complete: %+v", run.End)
	}
	for _, t := range run.Trials {
		if err := e.trial(plan.Arms[t.Arm], t); err != nil {
			wrong("round %d, %+v: %w", t.Round, plan.Arms[t.Arm], err)
		}
	}
	return errors.Join(errs...)
}

func (e *expectation) trial(arm results.Arm, t results.Trial) error {
	kind, fails := e.errors[arm.Workload+"/"+arm.Backend]
	switch {
	case fails && (t.Error == nil || t.Error.Kind != kind):
		return fmt.Errorf("error %+v, want one of kind %q", t.Error, kind)
	case fails:
		return nil
	case t.Error != nil:
		return fmt.Errorf("%s: %s", t.Error.Kind, t.Error.Text)
	case t.Check == nil || !t.Check.OK:
		return fmt.Errorf("bytes not checked: %+v", t.Check)
	case t.Excluded != "":
		return fmt.Errorf("excluded: %s", t.Exclusion())
	}
	return nil
}
