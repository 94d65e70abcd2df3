package report

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mmapbench/report/chart"
	"mmapbench/report/document"
	"mmapbench/report/words"
	"mmapbench/results"
)

// published turns the measurements of testdata/cidr22 into a run of one trial
// per series, whose backends are the hints.
func published(t *testing.T) *results.Run {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "cidr22", "cidr22.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const page, gib = 4096, 1 << 30
	run := &results.Run{End: &results.End{Status: results.EndComplete}}
	run.Header.Plan.Rounds = 1
	arms := map[[3]string]int{}
	for _, row := range rows[1:] { // dev,seq,hint,threads,time,workGB,tlb,readGB,CPUwork
		key := [3]string(row[:3])
		id, ok := arms[key]
		if !ok {
			id = len(run.Trials)
			arms[key] = id
			run.Header.Plan.Arms = append(run.Header.Plan.Arms, results.Arm{ID: id, Target: filepath.Base(row[0]),
				Workload: map[string]string{"0": "random", "1": "seqscan"}[row[1]],
				Backend:  "mmap:advise=" + map[string]string{"0": "normal", "1": "random", "2": "sequential"}[row[2]],
				Size:     2 << 40, Record: page, Ops: 1 << 29, Bytes: 2 << 40, Cache: results.Cold})
			run.Trials = append(run.Trials, results.Trial{Arm: id, Laps: 1,
				Setup: &results.Phase{}, Body: &results.Phase{}, Teardown: &results.Phase{}})
		}
		trial := &run.Trials[id]
		elapsed := time.Duration(number(row[4]) * float64(time.Second))
		bytes, read, written, shot := int64(number(row[5])*gib), int64(number(row[7])*gib), int64(0),
			int64(number(row[6]))
		trial.Body.Wall = elapsed
		trial.Ops += bytes / page
		trial.Series = append(trial.Series, results.Tick{Elapsed: elapsed, Ops: bytes / page, Bytes: bytes,
			DeviceRead: &read, DeviceWrite: &written, Shootdowns: &shot})
	}
	return run
}

// The axes hold what was published: minutes, gigabytes a second and millions of
// TLB shootdowns. The figures are those of the file, added up by other means.
func TestPublishedSeries(t *testing.T) {
	run := published(t)
	drawn := map[string]string{}
	for _, ch := range charts(run) {
		if strings.HasSuffix(ch.Name, "-series") {
			var buf bytes.Buffer
			if err := chart.Write(&buf, ch, chart.SVG); err != nil {
				t.Fatal(err)
			}
			drawn[ch.Name] = buf.String()
		}
	}
	for name, ticks := range map[string][]string{
		"s2-random-series":     {"3000", "6000", "0.5M", "2M", "200", "TLB shootdowns of the whole host, per second"},
		"md127-seqscan-series": {"6000", "60k", "200k", "400k", "200", "mmap:advise=sequential"},
	} {
		for _, tick := range ticks {
			if !strings.Contains(drawn[name], ">"+tick+"<") {
				t.Errorf("%s has no text %q", name, tick)
			}
		}
	}
	text := tables(t, run, shown{format: document.Markdown})
	for _, g := range readJSON(t, run).Groups {
		for _, r := range g.Rows {
			series := run.Trials[r.ID].Series
			var bytes, read, shot, slowest float64 = 0, 0, 0, math.Inf(1)
			var before time.Duration
			for _, tick := range series {
				bytes, read, shot = bytes+float64(tick.Bytes), read+float64(*tick.DeviceRead),
					shot+float64(*tick.Shootdowns)
				slowest = min(slowest, float64(tick.Bytes)/(tick.Elapsed-before).Seconds())
				before = tick.Elapsed
			}
			c := checker{t, g.Factors.Target + " " + r.Backend}
			seconds := before.Seconds()
			c.near("mean", r.Series.Mean, bytes/seconds)
			for _, cell := range []string{words.Significant3(read / seconds / words.MiB),
				words.Significant3(shot / seconds)} {
				if !hasLine(text, r.Backend, cell) {
					t.Errorf("%s: no line of the table has %q", c.what, cell)
				}
			}
			c.near("slowest second", r.Series.Min, slowest)
		}
	}
}
