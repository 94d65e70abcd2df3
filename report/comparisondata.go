package report

import (
	"encoding/csv"
	"io"
	"strconv"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
)

// ComparisonSummary is a comparison for other programs.
type ComparisonSummary struct {
	By       string                 `json:"by,omitempty"`
	Base     string                 `json:"base"`
	New      string                 `json:"new,omitempty"`
	Unpaired bool                   `json:"unpaired"`
	Rounds   int                    `json:"rounds"`
	Looks    []int                  `json:"looks"`
	Outcome  string                 `json:"outcome"`
	Reasons  []verdict.Reason       `json:"reasons,omitempty"`
	Refused  []string               `json:"refused,omitempty"`
	Across   []string               `json:"across,omitempty"`
	Alone    []string               `json:"alone,omitempty"`
	Rows     []ComparisonSummaryRow `json:"rows"`
	Controls []ComparisonSummaryRow `json:"controls,omitempty"`
}

// ComparisonSummaryRow is one question and its answer.
type ComparisonSummaryRow struct {
	Name      string           `json:"name"`
	Metric    string           `json:"metric"`
	Unit      string           `json:"unit"`
	Base      string           `json:"base"`
	New       string           `json:"new"`
	Tolerance float64          `json:"tolerance"`
	Verdict   string           `json:"verdict"`
	Reasons   []verdict.Reason `json:"reasons,omitempty"`

	BaseMedian *float64        `json:"base_median"`
	NewMedian  *float64        `json:"new_median"`
	Ratio      *float64        `json:"ratio"`
	Fail       *verdict.Bounds `json:"fail_bounds"`
	Pass       *verdict.Bounds `json:"pass_bounds"`
	MinEffect  *float64        `json:"minimum_detectable_effect"`

	Rounds       int `json:"rounds"`
	Pairs        int `json:"pairs"`
	Missing      int `json:"missing"`
	Contaminated int `json:"contaminated"`
}

// SummarizeComparison makes the summary.
func SummarizeComparison(c *analysis.Compared) ComparisonSummary {
	rows := func(all []analysis.ComparedRow) []ComparisonSummaryRow {
		var out []ComparisonSummaryRow
		for i := range all {
			r := &all[i]
			out = append(out, ComparisonSummaryRow{Name: r.Name, Metric: r.Metric.Name, Unit: r.Unit, Base: r.Base, New: r.New,
				Tolerance: r.Metric.Tolerance, Verdict: r.Verdict.String(), Reasons: r.Reasons,
				BaseMedian: r.BaseMedian, NewMedian: r.NewMedian, Ratio: r.Ratio, Fail: r.Fail, Pass: r.Pass, MinEffect: r.MinEffect(),
				Rounds: r.Rounds, Pairs: r.Pairs, Missing: r.Missing, Contaminated: r.Contaminated})
		}
		return out
	}
	return ComparisonSummary{By: c.By, Base: c.Base, New: c.New, Unpaired: c.Unpaired, Rounds: c.Judgement.Rounds, Looks: c.Rules.Looks,
		Outcome: c.Outcome.String(), Reasons: c.Judgement.Reasons, Refused: c.Refused, Across: c.Across, Alone: c.Alone,
		Rows: rows(c.Rows), Controls: rows(c.Controls)}
}

// compareCSV is one line per question, those of the controls too.
func compareCSV(w io.Writer, c *analysis.Compared) error {
	out := csv.NewWriter(w)
	head := []string{"kind", "name", "metric", "unit", "base", "new", "tolerance", "verdict", "unpaired", "base_median", "new_median",
		"ratio", "fail_low", "fail_high", "pass_low", "pass_high", "minimum_detectable_effect", "rounds", "pairs", "missing", "contaminated", "reasons"}
	if err := out.Write(head); err != nil {
		return err
	}
	s := SummarizeComparison(c)
	for kind, rows := range [][]ComparisonSummaryRow{s.Rows, s.Controls} {
		for _, r := range rows {
			fl, fh := ends(r.Fail)
			pl, ph := ends(r.Pass)
			row := []string{[]string{"comparison", "control"}[kind], r.Name, r.Metric, r.Unit, r.Base, r.New, number(&r.Tolerance), r.Verdict,
				strconv.FormatBool(c.Unpaired), number(r.BaseMedian), number(r.NewMedian), number(r.Ratio), fl, fh, pl, ph, number(r.MinEffect),
				strconv.Itoa(r.Rounds), strconv.Itoa(r.Pairs), strconv.Itoa(r.Missing), strconv.Itoa(r.Contaminated), reasons(r.Reasons)}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func ends(b *verdict.Bounds) (low, high string) {
	if b == nil {
		return "", ""
	}
	return number(&b.Low), number(&b.High)
}

func number(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'g', -1, 64)
}
