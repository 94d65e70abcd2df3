//go:build linux && !386 && !arm

package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/experiment"
	"mmapbench/internal/prose"
	"mmapbench/results"
	"mmapbench/session"
	"mmapbench/target"
)

// gateOptions are the flags of gate.
type gateOptions struct {
	runOptions
	judgeOptions
	base, fresh string
	told        bool // what will be done need not be told again
}

func (a *app) gateCommand() *cobra.Command {
	o := &gateOptions{}
	c := &cobra.Command{
		Use:   "gate [EXPERIMENT] --base X --new Y",
		Short: "Has it become slower? Two sides in one run, and an exit code to trust",
		Long: `gate runs two sides of the same work, interleaved round by round, the base twice:
so that the machine's noise falls on both alike, and a machine too noisy to tell
is found out instead of blamed on the new side. It looks after 12, 24 and 48
rounds, or with --rounds N after N, N/2, N/4 and so on down to 12, and ends as soon
as every comparison is decided.

A side is a program built on mmapbench (an older and a newer build), a target, a
backend with options, or any command: the kind is detected, or forced by
binary:FILE, target:DIR, backend:NAME, exec:COMMAND.

Exit codes: 0 pass, 1 regression, 2 usage or error, 3 inconclusive, 4 the
environment does not allow a statement.`,
		Example: `  mmapbench gate --base ./mmapbench-main --new ./mmapbench
  mmapbench gate --base backend:pread --new backend:mmap:populate --workload seqscan
  mmapbench gate --base target:/mnt/ext4 --new target:/mnt/xfs --budget 5m
  mmapbench gate --base 'exec:./old -q data' --new 'exec:./new -q data' --file data
  mmapbench gate --base 'exec:grep -c x log' --new 'exec:rg -c x log' --file log --exit-codes 0,1
  mmapbench gate --base ./old --new ./new --metric total,faults=10% --format junit > gate.xml`,
		Args:              arguments(0, 1, "at most one experiment"),
		ValidArgsFunction: completeNames(experiment.Builtin),
		RunE: func(c *cobra.Command, args []string) error {
			return a.gate(c.Flags(), args, o)
		},
	}
	o.addFlags(c.Flags())
	a.completeFactors(c)
	completeCommands(c)
	a.completeJudging(c)
	completeValue(c, "base", a.sideCandidates)
	completeValue(c, "new", a.sideCandidates)
	return c
}

func (o *gateOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.base, "base", "", "the `side` to compare with")
	f.StringVar(&o.fresh, "new", "", "the `side` that must not be slower")
	o.runOptions.addFactorFlags(f, experiment.GateWork)
	o.command.addFlags(f)
	o.runOptions.addFlow(f, experiment.GateWork)
	o.judgeOptions.addFlags(f)
	f.StringVar(&o.output.dir, "out", resultsDir, "put the run file into this `directory`")
}

func (a *app) gate(f *pflag.FlagSet, args []string, o *gateOptions) error {
	_, policy, err := o.questions(verdict.Defaults())
	if err != nil {
		return err
	}
	judged, _, err := a.judge(f, args, o)
	if err != nil || judged == nil {
		return err
	}
	return a.conclude(judged, &o.judgeOptions, policy)
}

// judge measures both sides and judges them. A dry run judges nothing.
func (a *app) judge(f *pflag.FlagSet, args []string, o *gateOptions) (c *analysis.Compared, path string, err error) {
	began := time.Now()
	q, _, err := o.questions(verdict.Defaults())
	if err != nil {
		return nil, "", err
	}
	if o.base == "" || o.fresh == "" {
		return nil, "", errors.New("a gate has two sides: give --base and --new")
	}
	s, err := a.parseSides(o.base, o.fresh, o.command.way.Shell)
	if err != nil {
		return nil, "", err
	}
	g := results.Gate{Factor: s.factor, Base: s.base, New: s.fresh}
	for i, m := range q.Metrics {
		if i == 0 {
			g.Tolerance = m.Tolerance
		}
		g.Metrics = append(g.Metrics, results.GateMetric{Name: m.Name, Tolerance: m.Tolerance})
	}
	e, list, err := a.gateExperiment(f, args, o, s)
	if err != nil {
		return nil, "", s.elsewhere(err)
	}
	g.Looks = verdict.LooksUpTo(e.Rounds)
	e.Gate = &g
	v, err := a.outlook(e, list, &o.runOptions, s.understand)
	if err != nil {
		return nil, "", s.elsewhere(err)
	}
	defer target.CloseAll(v.targets)
	if !o.quiet && !o.told || o.dryRun {
		a.announce(v.plan, e.About, v.foreseen)
	}
	if o.dryRun {
		a.announceDry(v.foreseen)
		return nil, "", nil
	}
	out, err := a.session(session.Request{Plan: v.plan, Labels: e.Label, Targets: v.targets, Workers: s.workers,
		Began: began}, &o.runOptions)
	if out.Path != "" && !o.told {
		a.sayPath(out.Path, &o.runOptions)
	}
	switch {
	case err != nil:
		a.showOnce(nil, err)
		return nil, out.Path, err
	case out.End.Status == results.EndInterrupted:
		return nil, out.Path, &exitError{ExitInterrupted,
			errors.New("interrupted: what was measured is kept, and nothing was decided")}
	}
	run, err := results.Read(out.Path)
	if err != nil {
		return nil, out.Path, err
	}
	a.showOnce(run, nil)
	c, err = analysis.Gate(analysis.Summarize(run), true)
	return c, out.Path, err
}

// gateExperiment is the work of a gate, and the targets of the work.
func (a *app) gateExperiment(f *pflag.FlagSet, args []string, o *gateOptions,
	s sides) (*experiment.Experiment, []results.Target, error) {
	o.output.format, o.output.charts, o.output.chartFormat = "table", "none", "png" // the run itself is not rendered
	switch {
	case s.factor == results.GateExec:
		o.exec = []string{results.SideBase + "=" + s.base, results.SideNew + "=" + s.fresh}
	case len(args) == 0:
		args = []string{experiment.GateWork}
	}
	e, err := a.experiment(f, args, &o.runOptions)
	if err != nil {
		return nil, nil, err
	}
	looks := verdict.Defaults().Looks
	e.Rounds = looks[len(looks)-1]
	if f.Changed("rounds") {
		e.Rounds = o.rounds
	}
	e.DropDecided = !f.Changed("drop-decided") || o.dropDecided
	if s.factor != results.GateTarget {
		list, err := chooseTargets(e, &o.runOptions)
		return e, list, err
	}
	if len(o.targets) > 0 {
		return nil, nil, errors.New("the sides are targets: --target has no place beside them")
	}
	list, err := parseTargets([]string{results.SideBase + "=" + s.base, results.SideNew + "=" + s.fresh})
	return e, list, err
}

// announceGate says what is going to happen.
func (a *app) announceGate(p *results.Plan, foreseen []*target.Prospect) {
	g := p.Gate
	var words []string
	for _, n := range g.Looks {
		words = append(words, strconv.Itoa(n))
	}
	fmt.Fprintf(a.err, "Gate: is %s slower than %s? Looks after %s rounds of %s (seed %d).\n",
		g.New, g.Base, prose.List(words), prose.Count(len(p.Arms), "trial"), p.Seed)
	announceCommands(p.Commands, func(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) })
	a.sayLevels(slices.DeleteFunc(slices.Clone(p.Arms), func(x results.Arm) bool {
		return x.Side == results.SideControl
	}))
	sayTrace(p, func(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) })
	for _, l := range p.LeftOut {
		fmt.Fprintf(a.err, "  left out: %s: %s\n", l.Arm, l.Why)
	}
	fmt.Fprintf(a.err, "  %s\n", moved(p, "at most"))
	switch {
	case overBudget(p):
		fmt.Fprintf(a.err, "  at most %s\n", howLong(p))
	case p.Expected == 0:
		fmt.Fprintf(a.err, "  at most %d rounds; %s\n", p.Rounds, howLong(p))
	default:
		fmt.Fprintf(a.err, "  at most %s\n", strings.TrimPrefix(howLong(p), "about "))
	}
	for _, p := range foreseen {
		fmt.Fprintf(a.err, "  the speed of %s %s\n", p.Certain.Name, basis(p))
	}
}
