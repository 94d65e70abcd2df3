package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"mmapbench/analysis/verdict"
	"mmapbench/results"
	"mmapbench/schedule"
)

// A Setting is one kind of suite: the gate's rules, arms against one base and
// the base against itself, and a truth.
type Setting struct {
	Rules     verdict.Rules
	Model     Model
	Arms      int
	Scale     float64 // the noise of one trial, in the logarithm
	Tolerance float64
	// Slower is by how much the first arm is slower than the base, as 0.05.
	// The other arms equal the base.
	Slower float64
	// Missing is the share of trials that fail.
	Missing float64
	// OneBase leaves the second run of the base to the control, as a comparison of two
	// levels of a factor has none.
	OneBase bool
}

// Counts are numbers of suites.
type Counts struct {
	Suites int
	// By the outcome of the suite.
	Passed, Undecided, Regressed, Void int
	// FalseFails has a REGRESSION of an arm that equals the base.
	FalseFails int
	// By the verdict on the first arm, in suites that are not void.
	FirstPassed, FirstCaught, FirstUndecided int
	// Unbounded counts the comparisons without bounds for a REGRESSION.
	Unbounded int
	// Rounds is the sum over all suites.
	Rounds int
}

func (c *Counts) add(o Counts) {
	c.Suites += o.Suites
	c.Passed += o.Passed
	c.Undecided += o.Undecided
	c.Regressed += o.Regressed
	c.Void += o.Void
	c.FalseFails += o.FalseFails
	c.FirstPassed += o.FirstPassed
	c.FirstCaught += o.FirstCaught
	c.FirstUndecided += o.FirstUndecided
	c.Rounds += o.Rounds
	c.Unbounded += o.Unbounded
}

// Run judges the given number of suites. The result depends on the seed, not on the machine.
func Run(s Setting, suites int, seed uint64) (Counts, error) {
	workers := runtime.GOMAXPROCS(0)
	counts := make([]Counts, workers)
	errs := make([]error, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			m := newMaker(s)
			for i := w; i < suites && errs[w] == nil; i += workers {
				errs[w] = m.one(rand.New(rand.NewPCG(seed, uint64(i))), &counts[w])
			}
		})
	}
	group.Wait()
	var all Counts
	for w := range workers {
		if errs[w] != nil {
			return all, fmt.Errorf("simulate %s: %w", s.Model.Name, errs[w])
		}
		all.add(counts[w])
	}
	return all, nil
}

// A maker makes suites; its memory is reused.
type maker struct {
	Setting
	rounds int
	plan   results.Plan
	noise  [][]float64
	times  [][]float64 // one row an arm (the base, the base again, the arms), one value a round
}

func newMaker(s Setting) *maker {
	m := &maker{Setting: s, rounds: s.Rules.Looks[len(s.Rules.Looks)-1]}
	all := s.Arms + 2
	for id := range all {
		m.plan.Arms = append(m.plan.Arms, results.Arm{ID: id})
		m.times = append(m.times, make([]float64, m.rounds))
	}
	if s.Model.Own {
		for range all {
			m.noise = append(m.noise, make([]float64, m.rounds))
		}
	} else {
		m.noise = [][]float64{make([]float64, m.rounds*all)}
	}
	return m
}

func (m *maker) one(rnd *rand.Rand, c *Counts) error {
	m.fill(rnd)
	suite := verdict.Suite{Controls: []verdict.Comparison{m.compare(1)}}
	for arm := range m.Arms {
		row := m.compare(arm + 2)
		if !m.OneBase {
			row.Again = m.times[1]
		}
		suite.Rows = append(suite.Rows, row)
	}
	j, err := m.Rules.Judge(suite)
	if err != nil {
		return err
	}
	c.count(j, m.Slower > 0)
	return nil
}

func (m *maker) fill(rnd *rand.Rand) {
	m.Model.fill(rnd, m.noise)
	m.plan.Seed = rnd.Uint64()
	for round := range m.rounds {
		for place, arm := range schedule.Order(&m.plan, round) {
			var x float64
			if m.Model.Own {
				x = m.noise[arm][round]
			} else {
				x = m.noise[0][round*len(m.times)+place]
			}
			if m.Model.Wider > 0 && arm >= 2 {
				x = m.Model.Median + m.Model.Wider*(x-m.Model.Median)
			}
			t := math.Exp(m.Scale * x)
			if arm == 2 {
				t *= 1 + m.Slower
			}
			if m.Missing > 0 && rnd.Float64() < m.Missing {
				t = math.NaN()
			}
			m.times[arm][round] = t
		}
	}
}

func (m *maker) compare(arm int) verdict.Comparison {
	return verdict.Comparison{
		Name:   fmt.Sprint("arm ", arm-1),
		Metric: verdict.Metric{Name: "total", Tolerance: m.Tolerance},
		Base:   m.times[0], New: m.times[arm],
	}
}

func (c *Counts) count(j *verdict.Judgement, firstIsSlower bool) {
	c.Suites++
	c.Rounds += j.Rounds
	switch j.Outcome {
	case verdict.Passed:
		c.Passed++
	case verdict.Undecided:
		c.Undecided++
	case verdict.Regressed:
		c.Regressed++
	case verdict.Void:
		c.Void++
		return
	}
	falseFail := false
	for i, row := range j.Rows {
		if row.Fail == nil {
			c.Unbounded++
		}
		falseFail = falseFail || row.Verdict == verdict.Regression && !(i == 0 && firstIsSlower)
	}
	if falseFail {
		c.FalseFails++
	}
	switch v := j.Rows[0].Verdict; {
	case v.Passes():
		c.FirstPassed++
	case v == verdict.Regression:
		c.FirstCaught++
	default:
		c.FirstUndecided++
	}
}
