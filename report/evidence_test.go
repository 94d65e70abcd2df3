package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mmapbench/analysis"
	"mmapbench/internal/reason"
	"mmapbench/report/document"
	"mmapbench/report/reporttest"
	"mmapbench/results"
)

// What the summary says of the evidence is counted once more from the trials.
func TestEvidenceComesFromTheRun(t *testing.T) {
	for name, build := range runs {
		run := build()
		s := readJSON(t, run)
		for _, g := range s.Groups {
			for _, r := range g.Rows {
				c := checker{t, name + " " + g.Factors.Workload + " " + g.Factors.Cache + " " + r.Backend}
				proofs := map[string]int{}
				settle, timed, warned := int64(0), int64(0), 0
				var read []float64
				for _, trial := range run.Trials {
					if trial.Arm != r.ID {
						continue
					}
					settle, warned = settle+int64(trial.Settle), warned+len(trial.Warnings)
					if trial.Error == nil && trial.Cache != nil {
						proofs[trial.Cache.Proof]++
					}
					if !trial.Usable() {
						continue
					}
					if trial.Latency != nil {
						timed += trial.Latency.Count
					}
					d := trial.Device.DeviceRead
					if g.Factors.Cache == results.Cached || g.Factors.Cache == results.Mapped {
						d = trial.Device.OwnRead // what the device read was for others
					}
					if d != nil {
						moved := float64(trial.Laps) * float64(r.Bytes)
						if trial.Ops > 0 {
							moved = float64(trial.Ops * r.Record)
						}
						read = append(read, float64(*d)/moved)
					}
				}
				if p := r.Proof; p.Strong != proofs[results.ProofStrong] ||
					p.Weak != proofs[results.ProofWeak] || p.Failed != proofs[results.ProofFailed] {
					t.Errorf("%s: proof %+v, want %v", c.what, p, proofs)
				}
				for _, w := range r.Warnings {
					warned -= w.N
				}
				if int64(r.Settle.Total) != settle || warned != 0 {
					t.Errorf("%s: settling %d of %d, %d warnings uncounted", c.what, r.Settle.Total, settle, warned)
				}
				if l := r.Latency; l != nil && l.Count != timed {
					t.Errorf("%s: %d accesses timed, want %d", c.what, l.Count, timed)
				}
				slices.Sort(read)
				own := g.Factors.Cache == results.Cached || g.Factors.Cache == results.Mapped
				if n := len(read); n > 0 && r.DeviceRead.Own == own {
					c.near("device bytes", *r.DeviceRead.Median, (read[(n-1)/2]+read[n/2])/2)
				} else if n > 0 || r.DeviceRead.Median != nil && !r.DeviceRead.Own {
					t.Errorf("%s: device bytes %+v from %d trials", c.what, r.DeviceRead, n)
				}
			}
		}
	}
}

// Each code is explained once in a table, with how often it was raised there.
func TestWarningsAreExplainedOnce(t *testing.T) {
	run := runs["evidence"]()
	for _, format := range []string{document.Terminal, document.Markdown} {
		text := tables(t, run, shown{format: format})
		var foreign []int
		for l := range strings.Lines(text) {
			if strings.HasPrefix(l, "Warning: "+results.WarnForeignIO) {
				var n, of int
				if _, err := fmt.Sscanf(l, "Warning: foreign-io in %d of %d trials: Others used the device",
					&n, &of); err != nil {
					t.Errorf("%q: %v", l, err)
				}
				foreign = append(foreign, n, of)
			}
		}
		want := make([]int, 4) // random, of; append, of
		for _, trial := range run.Trials {
			k := 0
			if run.Header.Plan.Arms[trial.Arm].Workload == "append" {
				k = 2
			}
			want[k+1]++
			if slices.Contains(trial.Warnings, results.WarnForeignIO) {
				want[k]++
			}
		}
		if diff := cmp.Diff(want, foreign); diff != "" {
			t.Errorf("%s: foreign-io (-want +got):\n%s", format, diff)
		}
		for _, line := range []string{
			"Warning for the whole run: read-ahead (sd: 512 KiB; nvme: 256 KiB): The read-ahead window",
			"Warning for the whole run: of-tomorrow (x).",
		} {
			if strings.Count(text, line) != 1 {
				t.Errorf("%s: %q is there %d times", format, line, strings.Count(text, line))
			}
		}
	}
}

// A histogram that cannot be read leaves the row without percentiles, and says
// so.
func TestDamagedLatency(t *testing.T) {
	if text := tables(t, runs["evidence"](), shown{}); !strings.Contains(text,
		"No latencies of pread, mapped: latency histogram 3") {
		t.Errorf("the damaged histogram is not named in\n%s", text)
	}
}

func TestUnknownDeviceBytes(t *testing.T) {
	run := runs["few"]()
	for i := range run.Trials {
		run.Trials[i].Device = &results.DeviceIO{Reason: map[string]string{"device_read": "no block device",
			"own_read": "no accounts"}}
	}
	text := tables(t, run, shown{})
	head, _, _ := strings.Cut(text, "─")
	if strings.Contains(head, " device ") ||
		!strings.Contains(text, "How many bytes the device moved is not known: no accounts.") {
		t.Errorf("device bytes that nobody knows:\n%s", text)
	}
}

func readCSV(t *testing.T, text string) (head map[string]int, rows [][]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head = map[string]int{}
	for i, h := range all[0] {
		head[h] = i
	}
	return head, all[1:]
}

func TestEvidenceInCSV(t *testing.T) {
	run := runs["evidence"]()
	head, rows := readCSV(t, tables(t, run, shown{format: document.CSV}))
	for i, row := range rows {
		trial := &run.Trials[i]
		want := map[string]string{"settle_ns": fmt.Sprint(int64(trial.Settle)),
			"warnings":    strings.Join(trial.Warnings, ";"),
			"device_read": "", "cache_proof": "", "cache_cachestat_before": "", "latency_count": "",
			"counter_setup_tlb_shootdowns": "",
			"counter_body_pgfault":         fmt.Sprint(*trial.Counters.Get("body", "pgfault"))}
		if d := trial.Device.DeviceRead; d != nil {
			want["device_read"] = fmt.Sprint(*d)
		}
		if c := trial.Cache; c != nil {
			want["cache_proof"], want["cache_reasons"] = c.Proof, reason.Words(c.Reasons)
			want["cache_cachestat_before"] = fmt.Sprint(*c.CachestatBefore)
		}
		if l := trial.Latency; l != nil {
			want["latency_count"] = fmt.Sprint(l.Count)
		}
		for name, w := range want {
			k, ok := head[name]
			if !ok {
				t.Fatalf("there is no column %s", name)
			}
			if row[k] != w {
				t.Errorf("trial %d: %s is %q, want %q", i, name, row[k], w)
			}
		}
	}
}

// Counters are in the summary by phase, each with its median over the usable
// trials, those that could not be read included, and with what they mean.
func TestCountersInJSON(t *testing.T) {
	run := runs["evidence"]()
	s := readJSON(t, run)
	if diff := cmp.Diff(run.Header.Metrics, s.Metrics); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	for _, g := range s.Groups {
		for _, r := range g.Rows {
			var faults []float64
			for _, trial := range run.Trials {
				if trial.Arm == r.ID {
					faults = append(faults, float64(*trial.Counters.Get("body", "pgfault")))
				}
			}
			slices.Sort(faults)
			c := r.Counters["body"]["pgfault"]
			if c.N != len(faults) || c.Median == nil || *c.Median != faults[len(faults)/2] {
				t.Errorf("%s: pgfault %+v, want the median of %v", r.Backend, c, faults)
			}
			if c, ok := r.Counters["setup"]["tlb_shootdowns"]; !ok || c.N != 0 || c.Median != nil {
				t.Errorf("%s: tlb_shootdowns %+v, there: %v; want null", r.Backend, c, ok)
			}
		}
	}
}

// Proofs that failed are counted, and their trials named as left out.
func TestProofNote(t *testing.T) {
	for _, c := range []struct {
		proofs []string
		want   string
	}{
		{[]string{"strong"}, "Cache state: the proof is strong for the trial."},
		{[]string{"strong", "strong"}, "Cache state: the proof is strong for all 2 trials."},
		{[]string{"weak", "strong"},
			"Cache state: the proof is strong for 1 of 2 trials, weak for 1 (reason 0 of weak)."},
		{[]string{"weak", "weak", "failed"},
			"Cache state: the proof is strong for 0 of 3 trials, weak for 2 (reason 0 of weak, in the first; " +
				"with other figures in others), failed for 1, which is left out."},
		{[]string{"failed", "failed"}, "Cache state: the proof is strong for 0 of 2 trials, failed for 2, " +
			"which are left out."},
	} {
		run := reporttest.Run(reporttest.Shape{Rounds: len(c.proofs)})
		for i, proof := range c.proofs {
			cache := run.Trials[i].Cache
			cache.Proof, cache.Reasons = proof, nil
			if proof != results.ProofStrong {
				cache.Reasons = []reason.Reason{{Code: reason.BelowUnseen, Detail: fmt.Sprintf("reason %d of %s",
					i, proof)}}
			}
			if proof == results.ProofFailed {
				run.Trials[i].Excluded = reason.Excluded(cache.Want)
			}
		}
		if text := tables(t, run, shown{}); !strings.Contains(text, "\n"+c.want+"\n") {
			t.Errorf("%v: want %q in\n%s", c.proofs, c.want, text)
		}
	}
}

// TestCSVOfSeveralRuns wants every value under its own name, whatever counters the runs
// have and in whatever order they come, and to see which run a row is from.
func TestCSVOfSeveralRuns(t *testing.T) {
	shape := reporttest.Shape{Rounds: 1}
	a, b := reporttest.Run(shape), reporttest.Run(shape)
	n := int64(7)
	b.Header.Plan.Name, b.Header.Plan.Seed = "other", 5
	b.Header.Metrics = append(b.Header.Metrics, results.Metric{Name: "zzz"})
	b.Trials[0].Counters = results.CountersOf(map[string]map[string]*int64{"teardown": {"aaa": &n, "zzz": &n},
		"body": {"pgfault": &n}})
	first := Source{"a.jsonl", analysis.Summarize(a), a.Each()}
	second := Source{"b.jsonl", analysis.Summarize(b), b.Each()}
	for _, sources := range [][]Source{{first, second}, {second, first}} {
		table := Trials(sources...)
		var keys []string
		for _, c := range table.Columns {
			if strings.HasPrefix(c.Key, "counter_") && c.Key != "counters_lost" {
				keys = append(keys, c.Key)
			}
		}
		want := []string{"counter_setup_tlb_shootdowns", "counter_body_pgfault", "counter_body_tlb_shootdowns",
			"counter_body_read_bytes", "counter_teardown_zzz", "counter_teardown_aaa"}
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("counters (-want +got):\n%s", diff)
		}
		var buf bytes.Buffer
		if err := document.WriteCSV(&buf, table); err != nil {
			t.Fatal(err)
		}
		head, rows := readCSV(t, buf.String())
		for i, row := range rows {
			want := map[string]string{"file": "a.jsonl", "experiment": "made-up", "seed": "0",
				"counter_teardown_aaa": "",
				"counter_body_pgfault": fmt.Sprint(*a.Trials[0].Counters.Get("body", "pgfault"))}
			if sources[i].File == "b.jsonl" {
				want = map[string]string{"file": "b.jsonl", "experiment": "other", "seed": "5",
					"counter_teardown_aaa": "7",
					"counter_body_pgfault": "7"}
			}
			for key, value := range want {
				if got := row[head[key]]; got != value {
					t.Errorf("row %d: %s is %q, want %q", i, key, got, value)
				}
			}
		}
		if len(rows) != 2 {
			t.Errorf("%d rows, want one of each run", len(rows))
		}
	}
}

// TestIgnoredOptionsAreNamed: a line for each backend, whatever it was used for.
func TestIgnoredOptionsAreNamed(t *testing.T) {
	row := func(backend string, trials int, ignored ...analysis.Count) analysis.Row {
		return analysis.Row{Arm: results.Arm{Backend: backend}, Trials: trials, Ignored: ignored}
	}
	huge := analysis.Count{What: "advise=hugepage", N: 3, First: "none of 2 MiB"}
	got := ignored([]analysis.Group{
		{Rows: []analysis.Row{row("pread", 3), row("mmap:advise=hugepage,locked", 3, huge,
			analysis.Count{What: "locked", N: 1, First: "0 B"})}},
		{Rows: []analysis.Row{row("mmap:advise=hugepage,locked", 4, huge), row("mmap:advise=hugepage", 3, huge)}},
	})
	want := []string{
		"mmap:advise=hugepage: the kernel ignored advise=hugepage in 3 of 3 trials: none of 2 MiB.",
		"mmap:advise=hugepage,locked: the kernel ignored advise=hugepage in 6 of 7 trials: none of 2 MiB; " +
			"locked in 1 of 7 trials: 0 B.",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
