package report

import (
	"encoding/json"
	"io"
	"time"

	"mmapbench/analysis"
	"mmapbench/results"
)

// SummaryVersion is the version of the JSON summary's structure. It changes
// when a field changes its meaning or goes, not when one is added.
const SummaryVersion = 1

// Summary is what Tables writes as JSON: the run reduced to medians, intervals
// and comparisons. A figure that the run does not support is null.
type Summary struct {
	Format     string    `json:"format"`  // "mmapbench-summary"
	Version    int       `json:"version"` // SummaryVersion
	Experiment string    `json:"experiment"`
	Machine    string    `json:"machine,omitempty"`
	Started    time.Time `json:"started"`

	RoundsPlanned  int    `json:"rounds_planned"`
	RoundsComplete int    `json:"rounds_complete"` // every arm was tried in them
	End            string `json:"end"`             // results.EndComplete etc.; "cut-short" where the file has no end
	EndReason      string `json:"end_reason,omitempty"`

	Confidence float64          `json:"confidence"`         // of every interval, at least, each by itself
	Warnings   []SummaryWarning `json:"warnings,omitempty"` // of the machine and its devices, and of the trials
	Metrics    []results.Metric `json:"metrics,omitempty"`  // what the counters are
	Groups     []SummaryGroup   `json:"groups"`
}

// SummaryGroup is the arms that differ in their backend alone.
type SummaryGroup struct {
	Target     string `json:"target"`
	Device     string `json:"device,omitempty"`
	Workload   string `json:"workload"`
	Size       int64  `json:"size_bytes"`
	Record     int64  `json:"record_bytes"`
	Ops        int64  `json:"ops_per_lap"`
	Bytes      int64  `json:"bytes_per_lap"`
	Consumer   string `json:"consumer,omitempty"`
	Cache      string `json:"cache,omitempty"`
	Durability string `json:"durability,omitempty"`

	// Outcome is "won" (the leader is shown to be faster than every other
	// backend), "tied" (with those in TiedWith it is not), "undecided" (too
	// few rounds), "alone" (one backend only) or "nothing" (no usable trial).
	Outcome  string   `json:"outcome"`
	Leader   string   `json:"leader,omitempty"` // has the smallest median time
	TiedWith []string `json:"tied_with,omitempty"`
	// TooFewWith lists the backends that share too few rounds with the leader
	// for a comparison.
	TooFewWith []string         `json:"too_few_rounds_with,omitempty"`
	RunnerUp   string           `json:"runner_up,omitempty"`
	Lead       *SummaryEstimate `json:"speed_of_leader_vs_runner_up"`

	Rows []SummaryRow `json:"rows"`
}

// SummaryRow is one arm.
type SummaryRow struct {
	Arm      int            `json:"arm"`
	Backend  string         `json:"backend"`
	Trials   int            `json:"trials"`
	Usable   int            `json:"trials_usable"`
	Excluded []SummaryCount `json:"excluded,omitempty"`
	Errors   []SummaryCount `json:"errors,omitempty"`

	Proof       *SummaryProof  `json:"cache_proof"`        // of the usable trials; null: no cache state
	Warnings    []SummaryCount `json:"warnings,omitempty"` // codes, of all trials
	SettleTotal int64          `json:"settle_ns"`          // waiting for earlier writes, all trials
	SettleMost  int64          `json:"settle_most_ns"`     // before one trial

	Total       *SummaryEstimate   `json:"time_s_per_lap"`
	Rate        *SummaryEstimate   `json:"rate_bytes_per_s"`
	PerOp       *SummaryEstimate   `json:"time_ns_per_op"`
	MinorFaults *float64           `json:"minor_faults_per_mib"`
	MajorFaults *float64           `json:"major_faults_per_mib"`
	MinorPerRun *float64           `json:"minor_faults_per_run,omitempty"` // of commands, which have no bytes of their own
	MajorPerRun *float64           `json:"major_faults_per_run,omitempty"`
	BlocksIn    *float64           `json:"blocks_in_512b_per_lap"`
	DeviceRead  SummaryDevice      `json:"device_read_per_byte"`
	DeviceWrite SummaryDevice      `json:"device_write_per_byte"`
	Phases      map[string]float64 `json:"phase_shares"` // of the time; they add up to 1
	CPU         map[string]float64 `json:"cpu_shares"`   // likewise; user against system is sampled at the tick
	Speed       *SummaryEstimate   `json:"speed_vs_first"`
	Verdict     string             `json:"verdict"`

	Setup         *SummarySpread  `json:"setup_per_lap"`
	Sync          *SummarySpread  `json:"sync_per_lap"` // null: the arm syncs nothing
	Latency       *SummaryLatency `json:"latency,omitempty"`
	LatencyReason string          `json:"latency_reason,omitempty"` // why there is none although accesses were timed
	Series        *SummarySeries  `json:"series,omitempty"`         // of trials with a duration

	Counters map[string]map[string]SummaryCounter `json:"counters,omitempty"` // by phase and name; see Summary.Metrics
}

// SummaryCount is how many trials there are for a reason or a code, and what
// the first of them says.
type SummaryCount struct {
	Reason string `json:"reason"`
	Trials int    `json:"trials"`
	First  string `json:"first,omitempty"`
	Varies bool   `json:"varies,omitempty"` // the reason is one trial's, and the others differ in its numbers
}

// SummaryEstimate is a median with its interval, which is null where there are
// too few values.
type SummaryEstimate struct {
	N          int      `json:"n"`
	Median     float64  `json:"median"`
	Low        *float64 `json:"low"`
	High       *float64 `json:"high"`
	Confidence *float64 `json:"confidence"` // that the interval achieves
}

// Summarize reduces the run to a Summary.
func Summarize(run *results.Run, labels Labels) Summary {
	h := run.Header
	s := Summary{Format: "mmapbench-summary", Version: SummaryVersion, Experiment: h.Plan.Name,
		Machine: labels.Machine, Started: h.Started, RoundsPlanned: h.Plan.Rounds,
		End: "cut-short", Confidence: analysis.Confidence, Warnings: summaryWarnings(run),
		Metrics: h.Metrics, Groups: []SummaryGroup{}}
	summary := analysis.Summarize(run)
	s.RoundsComplete = summary.RoundsComplete
	if run.End != nil {
		s.End, s.EndReason = run.End.Status, run.End.Reason
	}
	for _, g := range summary.Groups {
		s.Groups = append(s.Groups, summaryGroup(&g, labels))
	}
	return s
}

func summaryGroup(g *analysis.Group, labels Labels) SummaryGroup {
	f, o := g.Factors, g.Rank()
	out := SummaryGroup{Target: f.Target, Device: labels.device(f.Target), Workload: f.Workload,
		Size: f.Size, Record: f.Record, Ops: f.Ops, Bytes: f.Bytes, Consumer: f.Consumer,
		Cache: f.Cache, Durability: f.Durability, Outcome: o.Kind.String(),
		TiedWith: backends(g, o.With), TooFewWith: backends(g, o.Unknown), Lead: summaryEstimate(o.Lead)}
	if o.Leader >= 0 {
		out.Leader = g.Rows[o.Leader].Arm.Backend
	}
	if o.RunnerUp >= 0 {
		out.RunnerUp = g.Rows[o.RunnerUp].Arm.Backend
	}
	for i := range g.Rows {
		out.Rows = append(out.Rows, summaryRow(&g.Rows[i]))
	}
	return out
}

func summaryRow(r *analysis.Row) SummaryRow {
	s := SummaryRow{Arm: r.Arm.ID, Backend: r.Arm.Backend, Trials: r.Trials, Usable: r.Usable,
		Excluded: summaryCounts(r.Excluded), Errors: summaryCounts(r.Errors),
		Proof: summaryProof(r.Proof), Warnings: summaryCounts(r.Warnings),
		SettleTotal: int64(r.Settle.Total), SettleMost: int64(r.Settle.Most),
		Total: summaryEstimate(r.Total), Rate: summaryEstimate(r.Rate), PerOp: summaryEstimate(r.PerOp),
		MinorFaults: r.MinorFaults, MajorFaults: r.MajorFaults, BlocksIn: r.BlocksIn,
		DeviceRead: summaryDevice(r.DeviceRead), DeviceWrite: summaryDevice(r.DeviceWrite),
		Phases: summaryShares(r.Phases), CPU: summaryShares(r.CPU),
		Speed: summaryEstimate(r.Speed), Verdict: string(r.Standing),
		Setup: summarySpread(r.Setup), Sync: summarySpread(r.Sync),
		Latency: summaryLatency(r.Latency), LatencyReason: r.LatencyReason, Series: summarySeries(r.Series),
		Counters: summaryCounters(r.Counters)}
	if r.Arm.Workload == results.Exec {
		s.MinorPerRun, s.MajorPerRun, s.MinorFaults, s.MajorFaults = r.MinorFaults, r.MajorFaults, nil, nil
	}
	return s
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

func summaryCounts(counts []analysis.Count) []SummaryCount {
	var out []SummaryCount
	for _, c := range counts {
		out = append(out, SummaryCount{c.What, c.N, c.First, c.Varies})
	}
	return out
}

func summaryShares(shares []analysis.Share) map[string]float64 {
	if shares == nil {
		return nil
	}
	out := make(map[string]float64)
	for _, s := range shares {
		out[s.Name] = s.Fraction
	}
	return out
}

func backends(g *analysis.Group, rows []int) []string {
	var out []string
	for _, i := range rows {
		out = append(out, g.Rows[i].Arm.Backend)
	}
	return out
}

func writeJSON(w io.Writer, run *results.Run, labels Labels) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(Summarize(run, labels))
}
