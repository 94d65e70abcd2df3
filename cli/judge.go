package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
)

// judgeOptions are the flags of every command that ends with a verdict.
type judgeOptions struct {
	metrics      string
	tolerance    string
	inconclusive string
	format       string
}

func (o *judgeOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.metrics, "metric", "total", "judge by these metrics, as a `list`, each with a tolerance of its "+
		"own if wanted: total,faults=10%,device-bytes")
	f.StringVar(&o.tolerance, "tolerance", "5%", "a slowdown of this `share` or more must not pass")
	f.StringVar(&o.inconclusive, "inconclusive", "fail",
		"what an undecided comparison comes to: `fail|pass`, which is exit 3 or exit 0")
	f.StringVar(&o.format, "format", "table",
		"write standard output in this format: "+strings.Join(comparisonFormats(), ", "))
}

// questions reads the flags.
func (o *judgeOptions) questions(r verdict.Rules) (q analysis.Questions, policy verdict.Policy, err error) {
	if err := checkName("format", o.format, comparisonFormats()); err != nil {
		return q, policy, err
	}
	tolerance, err := analysis.ParseTolerance(o.tolerance)
	if err != nil {
		return q, policy, fmt.Errorf("--tolerance: %w", err)
	}
	q.Rules = r
	if q.Metrics, err = analysis.ParseMetrics(o.metrics, tolerance); err != nil {
		return q, policy, fmt.Errorf("--metric: %w", err)
	}
	if policy, err = verdict.ParsePolicy(o.inconclusive); err != nil {
		return q, policy, fmt.Errorf("--inconclusive: %w", err)
	}
	return q, policy, nil
}

// conclude writes a comparison and turns its outcome into the exit code.
func (a *app) conclude(c *analysis.Compared, o *judgeOptions, policy verdict.Policy) error {
	if err := a.renderComparison(c, o.format); err != nil {
		return err
	}
	if code := c.Outcome.ExitCode(policy); code != ExitOK {
		return &exitError{code, nil}
	}
	return nil
}

// completeJudging completes the flags of judgeOptions.
func (a *app) completeJudging(c *cobra.Command) {
	completeLists(c, map[string]func() []string{
		"metric":       metricNames,
		"inconclusive": func() []string { return []string{"fail", "pass"} },
		"format":       comparisonFormats,
	})
}

func metricNames() []string {
	var names []string
	for _, m := range analysis.Metrics() {
		names = append(names, m.Name)
	}
	return names
}
