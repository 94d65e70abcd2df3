package export

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"mmapbench/analysis"
	"mmapbench/results"
)

// openMetrics writes OpenMetrics text 1.0: gauges, one sample an arm, and the
// ends of their intervals as gauges of their own. It ends in "# EOF", without
// which a reader must take it for cut off.
func openMetrics(w io.Writer, run *results.Run) error {
	families := []struct {
		name, unit, help string
		of               func(r *analysis.Row) *float64
	}{
		{"mmapbench_lap_seconds", "seconds", "Median time of a lap, all phases together.", func(r *analysis.Row) *float64 { return &r.Total.Median }},
		{"mmapbench_lap_low_seconds", "seconds", "Lower end of its interval.", func(r *analysis.Row) *float64 { return end(r.Total, false) }},
		{"mmapbench_lap_high_seconds", "seconds", "Upper end of its interval.", func(r *analysis.Row) *float64 { return end(r.Total, true) }},
		{"mmapbench_minor_faults_per_mebibyte", "", "Median minor page faults per MiB.", func(r *analysis.Row) *float64 { return r.MinorFaults }},
		{"mmapbench_major_faults_per_mebibyte", "", "Median major page faults per MiB.", func(r *analysis.Row) *float64 { return r.MajorFaults }},
		{"mmapbench_device_read_amplification", "", "Median bytes that the device read per byte asked for.", func(r *analysis.Row) *float64 { return r.DeviceRead.Median }},
		{"mmapbench_usable_trials", "", "Trials that count.", func(r *analysis.Row) *float64 { n := float64(r.Usable); return &n }},
	}
	all := rows(run)
	for _, f := range families {
		var b strings.Builder
		fmt.Fprintf(&b, "# TYPE %s gauge\n", f.name)
		if f.unit != "" {
			fmt.Fprintf(&b, "# UNIT %s %s\n", f.name, f.unit)
		}
		fmt.Fprintf(&b, "# HELP %s %s\n", f.name, f.help)
		any := false
		for _, r := range all {
			if v := f.of(r); v != nil {
				any = true
				fmt.Fprintf(&b, "%s{%s} %s\n", f.name, labels(run, r.Arm), strconv.FormatFloat(*v, 'g', -1, 64))
			}
		}
		if !any {
			continue
		}
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "# EOF\n")
	return err
}

func end(e *analysis.Estimate, high bool) *float64 {
	switch {
	case e.Interval == nil:
		return nil
	case high:
		return &e.Interval.High
	}
	return &e.Interval.Low
}

func labels(run *results.Run, a results.Arm) string {
	all := append(factors(a), factor{"machine", run.Header.Host.MachineName()})
	parts := make([]string, 0, len(all))
	for _, f := range all {
		if f.value != "" {
			parts = append(parts, fmt.Sprintf(`%s="%s"`, f.key, escapeLabel(f.value)))
		}
	}
	return strings.Join(parts, ",")
}

// escapeLabel escapes what the ABNF of OpenMetrics wants escaped.
func escapeLabel(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}
