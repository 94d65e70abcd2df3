package analysis

import (
	"math"
	"time"

	"mmapbench/results"
)

// A Cost is where the time of some trials went.
type Cost struct {
	// State is the cache state that they share, Writing, or AllTrials.
	State  string        `json:"state"`
	Trials int           `json:"trials"`
	Took   time.Duration `json:"took_ns"` // from the beginning of each to that of the next, without cooling
	// Parts of Took. What is left is the start of processes, the laps that are not
	// timed and the looks at counters.
	Timed   time.Duration `json:"timed_ns"`
	Settle  time.Duration `json:"settle_ns"`
	Prepare time.Duration `json:"prepare_ns"`
	Verify  time.Duration `json:"verify_ns"`
}

// What is no cache state in a Cost.
const (
	AllTrials = "all"
	Writing   = "writing"
)

// Share is the part of the time that was spent within timed laps.
func (c Cost) Share() float64 { return float64(c.Timed) / float64(c.Took) }

// Costs says where the time of the run went: of all trials, then by the state of the
// cache, and of trials that write.
func (s *Summary) Costs() []Cost {
	costs := []Cost{{State: AllTrials}}
	index := map[string]int{}
	for i, took := range tookOf(s.run) {
		if took <= 0 {
			continue
		}
		t := &s.run.Trials[i]
		state := s.Header.Plan.Arms[t.Arm].Cache
		if s.Header.Plan.Arms[t.Arm].Durability != "" {
			state = Writing
		}
		at, ok := index[state]
		if !ok {
			at = len(costs)
			index[state] = at
			costs = append(costs, Cost{State: state})
		}
		for _, c := range []*Cost{&costs[0], &costs[at]} {
			c.Trials++
			c.Took, c.Timed = c.Took+took, c.Timed+t.Timed()
			c.Settle, c.Prepare, c.Verify = c.Settle+t.Settle, c.Prepare+t.Prepare, c.Verify+t.Verify
		}
	}
	if costs[0].Trials == 0 {
		return nil
	}
	return costs
}

// tookOf is how long each trial took with all that is around it; 0 where the file does
// not tell, as of the last trial before a run was interrupted.
func tookOf(run *results.Run) []time.Duration {
	all := make([]time.Duration, len(run.Trials))
	for i := range run.Trials {
		began, next := run.Trials[i].Started, time.Time{}
		if i+1 < len(run.Trials) {
			next = run.Trials[i+1].Started.Add(-run.Trials[i+1].Cool)
		} else if run.End != nil {
			next = run.End.Ended
		}
		for _, r := range run.Resumes {
			if r.Started.After(began) && r.Started.Before(next) {
				next = time.Time{}
			}
		}
		all[i] = max(next.Sub(began), 0)
	}
	return all
}

// A LapPlan says how many laps a trial makes and how many would bring the most for the
// time (Kalibera and Jones 2013): as many more as a lap is cheaper than what is around it
// and as laps differ more than trials.
type LapPlan struct {
	Made float64 `json:"made"` // mean
	// Best is nil where trials do not differ by more than their laps explain.
	Best *float64 `json:"best"`
}

// lapSum adds up how much the laps of trials differ.
type lapSum struct {
	trials    int
	variances float64 // of the logarithms
}

func (s *lapSum) add(t *results.Trial) {
	if len(t.LapTimes) < 2 {
		return
	}
	s.trials++
	s.variances += variance(len(t.LapTimes), func(i int) float64 { return math.Log(float64(t.LapTimes[i])) })
}

// plan computes it for a row, whose trials cost so much beside their laps on the average.
func (s *lapSum) plan(r *Row, beside float64) *LapPlan {
	if s.trials < 2 || s.trials < len(r.trials) || results.IsCold(r.Arm.Cache) {
		return nil // the least of cold laps is no mean of them
	}
	laps, lap := 0.0, 0.0
	for _, t := range r.trials {
		laps += float64(t.Laps) / float64(len(r.trials))
		lap += float64(t.Timed()) / float64(t.Laps) / float64(len(r.trials))
	}
	within := s.variances / float64(s.trials)
	between := variance(len(r.trials), func(i int) float64 {
		t := r.trials[i]
		return math.Log(float64(t.Timed()) / float64(t.Laps))
	}) - within/laps
	p := &LapPlan{Made: laps}
	if between > 0 && beside > 0 {
		p.Best = new(math.Sqrt(beside / lap * within / between))
	}
	return p
}

func variance(n int, value func(int) float64) (v float64) {
	mean := 0.0
	for i := range n {
		mean += value(i) / float64(n)
	}
	for i := range n {
		v += (value(i) - mean) * (value(i) - mean) / float64(n-1)
	}
	return v
}

// planLaps fills in the LapPlan of each row.
func (s *Summary) planLaps(sums map[int]*sums) {
	beside, n := map[int]float64{}, map[int]float64{}
	for i, took := range tookOf(s.run) {
		if t := &s.run.Trials[i]; took > 0 {
			beside[t.Arm], n[t.Arm] = beside[t.Arm]+float64(took-t.Timed()), n[t.Arm]+1
		}
	}
	for i := range s.Groups {
		for j := range s.Groups[i].Rows {
			r := &s.Groups[i].Rows[j]
			if of := sums[r.Arm.ID]; of != nil && n[r.Arm.ID] > 0 {
				r.Laps = of.laps.plan(r, beside[r.Arm.ID]/n[r.Arm.ID])
			}
		}
	}
}
