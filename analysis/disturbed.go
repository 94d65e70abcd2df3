package analysis

import (
	"math"
	"slices"

	"mmapbench/analysis/verdict"
	"mmapbench/results"
)

// MaxDisturbed is the share of a round's trials that may be flagged before the
// round is left out: single ones are spread over all sides by the order.
const MaxDisturbed = 0.25

// A Cause is a warning for which rounds were left out.
type Cause struct {
	verdict.Cause      // of the rounds left out of at least one comparison
	Rows          int  // comparisons that lost a round to it
	Spared        bool // Rows is fewer than all of them
}

// disturbances are a run's trials by round, for the question in which rounds
// others disturbed what a comparison is about. The zero value is that of samples
// that share no rounds.
type disturbances struct {
	n      int                          // rounds that were begun
	trials [][]*results.Trial           // by round
	shares map[string]verdict.Covariate // by code; see share
	out    map[string]*outOf            // by code
}

// outOf counts what was left out for one code.
type outOf struct {
	rounds map[int]bool
	rows   int
}

func disturbancesOf(run *results.Run) disturbances {
	n := roundsOf(run)
	d := disturbances{n, make([][]*results.Trial, n), map[string]verdict.Covariate{}, map[string]*outOf{}}
	for i := range run.Trials {
		t := &run.Trials[i]
		d.trials[t.Round] = append(d.trials[t.Round], t)
	}
	return d
}

// reaches reports whether what a code says can have changed how long the trial
// took. The devices that others used slow down whoever waits for one: a trial that
// moved next to nothing (cached reads, a command that computes) did not. Where its
// own bytes are not known it may have.
func reaches(code string, t *results.Trial) bool {
	if code != results.WarnForeignIO {
		return true
	}
	own := ownBytes(t)
	return math.IsNaN(own) || own >= floorBytes
}

// share returns by round the part of the trials that a code can reach which were
// flagged with it; NaN for a round without such a trial.
func (d *disturbances) share(code string) verdict.Covariate {
	if c, ok := d.shares[code]; ok {
		return c
	}
	c := verdict.Covariate{Name: code, Limit: MaxDisturbed, Values: make([]float64, d.n)}
	for i, trials := range d.trials {
		flagged, n := 0.0, 0.0
		for _, t := range trials {
			if reaches(code, t) {
				n++
				if slices.Contains(t.Warnings, code) {
					flagged++
				}
			}
		}
		c.Values[i] = flagged / n
	}
	d.shares[code] = c
	return c
}

// contaminated marks the rounds in which others disturbed many trials, a trial of
// this comparison being one that they can reach: by what was seen beside the
// trials, fixed beforehand, never by their times.
func (c *Compared) contaminated(m Metric, sides ...*side) []bool {
	if c.rounds.n == 0 {
		return nil
	}
	marks := make([]bool, c.rounds.n)
	for _, code := range m.Reached {
		all := c.rounds.share(code)
		mine := verdict.Covariate{Name: code, Limit: all.Limit, Values: make([]float64, c.rounds.n)}
		for _, s := range sides {
			for _, t := range s.row.all {
				if reaches(code, t) {
					mine.Values[t.Round] = all.Values[t.Round]
				}
			}
		}
		found, _ := verdict.Contaminated(c.rounds.n, mine)
		c.rounds.leaveOut(code, found)
		for i := range marks {
			marks[i] = marks[i] || found[i]
		}
	}
	return marks
}

func (d *disturbances) leaveOut(code string, marks []bool) {
	o := d.out[code]
	if o == nil {
		o = &outOf{rounds: map[int]bool{}}
		d.out[code] = o
	}
	if slices.Contains(marks, true) {
		o.rows++
	}
	for i, m := range marks {
		if m {
			o.rounds[i] = true
		}
	}
}

// causes counts what was left out, of so many comparisons.
func (d *disturbances) causes(comparisons int) (out []Cause) {
	for _, code := range []string{results.WarnForeignIO, results.WarnThrottled} {
		if o := d.out[code]; o != nil {
			out = append(out, Cause{verdict.Cause{Name: code, Rounds: len(o.rounds)}, o.rows, o.rows < comparisons})
		}
	}
	return out
}

// lost counts the trials of a side that gave a comparison no value, by what became
// of them. values are those of the side, by round where the rounds are shared.
func (c *Compared) lost(into []Count, values []float64, r *Row) []Count {
	if !slices.ContainsFunc(values, math.IsNaN) {
		return into
	}
	if c.rounds.n == 0 { // the values are those of usable trials alone
		for _, v := range values {
			if math.IsNaN(v) {
				into = count(into, unreadable, "")
			}
		}
		return into
	}
	tried := map[int]bool{}
	for _, t := range r.all {
		tried[t.Round] = true
		switch {
		case t.Error != nil:
			into = count(into, t.Error.Kind, t.Error.Text)
		case t.Excluded != "":
			into = count(into, t.Excluded, "")
		case math.IsNaN(values[t.Round]):
			into = count(into, unreadable, "")
		}
	}
	for round := range values {
		if !tried[round] {
			into = count(into, "not tried before the end", "")
		}
	}
	return into
}

// unreadable is what became of a trial that went well and lacks the figure.
const unreadable = "the figure could not be read"
