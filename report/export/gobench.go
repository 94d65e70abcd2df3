package export

import (
	"io"
	"iter"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"mmapbench/analysis"
	"mmapbench/internal/host"
	"mmapbench/results"
)

// goBench writes the Go benchmark format (golang.org/design/14313): a line per
// trial, so that benchstat has samples and not a mean. An op is a lap. Counters
// of the kernel are left out, of which benchstat would make a table each.
func goBench(w io.Writer, runs []*analysis.Summary) error {
	out := benchfmt.NewWriter(w)
	known := map[string]bool{}
	for _, run := range runs {
		for r := range goResults(run) {
			for _, v := range r.Values {
				if known[v.Unit] {
					continue
				}
				known[v.Unit] = true
				better := &benchfmt.UnitMetadata{UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: v.Unit, Key: "better"},
					OrigUnit: v.Unit, Value: "lower"}
				if err := out.Write(better); err != nil {
					return err
				}
			}
			if err := out.Write(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// goResults yields the run's trials by target, so that the lines about a target
// stand once.
func goResults(run *analysis.Summary) iter.Seq[*benchfmt.Result] {
	return func(yield func(*benchfmt.Result) bool) {
		arms := run.Header.Plan.Arms
		var done []string
		for _, arm := range arms {
			if slices.Contains(done, arm.Target) {
				continue
			}
			done = append(done, arm.Target)
			config := goConfig(run, arm.Target)
			for i := range run.Len() {
				t := run.Trial(i)
				if arms[t.Arm].Target != arm.Target {
					continue
				}
				m, ok := analysis.LapOf(t, arms[t.Arm])
				if ok && !yield(&benchfmt.Result{Name: benchfmt.Name(armName(arms[t.Arm])), Iters: t.Laps,
					Config: config, Values: goValues(t, m)}) {
					return
				}
			}
		}
	}
}

// goConfig is what benchstat keeps apart by: results of different machines stand
// in different tables. So nothing is here that changes from run to run.
func goConfig(run *analysis.Summary, target string) (out []benchfmt.Config) {
	facts := run.Header.Host
	fs, device := "", ""
	for _, t := range facts.Targets {
		if t.Name == target {
			fs, device = t.FileSystem, deviceModel(t.Device)
		}
	}
	for _, c := range []struct{ key, value string }{
		{"goos", "linux"}, {"goarch", goArch(facts.Machine.Arch)}, {"pkg", "mmapbench"}, {"cpu", facts.Processor.Model},
		{"machine", facts.Machine.Model}, {"kernel", facts.Machine.KernelRelease}, {"fs", fs}, {"device", device},
		{"fingerprint", host.Fingerprint(facts)},
	} {
		if c.value != "" {
			value := strings.Join(strings.Fields(c.value), " ")
			out = append(out, benchfmt.Config{Key: c.key, Value: []byte(value), File: true})
		}
	}
	return out
}

// deviceModel leaves out the name, which changes between boots.
func deviceModel(d *host.Device) string {
	if d == nil {
		return ""
	}
	return d.Kind + " " + d.Model
}

func goValues(t *results.Trial, m analysis.Lap) []benchfmt.Value {
	var out []benchfmt.Value
	add := func(value float64, unit string) {
		out = append(out, benchfmt.Value{Value: rounded(value), Unit: unit})
	}
	add(m.Wall, "ns/op")
	for _, p := range m.Phases {
		add(p.Wall, p.Name+"-ns/op")
	}
	add(m.CPU, "cpu-ns/op")
	add(m.MinorFaults, "minflt/op")
	add(m.MajorFaults, "majflt/op")
	if d := t.Device; d != nil && d.OwnRead != nil && d.OwnWrite != nil {
		add(float64(*d.OwnRead+*d.OwnWrite)/m.Laps, "device-B/op")
	}
	if l := t.Latency; l != nil {
		add(float64(l.P50), "p50-ns/access")
		add(float64(l.P99), "p99-ns/access")
	}
	if l := t.SyncLatency; l != nil {
		add(float64(l.P50), "p50-ns/sync")
		add(float64(l.P99), "p99-ns/sync")
	}
	return out
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
