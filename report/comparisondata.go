package report

import (
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
)

// ComparisonVersion is the version of the JSON structure of a comparison. It
// changes when a field changes its meaning or goes, not when one is added.
const ComparisonVersion = 1

// ComparisonSummary is what Compare writes as JSON. A figure that the rounds do
// not support is null.
type ComparisonSummary struct {
	Format   string                 `json:"format"`        // "mmapbench-comparison"
	Version  int                    `json:"version"`       // ComparisonVersion
	By       string                 `json:"by,omitempty"`  // the factor; absent for two files
	Base     string                 `json:"base"`          // its level, or a file
	New      string                 `json:"new,omitempty"` // absent where there are several; see the rows
	Unpaired bool                   `json:"unpaired"`      // the sides share no rounds
	Rounds   int                    `json:"rounds"`        // at the last look; 0: none was due, or unpaired
	Looks    []int                  `json:"looks"`         // rounds after which it may be decided
	Outcome  string                 `json:"outcome"`       // pass, inconclusive, regression, invalid
	ExitCode int                    `json:"exit_code"`     // of it, where what is inconclusive fails
	Reasons  []verdict.Reason       `json:"reasons,omitempty"`
	Refused  []string               `json:"refused,omitempty"`
	Across   []string               `json:"across,omitempty"` // differences that were let pass
	Alone    []string               `json:"alone,omitempty"`
	Causes   []ComparisonCause      `json:"disturbed,omitempty"` // rounds
	Rows     []ComparisonSummaryRow `json:"rows"`
	Controls []ComparisonSummaryRow `json:"controls,omitempty"` // the base against itself
}

// ComparisonCause counts rounds that were disturbed, by a warning's code.
type ComparisonCause struct {
	Code   string `json:"code"`
	Rounds int    `json:"rounds"`      // left out
	Rows   int    `json:"comparisons"` // that lost a round to it
	Kept   int    `json:"rounds_kept"` // disturbed, and of no effect on a comparison
}

// ComparisonSummaryRow is one question and its answer.
type ComparisonSummaryRow struct {
	Name       string `json:"name"`
	Target     string `json:"target,omitempty"` // the factor that is compared by is absent
	Workload   string `json:"workload,omitempty"`
	Backend    string `json:"backend,omitempty"`
	Size       int64  `json:"size_bytes,omitempty"`
	Record     int64  `json:"record_bytes,omitempty"`
	Consumer   string `json:"consumer,omitempty"`
	Cache      string `json:"cache,omitempty"`
	Durability string `json:"durability,omitempty"`
	Side       string `json:"side,omitempty"`

	Base      string           `json:"base"` // levels
	New       string           `json:"new"`
	Metric    string           `json:"metric"`
	Unit      string           `json:"unit"`
	Tolerance float64          `json:"tolerance"`
	Verdict   string           `json:"verdict"`
	Reasons   []verdict.Reason `json:"reasons,omitempty"`

	BaseMedian *float64          `json:"base_median"` // per lap, of all trials of the side
	NewMedian  *float64          `json:"new_median"`
	Ratio      *float64          `json:"ratio"`          // new to base
	Fail       *ComparisonBounds `json:"fail_bounds"`    // which a REGRESSION and an IMPROVEMENT take
	Pass       *ComparisonBounds `json:"pass_bounds"`    // which a PASS takes
	MinEffect  *float64          `json:"could_see"`      // smallest slowdown, as a share, that would have been called one
	ToPass     *int              `json:"rounds_to_pass"` // of an unchanged comparison that is open
	RankSumP   *float64          `json:"rank_sum_p"`     // of unpaired samples

	Rounds       int `json:"rounds"` // when it was decided, or looked at last
	Pairs        int `json:"pairs"`
	BaseValues   int `json:"base_values,omitempty"` // of unpaired samples
	NewValues    int `json:"new_values,omitempty"`
	Missing      int `json:"missing"`
	Contaminated int `json:"disturbed"`
	Floored      int `json:"floored"`    // pairs in which a value counted as the metric's floor
	NeedPairs    int `json:"need_pairs"` // for bounds, at the least

	Lost []analysis.Count `json:"missing_reasons,omitempty"` // trials of either side
}

// ComparisonBounds enclose a ratio; each end is wrong with at most the
// probability of the tail, over all looks together.
type ComparisonBounds struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Tail float64 `json:"tail"`
}

// SummarizeComparison makes the summary.
func SummarizeComparison(c *analysis.Compared) ComparisonSummary {
	s := ComparisonSummary{Format: "mmapbench-comparison", Version: ComparisonVersion, By: c.By, Base: c.Base, New: c.New,
		Unpaired: c.Unpaired, Rounds: c.Rounds, Looks: c.Rules.Looks, Outcome: c.Outcome.String(),
		ExitCode: c.Outcome.ExitCode(verdict.FailInconclusive), Reasons: c.Reasons, Refused: c.Refused,
		Across: c.Across, Alone: c.Alone, Rows: summaryRows(c.Rows), Controls: summaryRows(c.Controls)}
	for _, cause := range c.Causes {
		s.Causes = append(s.Causes, ComparisonCause{cause.Name, cause.Rounds, cause.Rows, cause.Kept})
	}
	return s
}

func summaryRows(all []analysis.Comparison) []ComparisonSummaryRow {
	out := make([]ComparisonSummaryRow, len(all))
	for i := range all {
		r := &all[i]
		a := r.Arm
		out[i] = ComparisonSummaryRow{Name: r.Name, Target: a.Target, Workload: a.Workload, Backend: a.Backend, Size: a.Size,
			Record: a.Record, Consumer: a.Consumer, Cache: a.Cache, Durability: a.Durability, Side: a.Side,
			Base: r.Base, New: r.New, Metric: r.Metric.Name, Unit: r.Unit, Tolerance: r.Metric.Tolerance,
			Verdict: r.Verdict.String(), Reasons: r.Reasons, BaseMedian: finite(r.BaseMedian), NewMedian: finite(r.NewMedian),
			Ratio: finite(r.Ratio), Fail: summaryBounds(r.Fail), Pass: summaryBounds(r.Pass), MinEffect: finite(r.MinEffect()),
			Rounds: r.Rounds, Pairs: r.Pairs, BaseValues: r.BaseValues, NewValues: r.NewValues, Missing: r.Missing,
			Contaminated: r.Contaminated, Floored: r.Floored, NeedPairs: r.NeedPairs,
			Lost: r.Lost}
		if n := r.ToPass(); n > 0 {
			out[i].ToPass = &n
		}
		if r.Test != nil {
			out[i].RankSumP = &r.Test.P
		}
	}
	return out
}

func summaryBounds(b *verdict.Bounds) *ComparisonBounds {
	if b == nil || finite(&b.Low) == nil || finite(&b.High) == nil {
		return nil
	}
	return &ComparisonBounds{b.Low, b.High, b.Tail}
}

// finite is nil for what JSON has no number for.
func finite(f *float64) *float64 {
	if f == nil || math.IsNaN(*f) || math.IsInf(*f, 0) {
		return nil
	}
	return f
}

var compareHeader = []string{"kind", "name", "target", "workload", "backend", "size_bytes", "record_bytes", "consumer", "cache", "durability",
	"side", "by", "base", "new", "unpaired", "across", "metric", "unit", "tolerance", "verdict", "base_median", "new_median", "ratio",
	"fail_low", "fail_high", "fail_tail", "pass_low", "pass_high", "pass_tail", "could_see", "rounds_to_pass", "rank_sum_p",
	"rounds", "pairs", "base_values", "new_values", "missing", "disturbed", "floored", "outcome", "reasons"}

// compareCSV writes one line per question, those of the controls too. What is
// absent is empty. Lines end in CR LF, as RFC 4180 has it.
func compareCSV(w io.Writer, c *analysis.Compared, opts Options) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(compareHeader); err != nil {
		return err
	}
	s := SummarizeComparison(c)
	for _, of := range []struct {
		kind string
		rows []ComparisonSummaryRow
	}{{"comparison", s.Rows}, {"control", s.Controls}} {
		for i := range of.rows {
			if err := out.Write(append([]string{of.kind}, compareRecord(&s, &of.rows[i])...)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func compareRecord(s *ComparisonSummary, r *ComparisonSummaryRow) []string {
	reasons := make([]string, len(r.Reasons))
	for i, why := range r.Reasons {
		reasons[i] = string(why)
	}
	toPass := ""
	if r.ToPass != nil {
		toPass = integer(*r.ToPass)
	}
	return slices.Concat([]string{r.Name, r.Target, r.Workload, r.Backend, integer(r.Size), integer(r.Record), r.Consumer, r.Cache, r.Durability,
		r.Side, s.By, r.Base, r.New, strconv.FormatBool(s.Unpaired), strings.Join(s.Across, "; "), r.Metric, r.Unit, number(&r.Tolerance),
		r.Verdict, number(r.BaseMedian), number(r.NewMedian), number(r.Ratio)},
		boundCells(r.Fail), boundCells(r.Pass),
		[]string{number(r.MinEffect), toPass, number(r.RankSumP), integer(r.Rounds), integer(r.Pairs), integer(r.BaseValues),
			integer(r.NewValues), integer(r.Missing), integer(r.Contaminated), integer(r.Floored), s.Outcome, strings.Join(reasons, "; ")})
}

func boundCells(b *ComparisonBounds) []string {
	if b == nil {
		return make([]string, 3)
	}
	return []string{number(&b.Low), number(&b.High), number(&b.Tail)}
}

func number(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'g', -1, 64)
}

func integer[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }
