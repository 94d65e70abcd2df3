package export

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/host"
)

// A family is a gauge of OpenMetrics. One with a unit is named after it.
type family struct {
	name, unit, help string
	of               func(r *analysis.Row) *float64
}

var families = []family{
	{"mmapbench_lap_seconds", "seconds", "Median time of a lap, all phases together.",
		func(r *analysis.Row) *float64 { return end(r.Total, 0) }},
	{"mmapbench_lap_low_seconds", "seconds", "Lower end of its interval.",
		func(r *analysis.Row) *float64 { return end(r.Total, -1) }},
	{"mmapbench_lap_high_seconds", "seconds", "Upper end of its interval.",
		func(r *analysis.Row) *float64 { return end(r.Total, 1) }},
	{"mmapbench_minor_faults_per_mebibyte", "", "Median minor page faults per MiB.",
		func(r *analysis.Row) *float64 { return faults(r, analysis.PerMiB, r.MinorFaults) }},
	{"mmapbench_minor_faults_per_run", "", "Median minor page faults per run of a command.",
		func(r *analysis.Row) *float64 { return faults(r, analysis.PerRun, r.MinorFaults) }},
	{"mmapbench_major_faults_per_mebibyte", "", "Median major page faults per MiB.",
		func(r *analysis.Row) *float64 { return faults(r, analysis.PerMiB, r.MajorFaults) }},
	{"mmapbench_major_faults_per_run", "", "Median major page faults per run of a command.",
		func(r *analysis.Row) *float64 { return faults(r, analysis.PerRun, r.MajorFaults) }},
	{"mmapbench_device_read_amplification", "", "Median bytes that the device read per byte asked for.",
		func(r *analysis.Row) *float64 { return r.DeviceRead.Median }},
	{"mmapbench_device_write_amplification", "", "Median bytes that the device wrote per byte asked for.",
		func(r *analysis.Row) *float64 { return r.DeviceWrite.Median }},
	{"mmapbench_usable_trials", "", "Trials that count.",
		func(r *analysis.Row) *float64 { return number(r.Usable) }},
	{"mmapbench_left_out_trials", "", "Trials that failed or were excluded.",
		func(r *analysis.Row) *float64 { return number(r.Trials - r.Usable) }},
}

// openMetrics writes what OpenMetrics text 1.0 and the older text format 0.0.4 have
// in common, as the textfile collector of node_exporter reads the older one alone:
// gauges, one sample an arm, and the ends of their intervals as gauges of their own.
// The older one has no type info, so that the facts of the run are a gauge of 1; it
// takes the lines UNIT and EOF for comments, and without EOF a reader of OpenMetrics
// must take the text for cut off. Samples have no time stamps, which the collector
// refuses: the start is a gauge. Each has the experiment as a label: of two files in
// one folder with the same series, the collector drops all.
func openMetrics(w io.Writer, run *analysis.Summary) error {
	var b strings.Builder
	experiment := factor{"experiment", run.Header.Plan.Name}
	fmt.Fprintf(&b, "# TYPE mmapbench_run_info gauge\n# HELP mmapbench_run_info The run and the machine that it "+
		"was on.\n")
	fmt.Fprintf(&b, "mmapbench_run_info%s 1\n", labels(about(run)...))
	fmt.Fprintf(&b, "# TYPE mmapbench_run_start_time_seconds gauge\n# UNIT mmapbench_run_start_time_seconds seconds\n")
	fmt.Fprintf(&b, "# HELP mmapbench_run_start_time_seconds When the run began, since 1970.\n")
	fmt.Fprintf(&b, "mmapbench_run_start_time_seconds%s %d\n", labels(experiment), run.Header.Started.Unix())
	all := summaries(run)
	for _, f := range families {
		f.write(&b, experiment, all)
	}
	b.WriteString("# EOF\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// write writes nothing for a family without a sample.
func (f *family) write(b *strings.Builder, experiment factor, rows []*analysis.Row) {
	var samples strings.Builder
	for _, r := range rows {
		if v := f.of(r); v != nil {
			of := labels(append([]factor{experiment}, factors(r.Arm)...)...)
			fmt.Fprintf(&samples, "%s%s %s\n", f.name, of, strconv.FormatFloat(*v, 'g', 10, 64))
		}
	}
	if samples.Len() == 0 {
		return
	}
	fmt.Fprintf(b, "# TYPE %s gauge\n", f.name)
	if f.unit != "" {
		fmt.Fprintf(b, "# UNIT %s %s\n", f.name, f.unit)
	}
	fmt.Fprintf(b, "# HELP %s %s\n%s", f.name, f.help, samples.String())
}

// about lists what is known of the run and its machine.
func about(run *analysis.Summary) []factor {
	facts := run.Header.Host
	out := []factor{{"experiment", run.Header.Plan.Name}, {"version", run.Header.Tool.Version},
		{"machine", facts.Machine.Model}, {"cpu", facts.Processor.Model}, {"kernel", facts.Machine.KernelRelease},
		{"fingerprint", host.Fingerprint(facts)}}
	for _, key := range run.Header.Labels.Keys() {
		out = append(out, factor{"label_" + key, run.Header.Labels[key]})
	}
	return out
}

// end is the median for 0, the lower end of its interval for -1 and the upper
// one for 1, as far as there are any.
func end(e *analysis.Estimate, which int) *float64 {
	switch {
	case e == nil || which != 0 && e.Interval == nil:
		return nil
	case which < 0:
		return &e.Interval.Low
	case which > 0:
		return &e.Interval.High
	}
	return &e.Median
}

// faults are nil for an arm whose faults are counted per something else.
func faults(r *analysis.Row, per string, v *float64) *float64 {
	if r.FaultsPer != per {
		return nil
	}
	return v
}

func number(n int) *float64 {
	f := float64(n)
	return &f
}

// labels writes those that have a value, in braces; nothing for none.
func labels(all ...factor) string {
	parts := make([]string, 0, len(all))
	for _, f := range all {
		if f.value != "" {
			parts = append(parts, f.key+`="`+escapeLabel(f.value)+`"`)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "{" + strings.Join(parts, ",") + "}"
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// escapeLabel escapes what the ABNF of OpenMetrics wants escaped, in text that
// must be UTF-8.
func escapeLabel(s string) string {
	return labelEscapes.Replace(strings.ToValidUTF8(s, "\uFFFD"))
}
