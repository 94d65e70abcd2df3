package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"mmapbench/analysis"
	"mmapbench/analysis/changepoint"
	"mmapbench/results"
)

// HistoryVersion is the version of the JSON history's structure; see
// SummaryVersion.
const HistoryVersion = 1

// HistorySummary is what History writes as JSON.
type HistorySummary struct {
	Format      string  `json:"format"`  // "mmapbench-history"
	Version     int     `json:"version"` // HistoryVersion
	Machine     string  `json:"machine,omitempty"`
	Fingerprint string  `json:"fingerprint,omitempty"` // of the machine
	Confidence  float64 `json:"confidence"`            // of every interval, at least, each by itself
	ChangeLevel float64 `json:"change_level"`          // at most this share of arms without a change shows one
	ChangeRuns  int     `json:"change_min_runs"`       // of fewer no change is told

	Runs    []HistoryRun     `json:"runs"`
	Trends  []HistoryTrend   `json:"trends"`
	LeftOut []HistoryLeftOut `json:"left_out"`
}

// HistoryRun is a run of which the history is made.
type HistoryRun struct {
	File       string       `json:"file"`
	Started    time.Time    `json:"started"`
	Experiment string       `json:"experiment"`
	Tool       results.Tool `json:"tool"`
	End        string       `json:"end"` // "cut-short" where the file has no end
	Baselines  []string     `json:"baselines,omitempty"`
}

// HistoryTrend is one arm over the runs.
type HistoryTrend struct {
	Target     string `json:"target"`
	Device     string `json:"device,omitempty"`
	Place      string `json:"place"` // fingerprint of machine and device
	How        string `json:"how,omitempty"`
	Workload   string `json:"workload"`
	Backend    string `json:"backend"`
	Line       string `json:"command_line,omitempty"` // of a command, whose name is in Backend
	Size       int64  `json:"size_bytes"`
	Record     int64  `json:"record_bytes"`
	Ops        int64  `json:"ops_per_lap"`
	Bytes      int64  `json:"bytes_per_lap"`
	Consumer   string `json:"consumer,omitempty"`
	Cache      string `json:"cache,omitempty"`
	Durability string `json:"durability,omitempty"`

	Points     []HistoryPoint   `json:"points"`
	Changes    []HistoryChange  `json:"changes"`
	VsPrevious *SummaryEstimate `json:"time_vs_previous"` // of the last point, as a ratio; null: it is the only one
	VsBefore   *SummaryEstimate `json:"time_vs_before"`   // against the median of all before
}

// HistoryPoint is an arm in one run.
type HistoryPoint struct {
	Run    int              `json:"run"` // index into Runs
	Trials int              `json:"trials"`
	Time   *SummaryEstimate `json:"time_s_per_lap"`
}

// HistoryChange is a change of level.
type HistoryChange struct {
	Point   int       `json:"point"` // index into Points: the first of the new level
	Started time.Time `json:"started"`
	Ratio   float64   `json:"ratio"` // of the times after to those before
	P       float64   `json:"p"`
}

// HistoryLeftOut is a file without a part in the history.
type HistoryLeftOut struct {
	File    string `json:"file"`
	Kind    string `json:"kind"` // copy, torn, gate, unusable, machine, plan, unread
	Reason  string `json:"reason"`
	Machine string `json:"fingerprint,omitempty"` // where it is another
}

// SummarizeHistory reduces the history to a HistorySummary.
func SummarizeHistory(h *analysis.History) HistorySummary {
	s := HistorySummary{Format: "mmapbench-history", Version: HistoryVersion, Fingerprint: h.Machine,
		Confidence: analysis.Confidence, ChangeLevel: changepoint.Level, ChangeRuns: changepoint.MinRuns,
		Runs: []HistoryRun{}, Trends: []HistoryTrend{}, LeftOut: []HistoryLeftOut{}}
	if len(h.Runs) > 0 {
		s.Machine = h.Host.MachineName()
	}
	index := make(map[*analysis.PastRun]int)
	for i, r := range h.Runs {
		index[r] = i
		s.Runs = append(s.Runs, HistoryRun{r.File, r.Started, r.Experiment, r.Tool, endOf(r), r.Baselines})
	}
	for i := range h.Trends {
		s.Trends = append(s.Trends, historyTrend(&h.Trends[i], index))
	}
	for _, l := range h.LeftOut {
		s.LeftOut = append(s.LeftOut, HistoryLeftOut{l.File, string(l.Kind), l.Reason, l.Machine})
	}
	return s
}

func endOf(r *analysis.PastRun) string {
	if r.End == "" {
		return "cut-short"
	}
	return r.End
}

func historyTrend(t *analysis.Trend, index map[*analysis.PastRun]int) HistoryTrend {
	a := t.Arm
	out := HistoryTrend{Target: a.Target, Device: t.Device, Place: t.Place, How: t.Settings, Workload: a.Workload, Backend: a.Backend, Line: t.Line,
		Size: a.Size, Record: a.Record, Ops: a.Ops, Bytes: a.Bytes, Consumer: a.Consumer, Cache: a.Cache, Durability: a.Durability,
		Changes: []HistoryChange{}, VsPrevious: summaryEstimate(t.VsPrevious), VsBefore: summaryEstimate(t.VsBefore)}
	for _, p := range t.Points {
		out.Points = append(out.Points, HistoryPoint{index[p.Run], p.Trials, summaryEstimate(p.Estimate)})
	}
	for _, c := range t.Changes {
		out.Changes = append(out.Changes, HistoryChange{c.At, t.Points[c.At].Run.Started, c.Ratio, c.P})
	}
	return out
}

func writeTrendsJSON(w io.Writer, h *analysis.History) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(SummarizeHistory(h))
}

// trendsHead are the columns of a history's CSV: one row for each arm of each run.
var trendsHead = []string{"file", "started", "experiment", "end", "baselines", "tool_version", "tool_revision", "machine", "fingerprint",
	"target", "device", "place", "how", "workload", "backend", "command_line", "size_bytes", "record_bytes", "ops_per_lap", "bytes_per_lap",
	"consumer", "cache", "durability", "trials", "trials_usable", "time_s_per_lap", "low_s", "high_s", "confidence",
	"change_ratio", "change_p"}

// writeTrendsCSV is sorted by arm, then by time. change_ratio and change_p stand in
// the first run of a new level. Lines end in CR LF, as RFC 4180 has it.
func writeTrendsCSV(w io.Writer, h *analysis.History) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(trendsHead); err != nil {
		return err
	}
	for _, t := range h.Trends {
		for i, p := range t.Points {
			row := append(trendsRow(h, &t, &p), "", "")
			for _, c := range t.Changes {
				if c.At == i {
					row[len(row)-2], row[len(row)-1] = decimal(c.Ratio), decimal(c.P)
				}
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func trendsRow(h *analysis.History, t *analysis.Trend, p *analysis.TrendPoint) []string {
	r, a, e := p.Run, t.Arm, p.Estimate
	row := []string{r.File, r.Started.UTC().Format(time.RFC3339Nano), r.Experiment, endOf(r), strings.Join(r.Baselines, ";"),
		r.Tool.Version, r.Tool.Revision, h.Host.MachineName(), h.Machine,
		a.Target, t.Device, t.Place, t.Settings, a.Workload, a.Backend, t.Line, integer(a.Size), integer(a.Record), integer(a.Ops), integer(a.Bytes),
		a.Consumer, a.Cache, a.Durability, integer(p.Trials), integer(e.N), decimal(e.Median)}
	if i := e.Interval; i != nil {
		return append(row, decimal(i.Low), decimal(i.High), decimal(i.Confidence))
	}
	return append(row, "", "", "")
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'g', 9, 64) }

// SummaryEstimate is a median with its interval, which is null where there are
// too few values.
type SummaryEstimate struct {
	N          int      `json:"n"`
	Median     float64  `json:"median"`
	Low        *float64 `json:"low"`
	High       *float64 `json:"high"`
	Confidence *float64 `json:"confidence"` // that the interval achieves
}

func summaryEstimate(e *analysis.Estimate) *SummaryEstimate {
	if e == nil {
		return nil
	}
	out := &SummaryEstimate{N: e.N, Median: e.Median}
	if i := e.Interval; i != nil {
		out.Low, out.High, out.Confidence = &i.Low, &i.High, &i.Confidence
	}
	return out
}

func integer[T int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }
