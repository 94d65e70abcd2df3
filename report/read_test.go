package report

import (
	"encoding/json"
	"testing"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/results"
)

// readSummary is the JSON of a report as another program reads it.
type readSummary struct {
	Metrics []results.Metric
	Groups  []struct {
		Factors results.Arm
		Outcome string
		Rows    []readRow
	}
}

type readRow struct {
	analysis.Row
	Phases   map[string]float64                     `json:"phase_shares"`
	CPU      map[string]float64                     `json:"cpu_shares"`
	Counters map[string]map[string]analysis.Counter `json:"counters"`
}

func readJSON(t *testing.T, run *results.Run) (s readSummary) {
	t.Helper()
	if err := json.Unmarshal([]byte(tables(t, run, shown{format: document.JSON})), &s); err != nil {
		t.Fatal(err)
	}
	return s
}
