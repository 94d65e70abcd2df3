package cli

import (
	"errors"
	"fmt"
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
	by, level, baseline string
	across              bool
	dir                 string
}

func (a *app) compareCommand() *cobra.Command {
	o := &compareOptions{}
	c := &cobra.Command{
		Use:   "compare BASE NEW | compare FILE --by FACTOR",
		Short: "Compare two run files, or the levels of a factor within one",
		Long: `compare judges what was measured already. Two files are compared arm by arm and
unpaired, as their rounds were not the same hours; within a file the levels of a
factor are compared paired by round, which tells finer differences.

Files of different machines, kernels or file systems are refused (exit 4), unless
--across says that this is the question. A file that gate wrote is judged as gate
does, at its looks.`,
		Example: `  mmapbench compare monday.jsonl tuesday.jsonl
  mmapbench compare --baseline main latest      # the newest run in results
  mmapbench compare results/latest --by backend
  mmapbench compare results/latest --by cache --base cached --metric faults`,
		Args:              arguments(1, 2, "two run files, or one with --by FACTOR or --baseline NAME"),
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
	if len(args) > 2 {
		return errors.New("--baseline is the base: give one file beside it")
	}
	runs := make([]*analysis.Summary, len(args))
	rounds := 0
	for i := range args {
		if runs[i], args[i], err = a.readRun(args[i], analysis.Times); err != nil {
			return err
		}
		rounds = max(rounds, runs[i].Rounds())
	}
	q.Rules = verdict.OneLook(max(1, rounds))
	var c *analysis.Compared
	switch {
	case len(runs) == 2 && o.by != "":
		return errors.New("--by compares within one file; two were given")
	case len(runs) == 2:
		c, err = analysis.Files(runs[0], runs[1], plain.Line(args[0]), plain.Line(args[1]), o.across, q)
	case o.by != "":
		c, err = analysis.By(runs[0], o.by, o.level, q)
	case runs[0].Header.Plan.Gate != nil:
		c, err = analysis.Gate(runs[0], true)
	default:
		return fmt.Errorf("give a second file, or --by FACTOR: one of %s", strings.Join(results.FactorKeys(), ", "))
	}
	if err != nil {
		return err
	}
	return a.conclude(c, &o.judgeOptions, policy)
}
