package export

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"mmapbench/analysis"
	"mmapbench/internal/host"
	"mmapbench/results"
)

// readBack reads Go benchmark format with its own reader.
func readBack(t *testing.T, text string) (lines []*benchfmt.Result, units benchfmt.UnitMetadataMap) {
	t.Helper()
	r := benchfmt.NewReader(strings.NewReader(text), "export")
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.Result:
			lines = append(lines, rec.Clone())
		case *benchfmt.SyntaxError:
			t.Error(rec)
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return lines, r.Units()
}

// TestGoBenchIsReadByItsReader reads what was written and compares every figure.
func TestGoBenchIsReadByItsReader(t *testing.T) {
	run := madeUp(7)
	lines, units := readBack(t, exported(t, "gobench", run))
	var trials []*results.Trial
	for i := range run.Trials {
		if run.Trials[i].Usable() {
			trials = append(trials, &run.Trials[i])
		}
	}
	if len(lines) != len(trials) {
		t.Fatalf("%d lines of %d usable trials", len(lines), len(trials))
	}
	for i, rec := range lines {
		tr := trials[i]
		want := map[string]*float64{"sec/op": whatever(tr.Total().Seconds()),
			"setup-sec/op": whatever(tr.Setup.Wall.Seconds()),
			"sync-sec/op":  nil,
			"minflt/op":    whatever(float64(tr.Setup.MinorFaults + tr.Body.MinorFaults + tr.Teardown.MinorFaults))}
		if d := tr.Device; d.OwnRead == nil {
			want["device-B/op"] = nil
		} else {
			want["device-B/op"] = whatever(float64(*d.OwnRead + *d.OwnWrite))
		}
		if tr.Latency != nil {
			want["p99-sec/access"] = whatever(tr.Latency.P99.Seconds())
		}
		for unit, w := range want {
			got, ok := rec.Value(unit)
			if ok != (w != nil) || ok && math.Abs(got-*w) > 1e-9**w {
				t.Errorf("line %d: %v %s (%v), want %v", i, got, unit, ok, w)
			}
			if w != nil && units.GetBetter(unit) != -1 {
				t.Errorf("less %s is not known to be better", unit)
			}
		}
		for key, value := range map[string]string{"goos": "linux", "goarch": "arm64", "fs": "ext4",
			"device":  "sd SC64G",
			"machine": "Raspberry Pi 5 Model B Rev 1.0", "fingerprint": host.Fingerprint(run.Header.Host)} {
			if got := rec.GetConfig(key); got != value {
				t.Errorf("line %d: %s is %q, want %q", i, key, got, value)
			}
		}
	}
}

// TestGoBenchForgetsTheFirstMachine: lines about one run do not hold for the next,
// which knows less of itself.
func TestGoBenchForgetsTheFirstMachine(t *testing.T) {
	lines, _ := readBack(t, exported(t, "gobench", madeUp(7), odd()))
	last := lines[len(lines)-1]
	if last.GetConfig("device") != "" || last.GetConfig("cpu") != "" || last.GetConfig("goos") != "linux" {
		t.Errorf("configuration of the second run: %v", last.Config)
	}
	names := map[string]int{}
	for _, l := range lines[len(lines)-2*len(oddNames):] {
		names[string(l.Name)]++
	}
	if len(names) != len(oddNames) {
		t.Errorf("%d names of %d commands: %v", len(names), len(oddNames), names)
	}
}

// TestGoBenchHasLapsOfTrialsWithADuration: such a trial is one lap that did the
// work of many.
func TestGoBenchHasLapsOfTrialsWithADuration(t *testing.T) {
	run := madeUp(7)
	tr := &run.Trials[len(run.Trials)-1]
	for !tr.Usable() {
		tr = &run.Trials[0]
		run.Trials = run.Trials[1:]
	}
	run.Trials = []results.Trial{*tr}
	before, _ := readBack(t, exported(t, "gobench", run))
	run.Trials[0].Ops = 10 * run.Header.Plan.Arms[tr.Arm].Ops
	after, _ := readBack(t, exported(t, "gobench", run))
	a, _ := before[0].Value("sec/op")
	b, _ := after[0].Value("sec/op")
	if laps := analysis.Laps(&run.Trials[0], run.Header.Plan.Arms[tr.Arm]); math.Abs(a/b-laps) > 1e-6 {
		t.Errorf("%v s and %v s of a lap, of %v laps", a, b, laps)
	}
}

// TestBenchstatComparesTwoExports runs benchstat itself.
func TestBenchstatComparesTwoExports(t *testing.T) {
	dir := t.TempDir()
	slow, elsewhere := madeUp(7), madeUp(7)
	for i := range slow.Trials {
		slow.Trials[i].Body.Wall *= 3
	}
	elsewhere.Header.Host.Machine.KernelRelease = "6.13.1"
	paths := map[string]string{}
	for name, run := range map[string]*results.Run{"old": madeUp(7), "new": slow, "elsewhere": elsewhere,
		"odd": odd()} {
		paths[name] = filepath.Join(dir, name)
		if err := os.WriteFile(paths[name], []byte(exported(t, "gobench", run)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	benchstat := func(args ...string) string {
		cmd := exec.Command("go", append([]string{"tool", "benchstat"}, args...)...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("benchstat %v: %v\n%s", args, err, errs.String())
		}
		if strings.Contains(errs.String(), "syntax") || strings.Contains(errs.String(), "parsing") {
			t.Errorf("benchstat %v: %s", args, errs.String())
		}
		return string(out)
	}
	out := benchstat(paths["old"], paths["new"])
	if !regexp.MustCompile(`Seqscan/backend=pread/cache=cold.*\+\d+\.\d+% \(p=0\.00\d n=\d\)`).MatchString(out) ||
		!strings.Contains(out, "sec/op") || !strings.Contains(out, "device: sd SC64G") {
		t.Errorf("benchstat does not see that scans became slower:\n%s", out)
	}
	out = benchstat("-col", "/backend", "-filter", ".unit:sec/op", paths["old"])
	if !regexp.MustCompile(`│ +pread +│ +mmap:private,advise=random +│`).MatchString(out) {
		t.Errorf("benchstat does not find the backends:\n%s", out)
	}
	if out = benchstat(paths["old"], paths["elsewhere"]); strings.Contains(out, "vs base") {
		t.Errorf("benchstat compares two kernels:\n%s", out)
	}
	if out = benchstat("-filter", ".unit:sec/op", paths["odd"]); strings.Count(out, "backend=") != len(oddNames) {
		t.Errorf("benchstat does not tell %d commands apart:\n%s", len(oddNames), out)
	}
}
