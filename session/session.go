//go:build linux && !386 && !arm

// Package session carries out a plan from the first line of its run file to the last:
// the facts of the machine, the rounds, the looks of a gate. It also goes on with a run
// that stopped.
package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"mmapbench/analysis"
	"mmapbench/harness"
	"mmapbench/internal/host"
	"mmapbench/internal/plain"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/target"
	"mmapbench/workloads"
)

// Request is what is to be carried out.
type Request struct {
	Plan      *results.Plan
	Labels    results.Labels // what the user says of the run
	Catalogue workloads.Catalogue
	Targets   []*target.Target // those of the plan, open; commands have none
	Dir       string           // the folder for the run file
	Resume    *results.Paused  // the file to go on with; nil: a new one is made

	// Worker is the command line of a worker; nil: this program, whose main begins
	// with harness.WorkerMain. Workers are those of sides of a gate, where a side has
	// one of its own.
	Worker  []string
	Workers map[string][]string

	Tool  results.Tool        // which measures; zero: this program
	Began time.Time           // when the budget began to run; zero: now
	Tell  func(harness.Event) // is told how far the run is; may be nil
	// Stop ends the run with the running trial, or a second later, when it is closed.
	// A context that is done ends the run at once.
	Stop <-chan struct{}
}

// Outcome is how a run ended.
type Outcome struct {
	Path string // where the run file is; "": there is none
	End  results.End
	Host host.Facts
}

// Run carries out a plan. What was measured is in the run file, whatever the error.
func Run(ctx context.Context, q Request) (out Outcome, err error) {
	if q.Began.IsZero() {
		q.Began = time.Now()
	}
	if q.Tool == (results.Tool{}) {
		q.Tool = results.ThisTool("devel")
	}
	if q.Worker == nil {
		q.Worker = harness.SelfWorker()
	}
	out.Host = target.Facts(q.Plan.Targets)
	w, err := q.file(out.Host)
	if err != nil {
		return out, err
	}
	out.Path = w.Path()
	r := &harness.Runner{Plan: q.Plan, Catalogue: q.Catalogue, Targets: q.Targets, Worker: q.Worker, Workers: q.Workers,
		Writer: w, Host: out.Host, Began: q.Began, Tell: q.Tell}
	if q.Resume != nil {
		r.Done = q.Resume.Run.Trials
	}
	if q.Resume != nil {
		r.Dropped = q.Resume.Run.Dropped
	}
	r.Review = func(rounds int) ([]int, bool, error) {
		if !schedule.Reviewed(q.Plan, rounds) {
			return nil, false, nil
		}
		return review(out.Path)
	}
	out.End, err = r.Run(ctx, q.Stop)
	return out, err
}

// file begins the run file, or goes on with one.
func (q *Request) file(facts host.Facts) (*results.Writer, error) {
	argv := plain.Lines(os.Args)
	if q.Resume != nil {
		return q.Resume.Resume(results.Resume{Tool: q.Tool, Command: argv, Started: q.Began, Host: facts})
	}
	h := results.Header{Tool: q.Tool, Command: argv, Started: q.Began, Labels: q.Labels,
		Plan: *q.Plan, Host: facts, Metrics: harness.Metrics(q.Plan, facts),
		Warnings: harness.HostWarnings(facts, q.Plan, q.Dir)}
	for _, t := range q.Targets {
		h.Checks, h.Warnings = append(h.Checks, t.Checks...), append(h.Warnings, t.Warnings...)
	}
	return results.CreateIn(q.Dir, h)
}

// review says which arms are tried no more, as what they are compared for is decided,
// and whether a gate may end: what decides is what the run file holds.
func review(path string) (drop []int, over bool, err error) {
	summary, err := analysis.Read(path, analysis.Times)
	if err != nil {
		return nil, false, err
	}
	if summary.Header.Plan.Gate == nil {
		return summary.Decided(), false, nil
	}
	judged, err := analysis.Gate(summary, false)
	if err != nil {
		return nil, false, err
	}
	if summary.Header.Plan.DropDecided {
		drop = judged.Decided()
	}
	return drop, judged.Final, nil
}

// An ElsewhereError says why a run cannot go on here: on this machine and its targets.
type ElsewhereError struct{ Why []string }

func (e *ElsewhereError) Error() string { return strings.Join(e.Why, "; ") }

// ResumesHere reports, as an ElsewhereError, what is not as it was when a run began.
func ResumesHere(p *results.Paused) error {
	var gone []string
	for _, t := range p.Plan.Targets {
		switch st, err := os.Stat(t.Dir); {
		case errors.Is(err, os.ErrNotExist):
			gone = append(gone, fmt.Sprintf("target %s: %s does not exist", t.Name, t.Dir))
		case err != nil:
			gone = append(gone, fmt.Sprintf("target %s: %v", t.Name, err))
		case !st.IsDir():
			gone = append(gone, fmt.Sprintf("target %s: %s is not a directory", t.Name, t.Dir))
		}
	}
	if len(gone) > 0 { // no fact of such a target could be compared
		gone[0] = "the run cannot go on here: " + gone[0]
		return &ElsewhereError{gone}
	}
	if diff := host.Differences(p.Run.Header.Host, target.Facts(p.Plan.Targets)); len(diff) > 0 {
		diff[0] = "this is not the machine that the run began on, or it has changed: " + diff[0]
		return &ElsewhereError{diff}
	}
	return nil
}
