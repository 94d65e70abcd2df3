//go:build linux && !386 && !arm

package results_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mmapbench/internal/plain"
	"mmapbench/results"
)

// hostile writes a run file whose first lines, a header and a trial, are changed in
// JSON: a path such as "plan.arms.0.size" and the value that is put there.
func hostile(t *testing.T, line int, path string, value any) []byte {
	t.Helper()
	whole, err := os.ReadFile(write(t))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	var doc any
	if err := json.Unmarshal(lines[line], &doc); err != nil {
		t.Fatal(err)
	}
	at, keys := doc, strings.Split(path, ".")
	for _, key := range keys[:len(keys)-1] {
		switch x := at.(type) {
		case map[string]any:
			if x[key] == nil {
				x[key] = map[string]any{}
			}
			at = x[key]
		case []any:
			at = x[key[0]-'0']
		}
	}
	at.(map[string]any)[keys[len(keys)-1]] = value
	if lines[line], err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	lines[line] = append(lines[line], '\n')
	return bytes.Join(lines, nil)
}

// TestNumbersThatNoRunHas changes one number of a good file, and wants the file, the
// line and the field in one refusal.
func TestNumbersThatNoRunHas(t *testing.T) {
	const huge = 9_000_000_000_000_000_000
	arm := func(id int, target string) map[string]any {
		return map[string]any{"id": id, "target": target, "workload": "seqscan", "backend": "pread", "size": 8,
			"record": 8, "ops": 1, "bytes": 8}
	}
	writing := arm(0, "here")
	writing["durability"], writing["bytes"] = "none", 16
	for _, tt := range []struct {
		line  int // the first is 0
		path  string
		value any
		says  string
	}{
		{0, "plan.duration_ns", huge, "plan.duration_ns is 9000000000000000000"},
		{0, "plan.duration_ns", -1, "plan.duration_ns"},
		{0, "plan.min_trial_ns", huge, "plan.min_trial_ns"},
		{0, "plan.budget_ns", -5, "plan.budget_ns"},
		{1, "lap_ns", 7, "lap_ns is 7: it is not the median of the 0 in lap_times_ns"},
		{1, "lap_times_ns", []any{1, 2, 3}, "lap_ns"},
		{1, "others", map[string]any{"waited_ns": -1}, "others.waited_ns is -1"},
		{1, "memory", map[string]any{"peak_bytes": -1}, "memory.peak_bytes is -1"},
		{0, "plan.rounds", -1, "plan.rounds is -1: no run has that, only what is from 1 to 1000000"},
		{0, "plan.rounds", 0, "plan.rounds"},
		{0, "plan.rounds", math.MaxInt64, "plan.rounds"},
		{0, "plan.rounds", "x", "plan.rounds is a string"},
		{0, "plan.rounds", 1e300, "plan.rounds is a number"},
		{0, "plan.cooldown_c", 1e300, "plan.cooldown_c"},
		{0, "plan.expected_ns", -1, "plan.expected_ns"},
		{0, "plan.read_bytes", -1, "plan.read_bytes"},
		{0, "plan.arms.0.ops", huge, "plan.arms[0].ops"},
		{0, "plan.arms.0.ops", 1 << 50, ""}, // records of 4 KiB make it an exabyte or more
		{0, "plan.arms.0.size", -4096, "plan.arms[0].size"},
		{0, "plan.arms.1.size", 2048, "plan.arms[1].record"},
		{0, "plan.arms.0.record", 0, "plan.arms[0].record"},
		{0, "plan.arms.0.bytes", 0, "plan.arms[0].bytes"},
		{0, "plan.arms.0.bytes", 7, "plan.arms[0].bytes is 7"},
		{0, "plan.arms.0.ops", 1_000_000_000, "1000000000 accesses of 4096 bytes"},
		{0, "plan.arms", []any{writing}, "plan.arms[0].bytes is 16: a lap that writes is of the whole file"},
		{0, "plan.arms.1.id", 0, "plan.arms[1].id is 0"},
		{0, "plan.arms.0.target", "there", `plan.arms[0].target is "there"`},
		{0, "plan.arms", []any{arm(0, "here"), arm(2, "here")}, "plan.arms[1].id is 2"},
		{0, "plan.targets", []any{map[string]any{"name": "here", "dir": "/a"},
			map[string]any{"name": "here", "dir": "/b"}}, "two that are called"},
		{0, "plan.targets", []any{map[string]any{"name": "", "dir": "/a"}}, "without a name"},
		{0, "plan.calibration", []any{map[string]any{"target": "here", "cold_scan_bytes_per_s": 1e-300}},
			"plan.calibration[0]"},
		{0, "plan.calibration", []any{map[string]any{"target": "here", "cold_access_s": -1}},
			"plan.calibration[0].cold_access_s"},
		{0, "plan.gate", map[string]any{"factor": "exec", "looks": []int{4, 2}}, "plan.gate.looks[1]"},
		{0, "plan.gate", map[string]any{"factor": "exec", "looks": []int{-4}}, "plan.gate.looks[0]"},
		{0, "plan.gate", map[string]any{"factor": "exec", "tolerance": -1}, "plan.gate.tolerance"},
		{0, "plan.gate", map[string]any{"factor": "exec"}, "plan.arms[0].side"},
		{0, "plan.commands", []any{map[string]any{"name": "a", "line": "true",
			"way": map[string]any{"limit_ns": huge}}}, "plan.commands[0].way.limit_ns"},
		{0, "plan.commands", []any{map[string]any{"name": "a", "line": "true",
			"way": map[string]any{"exit_codes": []int{256}}}}, "plan.commands[0].way.exit_codes[0]"},
		{0, "plan.commands", []any{map[string]any{"name": "a", "line": "true", "way": map[string]any{"output": "x"}}},
			"plan.commands[0].way.output"},
		{1, "round", -1, "round is -1"},
		{1, "round", 2, "round is 2"},
		{1, "round", 1, "already"}, // the trial of round 1 comes later
		{1, "laps", -1, "laps"},
		{1, "body.wall_ns", -1, "body.wall_ns is -1"},
		{1, "body.wall_ns", math.MaxInt64, "body.wall_ns"},
		{1, "body.major_faults", -1, "body.major_faults"},
		{1, "temperature_c", 1e9, "temperature_c"},
		{1, "counters.body", map[string]any{"perf.cycles": -1}, "counters.body.perf.cycles"},
		{1, "series", []any{map[string]any{"elapsed_ns": 1, "ops": -1}}, "series[0].ops"},
		{1, "latency", map[string]any{"p50_ns": -1}, "latency.p50_ns"},
	} {
		path := filepath.Join(t.TempDir(), "run.jsonl")
		if err := os.WriteFile(path, hostile(t, tt.line, tt.path, tt.value), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := results.Read(path)
		at := path + ":" + string(rune('1'+tt.line)) + ": "
		if tt.says == "already" {
			at = path + ":4: "
		}
		if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), at) ||
			strings.Contains(err.Error(), "Go struct") {
			t.Errorf("%s = %v: %v\nwant %s… %s", tt.path, tt.value, err, at, tt.says)
		}
	}
}

// TestTextIsMadePlain puts an escape, a line feed and a turn of direction into texts
// of every kind.
func TestTextIsMadePlain(t *testing.T) {
	const bad, want = "a\x1b[31m\nb\u202ec\x7f\u009b", `a\x1b[31m\nb\u202ec\x7f\u009b`
	run, err := results.Decode(bytes.NewReader(hostile(t, 0, "plan.targets.0.dir", bad)))
	if err != nil {
		t.Fatal(err)
	}
	if got := run.Header.Plan.Targets[0].Dir; got != want {
		t.Errorf("directory %q, want %q", got, want)
	}
	for path, of := range map[string]func(*results.Header) string{
		"plan.name":           func(h *results.Header) string { return h.Plan.Name },
		"tool.version":        func(h *results.Header) string { return h.Tool.Version },
		"host.machine.model":  func(h *results.Header) string { return h.Host.Machine.Model },
		"host.unknown.x":      func(h *results.Header) string { return h.Host.Unknown["x"] },
		"plan.arms.0.backend": func(h *results.Header) string { return h.Plan.Arms[0].Backend },
	} {
		run, err := results.Decode(bytes.NewReader(hostile(t, 0, path, bad)))
		if err != nil {
			t.Fatal(err)
		}
		if got := of(&run.Header); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	run, err = results.Decode(bytes.NewReader(hostile(t, 1, "counters.body", map[string]any{bad: 1})))
	if err != nil || run.Trials[0].Counters.Get("body", want) == nil || len(run.Trials[0].Counters.Keys) != 1 {
		t.Errorf("counters %v, %v", run.Trials[0].Counters, err)
	}
	// What a command said may have lines.
	run, err = results.Decode(bytes.NewReader(hostile(t, 1, "error",
		map[string]any{"kind": "command", "text": "two\nlines\x1b[2J"})))
	if want := "two\nlines" + `\x1b[2J`; err != nil || run.Trials[0].Error.Text != want {
		t.Errorf("error %+v, %v; want %q", run.Trials[0].Error, err, want)
	}
}

// endless is a line that has no end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	if e.read == 0 {
		p[0] = '{'
	}
	e.read += len(p)
	return len(p), nil
}

func TestLinesHaveALimit(t *testing.T) {
	in := &endless{}
	_, err := results.Decode(in)
	if err == nil || !strings.Contains(err.Error(), "line 1: it is longer than 64 MiB") {
		t.Errorf("error %v", err)
	}
	if in.read > results.MaxLine+1<<20 {
		t.Errorf("%d bytes were read of a line that has no end", in.read)
	}
	zeros := io.LimitReader(zero{}, 1<<40)
	if _, err := results.Decode(zeros); !errors.Is(err, results.ErrNotRunFile) {
		t.Errorf("zeros: %v", err)
	}
}

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestOnlyPlainFilesAreRead: a pipe that nobody writes to would be waited for.
func TestOnlyPlainFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{dir: "it is a directory", pipe: "it is a pipe",
		"/dev/zero": "it is a device"} {
		done := make(chan error, 2)
		go func() {
			_, err := results.Read(path)
			done <- err
			_, err = results.OpenPaused(path)
			done <- err
		}()
		for range 2 {
			select {
			case err := <-done:
				if !errors.Is(err, results.ErrNotRunFile) || !strings.Contains(err.Error(), says) {
					t.Errorf("%s: %v, want %q", path, err, says)
				}
			case <-time.After(time.Minute):
				t.Fatalf("%s is waited for", path)
			}
		}
	}
}

// TestPausedPlanIsExact: who goes on needs the directory as it is, and nobody goes on
// with a name that cannot be shown.
func TestPausedPlanIsExact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	put := func(b []byte) {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(hostile(t, 0, "plan.targets.0.dir", "/a\nb"))
	p, err := results.OpenPaused(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if exact, shown := p.Plan.Targets[0].Dir, p.Run.Header.Plan.Targets[0].Dir; exact != "/a\nb" || shown != `/a\nb` ||
		p.Plan.Shown().Targets[0].Dir != shown {
		t.Errorf("directories %q and %q", exact, shown)
	}
	if !p.Finished() || p.Left() != 0 {
		t.Errorf("finished %v, %d left", p.Finished(), p.Left())
	}
	// Another run goes on with it meanwhile.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("{}\n"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := p.Resume(results.Resume{}); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("resumed a file that has changed: %v", err)
	}
	put(hostile(t, 0, "plan.arms.0.backend", "pread\x1b[31m"))
	if _, err := results.OpenPaused(path); err == nil || !strings.Contains(err.Error(), "control characters") {
		t.Errorf("a backend with an escape: %v", err)
	}
}

// FuzzHostile: whatever is accepted is within bounds, and all of it can be shown.
func FuzzHostile(f *testing.F) {
	whole, err := os.ReadFile(fixture(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(bytes.Replace(whole, []byte(`"rounds":2`), []byte(`"rounds":9e5`), 1))
	f.Add(bytes.Replace(whole, []byte(`"ops":1`), []byte(`"ops":1125899906842624`), 1))
	f.Add(bytes.Replace(whole, []byte(`"name":"here"`), []byte(`"name":"\u001b[31m\u202e"`), 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		run, err := results.Decode(bytes.NewReader(b))
		if err != nil {
			if !plain.Is(strings.NewReplacer("\n", "", "\t", "").Replace(plain.Text(err.Error()))) {
				t.Errorf("error %q", err)
			}
			return
		}
		p := run.Header.Plan
		if p.Rounds < 1 || p.Rounds*max(len(p.Arms), 1) < 0 || p.Budget < 0 || p.Budget+24*time.Hour < 0 ||
			p.Duration < 0 ||
			2*time.Minute+2*p.Duration > 72*time.Hour || p.MinTrial < 0 || p.MinTrial > time.Hour || p.Expected < 0 ||
			!(p.Cooldown >= 0 && p.Cooldown < 200) {
			t.Errorf("plan %+v", p)
		}
		for i, a := range p.Arms {
			if a.ID != i {
				t.Errorf("arm %d has the id %d", i, a.ID)
			}
			if a.Workload == results.Exec {
				continue
			}
			if a.Size <= 0 || a.Record <= 0 || a.Record > a.Size || a.Ops <= 0 || a.Bytes <= 0 ||
				a.Ops*a.Record/a.Record != a.Ops || a.Ops*a.Record < 0 {
				t.Errorf("arm %+v", a)
			}
		}
		seen := map[[2]int]bool{}
		for _, tr := range run.Trials {
			if tr.Arm >= len(p.Arms) || tr.Round >= p.Rounds || tr.Total() < 0 || seen[[2]int{tr.Round, tr.Arm}] {
				t.Errorf("trial %+v", tr)
			}
			seen[[2]int{tr.Round, tr.Arm}] = true
		}
		before, err := json.Marshal(run.Header)
		if err != nil {
			t.Fatal(err)
		}
		results.Show(&run.Header)
		if after, _ := json.Marshal(run.Header); !bytes.Equal(before, after) {
			t.Errorf("not fit to be shown: %s", before)
		}
	})
}
