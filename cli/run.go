//go:build linux && !386 && !arm

package cli

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/experiment"
	"mmapbench/report"
	"mmapbench/results"
)

// runOptions are the flags of run, but for the lists of levels: see addLevels.
type runOptions struct {
	targets, exec, files    []string
	trace                   string
	labels                  []string
	rounds                  int
	budget                  time.Duration
	seed                    uint64
	dropCaches, dropDecided bool
	measure                 results.Measure
	dryRun, quiet           bool
	resume, baseline        string
	command                 commandOptions
	output                  outputOptions
}

func (a *app) runCommand() *cobra.Command {
	o := &runOptions{}
	c := &cobra.Command{
		Use:   "run [EXPERIMENT]",
		Short: "Run an experiment: quick (the default), full, or a TOML file",
		Long: `run makes a plan, says what it will read and write and how long it will take,
and carries it out. The answer and a table per workload go to standard output,
with --detail all that is known; the run file and the charts go to results/.
Datasets stay in mmapbench.d/ of the target for the next run; "mmapbench clean"
removes them.

Flags that name factors take lists and replace the experiment's own.`,
		Example: `  mmapbench run
  mmapbench run --budget 30s --workload random --record 4k,16k
  mmapbench run --backend pread,mmap:private,populate,mmap:advise=random
  mmapbench run full --target sd=/mnt/sd --target nvme=/mnt/nvme
  mmapbench run my.toml --dry-run
  mmapbench run --exec 'grep=grep -c x big.log' --exec 'rg=rg -c x big.log' --file big.log
  mmapbench run --exec 'cmp=cmp a b' --exit-codes 0,1 --prepare 'cp a b' --file a --output null
  mmapbench run --baseline main
  mmapbench run --resume results/20260102T030405Z-full.jsonl`,
		Args:              arguments(0, 1, "at most one experiment"),
		ValidArgsFunction: completeNames(experiment.Builtin),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.checkBaseline(c); err != nil {
				return err
			}
			if o.resume != "" {
				return a.resume(c, args, o)
			}
			e, err := a.experiment(c.Flags(), args, o)
			if err != nil {
				return err
			}
			return a.start(e, o)
		},
	}
	o.addFlags(c.Flags())
	a.completeFactors(c)
	completeCommands(c)
	completeBaselines(c, "baseline")
	o.output.complete(c)
	return c
}

// addFlags adds those of run.
func (o *runOptions) addFlags(f *pflag.FlagSet) {
	o.addFactorFlags(f, experiment.Builtin()...)
	f.StringArrayVar(&o.exec, "exec", nil,
		"measure this command instead of workloads, as `name=command`; may be repeated, to compare several")
	o.command.addFlags(f)
	o.addFlow(f, experiment.Builtin()...)
	f.StringVar(&o.baseline, "baseline", "",
		"keep the run under this `name` in the folder of --out, for compare --baseline")
	f.StringVar(&o.resume, "resume", "", "go on with a run `file` where it stopped")
	o.output.addFlags(f, report.ChartKinds, mainCharts)
	o.output.addDetail(f)
	f.StringVar(&o.output.dir, "out", resultsDir, "put the run file and the charts into this `directory`")
}

// addFactorFlags adds those that say what is measured. builtin are the experiments
// whose defaults are told.
func (o *runOptions) addFactorFlags(f *pflag.FlagSet, builtin ...string) {
	for _, factor := range results.Listed() {
		usage := factor.Usage
		if factor.Key == "size" {
			usage += defaults(defaultSize, builtin...)
		}
		f.StringArrayP(factor.Key, factor.Short, nil, usage)
	}
	f.StringArrayVarP(&o.targets, "target", "t", nil, targetUsage)
	f.StringVar(&o.trace, "trace", "", "replay the accesses in this `file` (workload replay): the output of strace -f "+
		"-y -ttt, of fio --write_iolog, or of mmapbench record")
	f.StringArrayVar(&o.files, "file", nil,
		"bring this `file` of the commands into the cache states before each trial; may be repeated")
}

// addFlow adds those that say how often, how long, in which order and how it is measured.
func (o *runOptions) addFlow(f *pflag.FlagSet, builtin ...string) {
	f.IntVarP(&o.rounds, "rounds", "n", 0, "try every arm so often at most"+defaults(defaultRounds, builtin...))
	f.DurationVar(&o.budget, "budget", 0, "go on for so long at most, such as 30s"+defaults(defaultBudget, builtin...))
	f.Uint64Var(&o.seed, "seed", 0, fmt.Sprintf("derive the order of the trials and the random accesses "+
		"from this number (default: the experiment's, or %d)", experiment.DefaultSeed))
	f.StringArrayVar(&o.labels, "label", nil,
		"keep this `key=value` with the run, such as commit=1f3c09a,n=1234; may be repeated")
	f.BoolVar(&o.dropDecided, "drop-decided", false, "leave out of further rounds what is decided: backends "+
		"that are at least a tenth slower than the fastest, or known to 2% (default: the experiment's; of gate always)")
	f.BoolVar(&o.dropCaches, "drop-caches", false, "make cold by dropping every cache of this host (needs root)")
	for _, option := range results.Options {
		switch p := option.Field(&o.measure).(type) {
		case *bool:
			f.BoolVar(p, option.Key, false, option.Usage)
		case *string:
			f.StringVar(p, option.Key, option.Default.(string), option.Usage)
		case *int:
			f.IntVar(p, option.Key, 0, option.Usage)
		case *float64:
			f.Float64Var(p, option.Key, 0, option.Usage)
		case *time.Duration:
			least, _ := option.Default.(time.Duration)
			f.DurationVar(p, option.Key, least, option.Usage)
		}
	}
	f.BoolVar(&o.dryRun, "dry-run", false, "print the plan, write nothing, and stop")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print neither the plan nor the progress on standard error")
}

// experiment loads the experiment named on the command line and lets the flags
// that were given replace its levels.
func (a *app) experiment(f *pflag.FlagSet, args []string, o *runOptions) (*experiment.Experiment, error) {
	if err := o.output.check(); err != nil {
		return nil, err
	}
	name := experiment.Quick
	if len(o.exec) > 0 {
		name = experiment.Commands
	}
	if len(args) > 0 {
		name = args[0]
	}
	e, err := experiment.Load(name)
	if err != nil {
		return nil, err
	}
	if path := cmp.Or(o.trace, e.Trace); path != "" {
		if err := a.replay(path, nil); err != nil {
			return nil, err
		}
	}
	if experiment.IsFile(name) {
		if err := e.Validate(a.catalogue); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	given, err := a.givenLevels(f)
	if err != nil {
		return nil, err
	}
	if err := o.replays(f, given); err != nil {
		return nil, err
	}
	if err := asFlags(experiment.CheckFactors(a.catalogue, given)); err != nil {
		return nil, err
	}
	if err := o.commands(f, e, given); err != nil {
		return nil, err
	}
	if e.Replace(given); len(given) > 0 {
		e.About = "with levels of the command line" // what the experiment says may hold no more
	}
	if f.Changed("rounds") {
		if e.Rounds = o.rounds; o.rounds == 0 { // which in an experiment is the default
			return nil, errors.New("--rounds: 0 must be at least 1")
		}
		e.DropDecided = false // who says how many wants all of them
	}
	if f.Changed("drop-decided") {
		e.DropDecided = o.dropDecided
	}
	if f.Changed("budget") {
		if e.Budget = experiment.Duration(o.budget); o.budget <= 0 {
			return nil, fmt.Errorf("--budget: %v must be more than nothing", o.budget)
		}
	}
	if f.Changed("seed") {
		e.Seed = &o.seed
	}
	labels, err := results.ParseLabels(o.labels)
	if err != nil {
		return nil, fmt.Errorf("--label: %w", err)
	}
	if e.Label == nil {
		e.Label = map[string]string{}
	}
	maps.Copy(e.Label, labels)
	if f.Changed("drop-caches") {
		e.DropCaches = o.dropCaches
	}
	return e, o.measures(f, e)
}

// commands takes over the commands and their files.
func (o *runOptions) commands(f *pflag.FlagSet, e *experiment.Experiment, given experiment.Factors) error {
	way, err := o.command.given(f)
	if err != nil {
		return err
	}
	e.Way = way.Over(e.Way)
	if len(o.files) > 0 {
		e.Files = o.files
	}
	if len(o.exec) > 0 {
		e.Commands = nil
	}
	for _, text := range o.exec {
		c, err := experiment.ParseCommand(text)
		if err != nil {
			return fmt.Errorf("--exec: %w", err)
		}
		e.Commands = append(e.Commands, c)
	}
	if len(e.Commands) > 0 {
		return o.onlyCache(given)
	}
	if keys := e.Way.Given(); len(keys) > 0 {
		return fmt.Errorf("--%s is for commands: give them with --exec", keys[0])
	}
	if len(e.Files) > 0 {
		return errors.New("--file names the files of commands: give the commands with --exec")
	}
	return nil
}

// onlyCache refuses the factors that commands do not have.
func (o *runOptions) onlyCache(given experiment.Factors) error {
	var names []string
	wrong := len(o.targets) > 0
	for _, factor := range results.Listed() {
		if factor.Key != "cache" {
			names = append(names, factor.Key)
			wrong = wrong || len(given[factor.Key]) > 0
		}
	}
	if !wrong {
		return nil
	}
	return fmt.Errorf("a command has no %s or target of ours: of the factors it takes --cache alone",
		strings.Join(names, ", "))
}

// measures takes over the flags that say how it is measured.
func (o *runOptions) measures(f *pflag.FlagSet, e *experiment.Experiment) error {
	for _, option := range results.Options {
		if !f.Changed(option.Key) {
			continue
		}
		switch v := option.Value(&o.measure).(type) {
		case string:
			if v == "" {
				return fmt.Errorf("--%s: want %s", option.Key, strings.Join(option.Levels, ", "))
			}
		case time.Duration, float64, int:
			if option.Zero(&o.measure) {
				return fmt.Errorf("--%s: %v must be positive", option.Key, v)
			}
		}
		option.Copy(&e.Measure, o.measure)
	}
	if f.Changed("duration") && !f.Changed("budget") {
		e.Budget = 0 // that of the experiment is for short trials
	}
	return asFlags(e.Check())
}

// asGiven names a flag in the place of a key if the flag was given, and the experiment
// does not say the same by that key.
func (o *runOptions) asGiven(err error) error {
	k, ok := errors.AsType[*experiment.KeyError](err)
	if ok && (slices.Contains(o.command.way.Given(), k.Key) || k.Key == "file" && len(o.files) > 0) {
		return asFlags(err)
	}
	return err
}

// asFlags names the flags in the place of the keys of an experiment.
func asFlags(err error) error {
	var all []error
	for _, e := range experiment.Errors(err) {
		if k, ok := errors.AsType[*experiment.KeyError](e); ok {
			e = fmt.Errorf("--%s: %w", k.Key, k.Err)
		}
		all = append(all, e)
	}
	return errors.Join(all...)
}
