package report

import (
	"mmapbench/analysis"
	"mmapbench/report/words"
	"mmapbench/results"
)

// SummaryWarning is a warning with what it says. Of one about trials, Trials is
// how many have it; one about the machine or a target has none.
type SummaryWarning struct {
	Code     string `json:"code"`
	Trials   int    `json:"trials,omitempty"`
	About    string `json:"about,omitempty"` // a target; "" for the machine, and for trials
	Detail   string `json:"detail,omitempty"`
	Sentence string `json:"sentence,omitempty"`
	Fix      string `json:"fix,omitempty"`
}

// SummaryProof counts trials by how well their cache state is known. Those that
// failed are left out of everything else.
type SummaryProof struct {
	Strong  int            `json:"strong"`
	Weak    int            `json:"weak"`
	Failed  int            `json:"failed"`
	Reasons []SummaryCount `json:"weak_reasons,omitempty"`
}

// SummaryDevice is how many bytes a device moved per byte that the application
// asked for.
type SummaryDevice struct {
	Median *float64 `json:"median"`
	N      int      `json:"n"`
	// Source is "device" (all that the device did) or "process" (what was
	// booked to the process); "" without a median.
	Source string `json:"source,omitempty"`
	Reason string `json:"reason,omitempty"` // why the median is null, or not the device's
}

// SummarySpread is what a phase took, over the trials.
type SummarySpread struct {
	N      int     `json:"n"`
	Median float64 `json:"median_s"`
	Max    float64 `json:"max_s"`
}

// SummaryLatency is the times of single accesses, those of all trials together.
// A percentile that so few accesses were timed for that none is expected beyond
// it is null.
type SummaryLatency struct {
	Trials int     `json:"trials"`
	Count  int64   `json:"count"`
	Every  int64   `json:"every"`    // one access in so many was timed, at the most
	Clock  float64 `json:"clock_ns"` // that one reading of the clock takes, in each of the times once
	P50    *int64  `json:"p50_ns"`
	P90    *int64  `json:"p90_ns"`
	P99    *int64  `json:"p99_ns"`
	P999   *int64  `json:"p999_ns"`
	Max    int64   `json:"max_ns"`
}

// SummarySeries is what happened by the second. Lists have one figure for each
// of Elapsed; what is not known is null.
type SummarySeries struct {
	Trials      int           `json:"trials"`
	Seconds     float64       `json:"seconds"`
	Mean        float64       `json:"mean_bytes_per_s"` // of the median trial of each second
	Min         float64       `json:"min_bytes_per_s"`  // of any trial
	Max         float64       `json:"max_bytes_per_s"`
	LastQuarter float64       `json:"last_quarter_bytes_per_s"` // mean of the last quarter of the time
	Elapsed     []float64     `json:"elapsed_s"`                // since the body began, at the end of each second
	Rate        *SummaryCurve `json:"bytes_per_s"`
	Faults      *SummaryCurve `json:"faults_per_s"`
	Device      *SummaryCurve `json:"device_bytes_per_s"`   // read and written
	Shootdowns  *SummaryCurve `json:"tlb_shootdowns_per_s"` // of the whole host
}

// SummaryCurve is a rate second by second, over the trials.
type SummaryCurve struct {
	Median []float64 `json:"median"`
	Min    []float64 `json:"min"`
	Max    []float64 `json:"max"`
}

// SummaryCounter is a counter of one phase, per lap, or of the whole trial where
// that has a duration. A counter that no trial could read has the median null.
type SummaryCounter struct {
	Median *float64 `json:"median"`
	N      int      `json:"n"`
}

func summaryWarnings(run *results.Run) []SummaryWarning {
	var out []SummaryWarning
	add := func(w SummaryWarning) {
		if i := words.WarningRank(w.Code); i < len(results.WarningTexts) {
			w.Sentence, w.Fix = results.WarningTexts[i].Sentence, results.WarningTexts[i].Fix
		}
		out = append(out, w)
	}
	for _, w := range run.Header.Warnings {
		add(SummaryWarning{Code: w.Code, About: w.About, Detail: w.Detail})
	}
	codes, _ := words.TrialWarnings(analysis.Summarize(run).Groups)
	for _, c := range codes {
		add(SummaryWarning{Code: c.What, Trials: c.N})
	}
	return out
}

func summaryProof(p analysis.Proof) *SummaryProof {
	if p.N() == 0 {
		return nil
	}
	return &SummaryProof{p.Strong, p.Weak, p.Failed, summaryCounts(p.Reasons)}
}

func summaryDevice(a analysis.Amplification) SummaryDevice {
	source := ""
	switch {
	case a.Own:
		source = "process"
	case a.Median != nil:
		source = "device"
	}
	return SummaryDevice{a.Median, a.N, source, a.Reason}
}

func summarySpread(s *analysis.Spread) *SummarySpread {
	if s == nil {
		return nil
	}
	return &SummarySpread{s.N, s.Median, s.Most}
}

func summaryLatency(l *analysis.Latency) *SummaryLatency {
	if l == nil {
		return nil
	}
	at := func(p float64) *int64 {
		t, ok := l.Quantile(p)
		if !ok {
			return nil
		}
		ns := int64(t)
		return &ns
	}
	return &SummaryLatency{Trials: l.Trials, Count: l.Count, Every: l.Every, Clock: l.Clock,
		P50: at(0.5), P90: at(0.9), P99: at(0.99), P999: at(0.999), Max: int64(l.Max)}
}

func summarySeries(s *analysis.Series) *SummarySeries {
	if s == nil {
		return nil
	}
	return &SummarySeries{s.Trials, s.Elapsed[len(s.Elapsed)-1], s.Mean, s.Min, s.Max, s.LastQuarter, s.Elapsed,
		summaryCurve(s.Rate), summaryCurve(s.Faults), summaryCurve(s.Device), summaryCurve(s.Shootdowns)}
}

func summaryCurve(c analysis.Curve) *SummaryCurve {
	if c.Median == nil {
		return nil
	}
	return &SummaryCurve{c.Median, c.Low, c.High}
}

func summaryCounters(counters []analysis.Counter) map[string]map[string]SummaryCounter {
	if len(counters) == 0 {
		return nil
	}
	out := make(map[string]map[string]SummaryCounter)
	for _, c := range counters {
		if out[c.Phase] == nil {
			out[c.Phase] = make(map[string]SummaryCounter)
		}
		out[c.Phase][c.Name] = SummaryCounter{c.Median, c.N}
	}
	return out
}
