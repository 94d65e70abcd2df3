package analysis

import "mmapbench/results"

// Depth says what a summary is to hold.
type Depth int

// The depths.
const (
	Times      Depth = iota // all but the latencies of accesses and the counters
	Everything              // what a report shows
)

// Read reduces a run file to its summary while the file is read, so that of each trial
// only the figures stay in memory.
func Read(path string, depth Depth) (*Summary, error) {
	in, err := results.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	plan := &in.Header.Plan
	run := &results.Run{Header: in.Header}
	run.Trials = make([]results.Trial, 0, min(plan.Rounds*len(plan.Arms), in.Most()))
	all := map[int]*sums{}
	for t, err := range in.Trials() {
		if err != nil {
			return nil, err
		}
		if depth == Everything {
			add(all, t)
		}
		run.Trials = append(run.Trials, figures(t))
	}
	run.Resumes, run.End, run.Torn = in.Resumes, in.End, in.Torn
	return summarize(run, all), nil
}

// sums are what the trials of an arm say that is too large to be kept.
type sums struct {
	latency  latencySum
	counters counterSum
}

func add(all map[int]*sums, t *results.Trial) {
	if !measured(t) {
		return
	}
	if all[t.Arm] == nil {
		all[t.Arm] = &sums{}
	}
	all[t.Arm].latency.add(t)
	all[t.Arm].counters.add(t)
}

// measured reports whether a trial has a time that summaries may use.
func measured(t *results.Trial) bool { return t.Usable() && t.Total() > 0 }

// proven stands for the cache states of all trials whose proof is strong.
var proven = &results.CacheState{Proof: results.ProofStrong}

// figures is a trial without what summaries do not need of a single one.
func figures(t *results.Trial) results.Trial {
	out := *t
	out.Counters, out.CounterReasons, out.Latency, out.Check, out.Said = results.Counters{}, nil, nil, nil, ""
	if c := out.Cache; c != nil && c.Proof == results.ProofStrong {
		out.Cache = proven
	}
	if d := out.Device; d != nil {
		d.Names = nil
	}
	return out
}
