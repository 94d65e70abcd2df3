package cli

import (
	"strings"
	"testing"

	"mmapbench/report"
	"mmapbench/report/document"
)

// TestChosenCharts wants formats to be told from kinds by their names, in either flag.
func TestChosenCharts(t *testing.T) {
	for _, c := range []struct{ charts, format, kinds, formats, err string }{
		{"main", "png", "main", "png", ""},
		{"png,svg", "png", "main", "png,svg", ""},
		{"all", "svg", "all", "svg", ""},
		{"throughput,faults,svg", "png", "throughput,faults", "svg", ""},
		{"none", "png", "", "", ""},
		{"none,png", "png", "main", "png", ""},
		{"throughputs", "png", "", "", `did you mean "throughput"?`},
		{"main", "pgn", "", "", "--chart-format: unknown"},
	} {
		o := outputOptions{charts: c.charts, chartFormat: c.format, kinds: report.ChartKinds, usual: mainCharts}
		kinds, formats, err := o.chosen()
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s, %s: error %v, want %q", c.charts, c.format, err, c.err)
			}
			continue
		}
		if k, f := strings.Join(kinds, ","), strings.Join(formats, ","); err != nil || k != c.kinds || f != c.formats {
			t.Errorf("%s, %s: %s as %s, %v; want %s as %s", c.charts, c.format, k, f, err, c.kinds, c.formats)
		}
	}
}

// TestChoose wants the six that tell most, the most telling first, and by name all of a kind.
func TestChoose(t *testing.T) {
	var all []*document.Chart
	for i, kind := range []string{"cpu", "throughput", "faults", "cpu", "records", "throughput", "cpu", "cpu"} {
		all = append(all, &document.Chart{Name: string(rune('a' + i)), Kind: kind,
			Rank: map[string]int{"throughput": 1, "records": 2, "faults": 3, "cpu": 9}[kind]})
	}
	for kinds, want := range map[string]string{"main": "bfecad", "all": "bfecadgh", "cpu": "adgh",
		"records,cpu": "eadgh",
		"main,cpu":    "bfecadgh", "series": ""} {
		got := ""
		for _, ch := range choose(all, strings.Split(kinds, ",")) {
			got += ch.Name
		}
		if got != want {
			t.Errorf("%s: %s, want %s", kinds, got, want)
		}
	}
}
