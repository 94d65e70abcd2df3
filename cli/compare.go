package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/plain"
	"mmapbench/report/comparison"
	"mmapbench/report/document"
	"mmapbench/report/export"
	"mmapbench/results"
)

// comparisonFormats are those in which a comparison can be written.
func comparisonFormats() []string {
	names := slices.Clone(document.Formats)
	for _, f := range export.ComparisonFormats() {
		names = append(names, f.Name)
	}
	return names
}

// renderComparison writes a comparison to standard output.
func (a *app) renderComparison(c *analysis.Compared, format string) error {
	if !slices.Contains(document.Formats, format) {
		return export.Comparison(a.pipe(), format, c)
	}
	options := document.TextOptions{Width: textWidth(a.out), Color: useColor(a.out)}
	return document.Write(a.pipe(), comparison.Document(c), format, options)
}

// compareOptions are the flags of compare.
type compareOptions struct {
	judgeOptions
	by, level, baseline  string
	across               bool
	dir, anchor, history string
}

func (a *app) compareCommand() *cobra.Command {
	o := &compareOptions{}
	c := &cobra.Command{
		Use:   "compare BASE NEW | compare FILE --by FACTOR",
		Short: "Compare runs, or the levels of a factor within one",
		Long: `compare looks at what was measured already. Runs are judged arm by arm: BASE and
NEW are each a file, a list of files or a folder of them. One run a side does not
tell how much runs differ from each other, and that is more than the scatter within
one; so no time is judged (exit 3) but from three runs a side, with eight earlier
runs of the base's plan beside the base, or against an --anchor: an arm that the
change cannot reach, with the others in the same rounds. Counters are judged.

Within a file --by answers a question: which level of a factor is faster, paired by
round, each answer by itself with 95%. Nothing passes or fails, and it exits with 0.

Files of different machines, kernels or file systems are refused (exit 4), unless
--across says that this is the question. A file that gate wrote is judged as gate
does, at its looks.`,
		Example: `  mmapbench compare monday/ tuesday/            # three runs or more in each
  mmapbench compare a1.jsonl,a2.jsonl,a3.jsonl b1.jsonl,b2.jsonl,b3.jsonl
  mmapbench compare monday.jsonl tuesday.jsonl --anchor pread
  mmapbench compare --baseline main latest      # the newest run in results
  mmapbench compare results/latest --by backend
  mmapbench compare results/latest --by cache --base cached --metric faults`,
		Args:              arguments(1, 2, "two sides, or one file with --by FACTOR or --baseline NAME"),
		ValidArgsFunction: completeRuns,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.compare(args, o)
		},
	}
	o.judgeOptions.addFlags(c.Flags())
	f := c.Flags()
	f.StringVar(&o.by, "by", "", "within one file: the `factor` whose levels are compared")
	f.StringVar(&o.level, "base", "", "the `level` that the others are compared with (default: the first of the plan)")
	f.StringVar(&o.baseline, "baseline", "", "compare with the baseline of this `name` (see run --baseline)")
	f.StringVar(&o.anchor, "anchor", "", "judge times by their ratio to this `arm` of the same round: a backend, "+
		"a command or an arm's full name, which the change cannot reach")
	f.StringVar(&o.history, "history", "",
		"take earlier runs of the base's plan from this `directory` (default: that of the base)")
	f.StringVar(&o.dir, "out", resultsDir, "the `directory` that holds the baselines")
	f.BoolVar(&o.across, "across", false, "compare files of different machines all the same")
	a.completeJudging(c)
	completeBaselines(c, "baseline")
	completeLists(c, map[string]func() []string{"by": results.FactorKeys})
	return c
}

func (a *app) compare(args []string, o *compareOptions) error {
	q, policy, err := o.questions(verdict.Defaults())
	if err != nil {
		return err
	}
	if o.baseline != "" {
		path, err := results.Baseline(o.dir, o.baseline)
		if err != nil {
			return err
		}
		args = append([]string{path}, args...)
	}
	switch {
	case len(args) > 2:
		return errors.New("--baseline is the base: give one side beside it")
	case len(args) == 2 && o.by != "":
		return errors.New("--by compares within one file; two were given")
	case len(args) == 2:
		return a.compareSides(args, o, q, policy)
	case o.anchor != "" || o.history != "":
		return errors.New("--anchor and --history are for two sides: give a second file")
	}
	run, _, err := a.readRun(args[0], analysis.Times)
	if err != nil {
		return err
	}
	q.Rules = verdict.OneLook(max(1, run.Rounds()))
	var c *analysis.Compared
	switch {
	case o.by != "":
		c, err = analysis.By(run, o.by, o.level, q)
	case run.Header.Plan.Gate != nil:
		c, err = analysis.Gate(run, true)
	default:
		return fmt.Errorf("give a second file, or --by FACTOR: one of %s", strings.Join(results.FactorKeys(), ", "))
	}
	if err != nil {
		return err
	}
	return a.conclude(c, &o.judgeOptions, policy)
}

// compareSides compares runs of two sides.
func (a *app) compareSides(args []string, o *compareOptions, q analysis.Questions, policy verdict.Policy) error {
	var sides [2]*analysis.Side
	for i, arg := range args {
		paths, err := runsOf(arg)
		if err != nil {
			return err
		}
		sides[i] = &analysis.Side{}
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			sides[i].Folder = plain.Line(arg)
		}
		for _, path := range paths {
			run, path, err := a.readRun(path, analysis.Times)
			if err != nil {
				return err
			}
			sides[i].Names, sides[i].Runs = append(sides[i].Names, plain.Line(path)), append(sides[i].Runs, run)
		}
	}
	files := analysis.FileQuestion{Questions: q, Across: o.across, Anchor: analysis.Anchor(o.anchor)}
	var err error
	if files.Past, err = pastOf(args[0], sides, o.history); err != nil {
		return err
	}
	c, err := analysis.Files(sides[0], sides[1], files)
	if err != nil {
		return err
	}
	return a.conclude(c, &o.judgeOptions, policy)
}

// runsOf lists the run files of a side: a file, a list of them, or those of a folder.
func runsOf(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && !info.IsDir():
		return []string{arg}, nil
	case err != nil:
		return strings.Split(arg, ","), nil
	}
	paths, err := storedFiles([]string{arg})
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("there is no run file (*%s) in %s", results.FileEnding, arg)
	}
	return paths, err
}

// pastOf reads the runs of the base's plan that lie beside a single base, or in dir, but
// for those that are compared. Where dir was not named, what cannot be read there is of no
// account.
func pastOf(base string, sides [2]*analysis.Side, dir string) (past []*analysis.Summary, err error) {
	side := sides[0]
	compared := slices.Concat(side.Runs, sides[1].Runs)
	if len(side.Runs) > 1 && dir == "" {
		return nil, nil
	}
	named := dir != ""
	if !named {
		file, err := runFile(base)
		if err != nil {
			return nil, err
		}
		if dir = filepath.Dir(file); filepath.Base(dir) == results.BaselineDir {
			dir = filepath.Dir(dir)
		}
	}
	paths, err := storedFiles([]string{dir})
	if err != nil {
		if named {
			return nil, fmt.Errorf("--history: %w", err)
		}
		return nil, nil
	}
	plan := &side.Runs[0].Header.Plan
	for _, path := range paths {
		in, err := results.Open(path)
		if err != nil {
			continue // a folder may hold anything
		}
		in.Close()
		if in.Header.Plan.Name != plan.Name || len(in.Header.Plan.Arms) != len(plan.Arms) ||
			slices.ContainsFunc(compared, func(s *analysis.Summary) bool { return s.Is(&in.Header) }) {
			continue
		}
		if run, err := analysis.Read(path, analysis.Times); err == nil {
			past = append(past, run)
		}
	}
	return past, nil
}
