//go:build linux && !386 && !arm

package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/experiment"
	"mmapbench/results"
)

// runOptions are the flags of run. Those that name factors replace the levels
// of the experiment; see apply.
type runOptions struct {
	workload, backend, size, record, ops []string
	consumer, cache, durability          []string
	targets, exec, files                 []string
	rounds                               int
	budget                               time.Duration
	seed                                 uint64
	latency                              string
	duration                             time.Duration
	cooldown                             float64
	noCounters, phaseCounters, smaps     bool
	dropCaches, dryRun, quiet            bool
	resume, baseline                     string
	command                              commandOptions
	output                               outputOptions
}

func (a *app) runCommand() *cobra.Command {
	o := &runOptions{}
	c := &cobra.Command{
		Use:   "run [EXPERIMENT]",
		Short: "Run an experiment: quick (the default), full, or a TOML file",
		Long: `run makes a plan, says what it will read and write and how long it will take,
and carries it out. Tables and a closing paragraph go to standard output; the
run file and the charts go to results/. Datasets stay in mmapbench.d/ of the
target for the next run; "mmapbench clean" removes them.

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
	f.StringArrayVar(&o.exec, "exec", nil, "measure this command instead of workloads, as `name=command`; may be repeated, to compare several")
	o.command.addFlags(f)
	o.addFlow(f, experiment.Builtin()...)
	f.StringVar(&o.latency, "latency", results.LatencyModes[0], "time single accesses in this `mode`: auto (as many as cost less than 1 %), on (all) or off")
	f.DurationVar(&o.duration, "duration", 0, "let every trial last so long, such as 30s, and report by the second; for workloads that only read")
	f.BoolVar(&o.phaseCounters, "phase-counters", false, "count by phase in cold and writing trials too; what setup has begun then goes on untimed while the counters are read")
	f.BoolVar(&o.smaps, "smaps", false, "count huge pages of files in page tables as well (the kernel walks the page tables for it)")
	f.BoolVar(&o.noCounters, "no-counters", false, "read no counters but getrusage and the devices' (see mmapbench list metrics)")
	f.StringVar(&o.baseline, "baseline", "", "keep the run under this `name` in the folder of --out, for compare --baseline")
	f.StringVar(&o.resume, "resume", "", "go on with a run `file` where it stopped")
	o.output.addFlags(f)
	f.StringVar(&o.output.dir, "out", resultsDir, "put the run file and the charts into this `directory`")
}

// addFactorFlags adds those that say what is measured. builtin are the experiments
// whose defaults are told.
func (o *runOptions) addFactorFlags(f *pflag.FlagSet, builtin ...string) {
	f.StringArrayVarP(&o.workload, "workload", "w", nil, "the workloads to try, as a `list`: seqscan,random,… (see mmapbench list workloads)")
	f.StringArrayVarP(&o.backend, "backend", "b", nil, "the backends to try, with options, as a `list`: pread,mmap:private,populate (see mmapbench list backends)")
	f.StringArrayVar(&o.size, "size", nil, "try files of these sizes, as a `list`: 64M,256M, or auto, which follows the device's speed"+defaults(defaultSize, builtin...))
	f.StringArrayVar(&o.record, "record", nil, "access so many bytes at once, as a `list`: 4k,64k,1M")
	f.StringArrayVar(&o.ops, "ops", nil, "make so many random accesses in a trial, as a `list` of counts, all or auto")
	f.StringArrayVar(&o.consumer, "consumer", nil, "what to do with the bytes, as a `list`: touch,sum,copy")
	f.StringArrayVar(&o.cache, "cache", nil, "which cache states to bring about, as a `list`: cold,cached,mapped,drop-caches,device-cold")
	f.StringArrayVar(&o.durability, "durability", nil, "what writes must achieve, as a `list`: none,data")
	f.StringArrayVarP(&o.targets, "target", "t", nil, targetUsage)
	f.StringArrayVar(&o.files, "file", nil, "bring this `file` of the commands into the cache states before each trial; may be repeated")
}

// addFlow adds those that say how often, how long and in which order.
func (o *runOptions) addFlow(f *pflag.FlagSet, builtin ...string) {
	f.IntVarP(&o.rounds, "rounds", "n", 0, "try every arm so often at most"+defaults(defaultRounds, builtin...))
	f.DurationVar(&o.budget, "budget", 0, "go on for so long at most, such as 30s"+defaults(defaultBudget, builtin...))
	f.Uint64Var(&o.seed, "seed", 0, fmt.Sprintf("derive the order of the trials and the random accesses from this number (default: the experiment's, or %d)", experiment.DefaultSeed))
	f.BoolVar(&o.dropCaches, "drop-caches", false, "make cold by dropping every cache of this host (needs root)")
	f.Float64Var(&o.cooldown, "cooldown", 0, "begin no round while the machine is hotter than so many `degrees` Celsius")
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
	if experiment.IsFile(name) && !e.IsExec() {
		if err := e.Validate(a.catalogue); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	given, err := a.factors(o)
	if err != nil {
		return nil, err
	}
	if err := o.commands(f, e, given); err != nil {
		return nil, err
	}
	e.Replace(given)
	if f.Changed("rounds") {
		if e.Rounds = o.rounds; o.rounds == 0 { // which in an experiment is the default
			return nil, errors.New("--rounds: 0 must be at least 1")
		}
	}
	if f.Changed("budget") {
		if e.Budget = experiment.Duration(o.budget); o.budget <= 0 {
			return nil, fmt.Errorf("--budget: %v must be more than nothing", o.budget)
		}
	}
	if f.Changed("seed") {
		e.Seed = &o.seed
	}
	e.DropCaches = e.DropCaches || o.dropCaches
	return e, o.measures(f, e)
}

// commands takes over the commands and their files.
func (o *runOptions) commands(f *pflag.FlagSet, e *experiment.Experiment, given experiment.Factors) error {
	way, err := o.command.given(f)
	if err != nil {
		return err
	}
	e.Way = way.Over(e.Way)
	if keys := e.Way.Given(); len(keys) > 0 && !e.IsExec() && len(o.exec) == 0 {
		return fmt.Errorf("--%s is for commands: give them with --exec", keys[0])
	}
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
	if len(e.Files) > 0 && !e.IsExec() {
		return errors.New("--file names the files of commands: give the commands with --exec")
	}
	given.Cache = nil
	if e.IsExec() && !slices.Equal([]int{len(given.Workload), len(given.Backend), len(given.Size), len(given.Record), len(given.Ops),
		len(given.Consumer), len(given.Durability), len(o.targets)}, make([]int, 8)) {
		return errors.New("a command has no workload, backend, size, record, accesses, consumer, durability or target of ours: of the factors it takes --cache alone")
	}
	return nil
}

// measures takes over the flags that say what is measured beside the times.
func (o *runOptions) measures(f *pflag.FlagSet, e *experiment.Experiment) error {
	if f.Changed("latency") {
		if e.Latency = o.latency; o.latency == "" {
			return fmt.Errorf("--latency: want %s", strings.Join(results.LatencyModes, ", "))
		}
	}
	if f.Changed("duration") {
		if e.Duration = experiment.Duration(o.duration); o.duration <= 0 {
			return fmt.Errorf("--duration: %v must be more than nothing", o.duration)
		}
		if !f.Changed("budget") {
			e.Budget = 0 // that of the experiment is for short trials
		}
	}
	if f.Changed("cooldown") {
		if e.Cooldown = o.cooldown; o.cooldown <= 0 {
			return fmt.Errorf("--cooldown: %v must be a temperature in degrees Celsius", o.cooldown)
		}
	}
	return asFlags(e.Check())
}

// factors reads the lists given as flags.
func (a *app) factors(o *runOptions) (experiment.Factors, error) {
	var errs []error
	list := func(flag string, given []string, split func(string) (experiment.List, error)) experiment.List {
		var out experiment.List
		for _, text := range given {
			l, err := split(text)
			if err != nil {
				errs = append(errs, fmt.Errorf("--%s: %w", flag, err))
			}
			out = append(out, l...)
		}
		return out
	}
	f := experiment.Factors{
		Workload:   list("workload", o.workload, experiment.SplitList),
		Backend:    list("backend", o.backend, a.splitBackends),
		Size:       list("size", o.size, experiment.SplitList),
		Record:     list("record", o.record, experiment.SplitList),
		Ops:        list("ops", o.ops, experiment.SplitList),
		Consumer:   list("consumer", o.consumer, experiment.SplitList),
		Cache:      list("cache", o.cache, experiment.SplitList),
		Durability: list("durability", o.durability, experiment.SplitList),
	}
	if len(errs) > 0 {
		return f, errors.Join(errs...)
	}
	return f, asFlags(experiment.CheckFactors(a.catalogue, f))
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
