package analysis

import "mmapbench/results"

// Depth says what a summary is to hold.
type Depth int

// The depths.
const (
	Times      Depth = iota // all but the latencies of accesses and the counters
	Names                   // the times, and which counters there are
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
	in.NoCounters = depth == Times
	plan := &in.Header.Plan
	run := &results.Run{Header: in.Header}
	run.Trials = make([]results.Trial, 0, min(plan.Rounds*len(plan.Arms), in.Most()))
	p := newPass()
	for t, err := range in.Trials() {
		if err != nil {
			return nil, err
		}
		p.take(t, depth)
		run.Trials = append(run.Trials, figures(t, depth))
	}
	run.Resumes, run.Dropped, run.End, run.Torn = in.Resumes, in.Dropped, in.End, in.Torn
	return p.summary(run), nil
}

// A pass goes once through the trials of a run and keeps what is too large to be kept of
// each.
type pass struct {
	sums map[int]*sums // by arm
	keys map[results.CounterKey]bool
	// lists are those of which the keys are known, by their first: trials share them.
	lists map[*results.CounterKey]bool
}

// sums are what the trials of an arm say.
type sums struct {
	latency  latencySum
	syncs    latencySum // latencies of the syncs between records
	counters counterSum
	laps     lapSum
}

func newPass() *pass {
	return &pass{map[int]*sums{}, map[results.CounterKey]bool{}, map[*results.CounterKey]bool{}}
}

func (p *pass) take(t *results.Trial, depth Depth) {
	if keys := t.Counters.Keys; len(keys) > 0 && !p.lists[&keys[0]] {
		p.lists[&keys[0]] = true
		for _, k := range keys {
			p.keys[k] = true
		}
	}
	if depth < Everything || !measured(t) {
		return
	}
	if p.sums[t.Arm] == nil {
		p.sums[t.Arm] = &sums{}
	}
	p.sums[t.Arm].latency.add(t.Latency)
	p.sums[t.Arm].syncs.add(t.SyncLatency)
	p.sums[t.Arm].counters.add(t)
	p.sums[t.Arm].laps.add(t)
}

// measured reports whether a trial has a time that summaries may use.
func measured(t *results.Trial) bool { return t.Usable() && t.Total() > 0 }

// proven stands for the cache states of all trials whose proof is strong.
var proven = &results.CacheState{Proof: results.ProofStrong}

// figures is a trial without what summaries do not need of a single one.
func figures(t *results.Trial, depth Depth) results.Trial {
	out := *t
	out.LapTimes, out.Others = nil, nil
	out.Counters, out.CountersLost, out.Check, out.Said = results.Counters{}, nil, nil, ""
	if depth < Everything {
		out.Latency, out.SyncLatency = nil, nil
	}
	for _, l := range []*results.Latency{out.Latency, out.SyncLatency} {
		if l != nil {
			l.Histogram = ""
		}
	}
	if c := out.Cache; c != nil && c.Proof == results.ProofStrong {
		out.Cache = proven
	}
	if d := out.Device; d != nil {
		d.Names = nil
	}
	return out
}
