package report

import (
	"time"

	"mmapbench/analysis"
	"mmapbench/internal/host"
	"mmapbench/report/words"
	"mmapbench/results"
)

// SummaryVersion is the version of the JSON summary's structure. The version changes
// when a field changes its meaning or goes, not when a field is added.
const SummaryVersion = 3

// Summary is a run as JSON: the run reduced to medians, intervals and comparisons. A
// figure that the run does not support is null. The groups carry the names of their
// fields themselves; factors are called as in the run file.
type Summary struct {
	Format      string            `json:"format"`         // "mmapbench-summary"
	Version     int               `json:"version"`        // SummaryVersion
	File        string            `json:"file,omitempty"` // the name that was given to this program
	Experiment  string            `json:"experiment"`
	Seed        uint64            `json:"seed"`
	Machine     string            `json:"machine,omitempty"`
	Fingerprint string            `json:"fingerprint"`       // the machine's
	Devices     map[string]string `json:"devices,omitempty"` // the keys are the targets
	Started     time.Time         `json:"started"`
	Labels      results.Labels    `json:"labels,omitempty"`

	RoundsPlanned  int    `json:"rounds_planned"`
	RoundsComplete int    `json:"rounds_complete"` // every arm was tried in them
	End            string `json:"end"`             // results.EndComplete etc.; "cut-short" where the file has no end
	EndReason      string `json:"end_reason,omitempty"`

	Confidence float64          `json:"confidence"`         // the least that each interval has, each by itself
	Margin     float64          `json:"margin"`             // how far apart equal times may be: analysis.Margin
	Warnings   []Warning        `json:"warnings,omitempty"` // about the machine and its devices, and about the trials
	Metrics    []results.Metric `json:"metrics,omitempty"`  // what the counters are
	Groups     []analysis.Group `json:"groups"`
	Costs      []analysis.Cost  `json:"costs,omitempty"` // where the time of the run went
}

// Warning is a warning with its explanation. A warning about trials counts them; a
// warning about the machine or a target counts nothing.
type Warning struct {
	results.Warning
	Trials   int    `json:"trials,omitempty"`
	Sentence string `json:"sentence,omitempty"`
	Fix      string `json:"fix,omitempty"`
}

// Summarize puts the summary of a run file under the names of the JSON.
func Summarize(file string, s *analysis.Summary) Summary {
	h, facts := &s.Header, s.Host()
	out := Summary{Format: "mmapbench-summary", Version: SummaryVersion, File: file,
		Experiment: h.Plan.Name, Seed: h.Plan.Seed, Machine: facts.MachineName(), Fingerprint: host.Fingerprint(*facts),
		Devices: make(map[string]string),
		Started: h.Started, Labels: h.Labels,
		RoundsPlanned: h.Plan.Rounds, RoundsComplete: s.RoundsComplete, End: "cut-short",
		Confidence: analysis.Confidence, Margin: analysis.Margin, Metrics: h.Metrics, Groups: s.Groups,
		Costs: s.Costs()}
	for _, t := range facts.Targets {
		out.Devices[t.Name] = t.DeviceName()
	}
	if s.End != nil {
		out.End, out.EndReason = s.End.Status, s.End.Reason
	}
	for _, w := range h.Warnings {
		out.Warnings = append(out.Warnings, explain(w, 0))
	}
	codes, _ := words.TrialWarnings(s.Groups)
	for _, c := range codes {
		out.Warnings = append(out.Warnings, explain(results.Warning{Code: c.What}, c.N))
	}
	return out
}

func explain(w results.Warning, trials int) Warning {
	out := Warning{Warning: w, Trials: trials}
	if i := words.WarningRank(w.Code); i < len(results.WarningTexts) {
		out.Sentence, out.Fix = results.WarningTexts[i].Sentence, results.WarningTexts[i].Fix
	}
	return out
}
