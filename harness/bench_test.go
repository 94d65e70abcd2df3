package harness_test

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"mmapbench/analysis"
	"mmapbench/results"
)

// BenchmarkEvidence shows what gathering evidence adds to the total of a trial:
// its median ratio to that of a trial without, paired, with the interval of 95%.
// An interval that contains 1 is no difference within the noise of this run.
func BenchmarkEvidence(b *testing.B) {
	const text = `
rounds = 1
size = "32M"
record = "64k"
consumer = "sum"
workload = ["seqscan", "random"]
backend = ["pread", "mmap"]
cache = ["cold", "cached"]
ops = "all"
`
	fx := fixture{dir: b.TempDir()}
	totals := func(i int, more string, counters bool) (map[string]float64, []string) {
		fx.path = filepath.Join(b.TempDir(), fmt.Sprint(i, more != "", counters))
		got, _, err := fx.runPlan(b, text+more, func(p *results.Plan) { p.NoCounters = !counters }, nil)
		if err != nil {
			b.Fatal(err)
		}
		all, names := map[string]float64{}, []string{}
		for _, a := range got.Header.Plan.Arms {
			names = append(names, fmt.Sprintf("%s-%s-%s", a.Workload, a.Backend, a.Cache))
		}
		for _, tr := range got.Trials {
			if tr.Usable() {
				all[names[tr.Arm]] = math.Log(tr.Total().Seconds())
			}
		}
		return all, names
	}
	for _, c := range []struct {
		name, with, without string
		counters            bool
	}{{"counters", "latency='off'", "latency='off'", true},
		{"latency=auto", "latency='auto'", "latency='off'", false}} {
		b.Run(c.name, func(b *testing.B) {
			ratios := map[string][]float64{}
			var names []string
			for i := range b.N {
				var with, without map[string]float64
				if i%2 == 0 {
					with, names = totals(i, c.with, c.counters)
					without, _ = totals(i, c.without, false)
				} else {
					without, _ = totals(i, c.without, false)
					with, names = totals(i, c.with, c.counters)
				}
				for name := range with {
					if _, ok := without[name]; ok {
						ratios[name] = append(ratios[name], with[name]-without[name])
					}
				}
			}
			b.ReportMetric(0, "ns/op") // a whole experiment's ns/op says nothing
			for _, name := range names {
				e := analysis.MedianInterval(ratios[name], analysis.Confidence)
				if e == nil {
					b.Fatalf("%s: no usable pair", name)
				}
				if e.Interval != nil { // not in the first, trial, iteration
					b.Logf("%-20s %.3f times as long (%.3f to %.3f), n %d", name, math.Exp(e.Median),
						math.Exp(e.Interval.Low), math.Exp(e.Interval.High), e.N)
				}
			}
		})
	}
}
