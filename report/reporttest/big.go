package reporttest

import (
	"math/rand/v2"
	"strings"

	"mmapbench/results"
)

// bigNames are the counters of a run on amd64 with Linux 6.12. Those that a virtual
// machine lacks are marked.
const bigNames = `diskstats.busy diskstats.read_bytes diskstats.reads diskstats.write_bytes diskstats.writes
interrupts.tlb_shootdowns io.cancelled_write_bytes io.rchar io.read_bytes io.syscr io.syscw io.wchar io.write_bytes
memcg.pgfault memcg.pgmajfault memcg.pgscan memcg.pgsteal memcg.workingset_refault_file !perf.branch-misses
!perf.cache-misses !perf.cache-references perf.context-switches perf.cpu-migrations perf.cycles !perf.dTLB-load-misses
!perf.dTLB-store-misses !perf.iTLB-load-misses !perf.instructions !perf.major-faults !perf.minor-faults
!perf.page-faults perf.task-clock psi.cpu_some psi.io_full psi.io_some psi.memory_full psi.memory_some schedstat.run
schedstat.timeslices schedstat.wait vmstat.nr_dirtied vmstat.nr_written vmstat.pgfault vmstat.pgmajfault vmstat.pgpgin
vmstat.pgpgout vmstat.pgscan_direct vmstat.pgscan_kswapd vmstat.pgsteal_direct vmstat.pgsteal_kswapd
vmstat.thp_fault_alloc vmstat.thp_file_mapped vmstat.workingset_refault_file`

// Big writes a run of 36 arms and of so many trials to a new file, with counters,
// latencies and evidence in each trial as in a run that was measured: some 4 KiB a
// trial. It is made without holding the run in memory.
func Big(path string, trials int, seed uint64) error {
	shape := Shape{Workloads: []string{"seqscan", "random"}, Backends: []string{"pread", "mmap", "mmap:populate"},
		Records: []int64{4 << 10, 16 << 10, 64 << 10}, Caches: []string{results.Cold, results.Cached}, Size: 1 << 20,
		Seed: seed, Latency: true, Rounds: 4}
	few := Run(shape) // its latencies are those of all rounds, again and again
	arms := len(few.Header.Plan.Arms)
	few.Header.Started = few.Header.Started.AddDate(0, 0, int(seed))
	few.Header.Plan.Rounds = (trials + arms - 1) / arms
	few.Header.Metrics = nil
	for name := range strings.FieldsSeq(bigNames) {
		m := results.Metric{Name: strings.TrimPrefix(name, "!"), Unit: "1", Scope: "host", Source: "made up"}
		if m.Name != name {
			m.Reason = "this virtual machine has no such counter"
		}
		few.Header.Metrics = append(few.Header.Metrics, m)
	}
	w, err := results.Create(path, few.Header)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(seed, 56))
	counters := bigCounters(few.Header.Metrics)
	clock := few.Header.Started
	for n := range trials {
		t := few.Trials[n%len(few.Trials)]
		t.Round, t.Started = n/arms, clock
		body := *t.Body
		body.Wall = scale(body.Wall.Seconds(), 1+0.02*rng.NormFloat64())
		for i, value := range counters.Values {
			if i%4 == 0 && value != results.Unread { // the others of a trial mostly stay at 0
				counters.Values[i] = rng.Int64N(10_000_000)
			}
		}
		t.Body, t.Counters = &body, counters
		clock = clock.Add(t.Total())
		if err := w.Append(t); err != nil {
			return err
		}
	}
	end := *few.End
	end.Ended = clock
	return w.Close(end)
}

// bigCounters are those of every phase, at 0 where the machine has them.
func bigCounters(metrics []results.Metric) results.Counters {
	all := map[string]map[string]*int64{}
	for _, phase := range []string{"setup", "body", "teardown"} {
		all[phase] = map[string]*int64{}
		for _, m := range metrics {
			all[phase][m.Name] = nil
			if m.Reason == "" {
				all[phase][m.Name] = some(0)
			}
		}
	}
	return results.CountersOf(all)
}
