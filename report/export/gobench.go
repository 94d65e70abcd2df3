package export

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"

	"mmapbench/analysis"
	"mmapbench/internal/host"
	"mmapbench/results"
)

// goBench writes the Go benchmark format (golang.org/design/14313): a line per
// trial, so that benchstat has samples and not a mean. Times are those of a lap.
func goBench(w io.Writer, run *results.Run) error {
	// The lines about units; benchfmt reads them, and does not write them.
	for _, unit := range []string{"ns/op", "minflt/op", "majflt/op", "device-B/op", "cpu-ns/op"} {
		if _, err := fmt.Fprintf(w, "Unit %s better=lower assume=nothing\n", unit); err != nil {
			return err
		}
	}
	out := benchfmt.NewWriter(w)
	groups := map[int]*analysis.Row{}
	for _, r := range rows(run) {
		groups[r.Arm.ID] = r
	}
	for i := range run.Trials {
		t := &run.Trials[i]
		if !t.Usable() || groups[t.Arm] == nil {
			continue
		}
		if err := out.Write(goResult(run, t, run.Header.Plan.Arms[t.Arm])); err != nil {
			return err
		}
	}
	return nil
}

func goResult(run *results.Run, t *results.Trial, a results.Arm) *benchfmt.Result {
	r := &benchfmt.Result{Name: benchfmt.Name(goName(a)), Iters: max(t.Laps, 1)}
	facts := run.Header.Host
	for _, c := range []struct{ key, value string }{
		{"goos", "linux"}, {"goarch", goArch(facts.Machine.Arch)}, {"pkg", "mmapbench"}, {"cpu", facts.Processor.Model},
		{"kernel", facts.Machine.KernelRelease}, {"machine", facts.MachineName()}, {"fingerprint", host.Fingerprint(facts)},
	} {
		if c.value != "" {
			r.Config = append(r.Config, benchfmt.Config{Key: c.key, Value: []byte(oneLine(c.value)), File: true})
		}
	}
	laps := analysis.Laps(t, a)
	var cpu, minor, major float64
	for _, p := range t.Phases() {
		if p.Phase != nil {
			cpu += float64(p.User + p.System)
			minor, major = minor+float64(p.MinorFaults), major+float64(p.MajorFaults)
		}
	}
	r.Values = []benchfmt.Value{
		{Value: float64(t.Total()) * float64(t.Laps) / laps, Unit: "ns/op"},
		{Value: cpu / laps, Unit: "cpu-ns/op"},
		{Value: minor / laps, Unit: "minflt/op"},
		{Value: major / laps, Unit: "majflt/op"},
	}
	if d := t.Device; d != nil && d.OwnRead != nil && d.OwnWrite != nil {
		r.Values = append(r.Values, benchfmt.Value{Value: float64(*d.OwnRead+*d.OwnWrite) / laps, Unit: "device-B/op"})
	}
	for i := range r.Values { // ten digits are enough, and are read back the same
		f, err := strconv.ParseFloat(strconv.FormatFloat(r.Values[i].Value, 'g', 10, 64), 64)
		if err == nil && !math.IsNaN(f) {
			r.Values[i].Value = f
		}
	}
	return r
}

// goName writes "Seqscan/backend=mmap/cache=cold/record=64k".
func goName(a results.Arm) string {
	var b strings.Builder
	for _, f := range factors(a) {
		if f.key == "workload" {
			b.WriteString(strings.ToUpper(f.value[:1]) + f.value[1:])
			continue
		}
		// A name ends at a blank, and its parts at a slash; "-8" at its end
		// would be taken for GOMAXPROCS.
		value := strings.NewReplacer(" ", "_", "/", "_", "\t", "_").Replace(f.value)
		b.WriteString("/" + f.key + "=" + value)
	}
	return b.String()
}

// goArch is Go's name for what uname(1) says.
func goArch(machine string) string {
	switch machine {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	}
	return machine
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
