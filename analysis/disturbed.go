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

// A Cause is a warning for which rounds were left out, or might have been.
type Cause struct {
	verdict.Cause      // counts the rounds that were left out of at least one comparison
	Rows          int  `json:"comparisons"` // that lost a round to it
	Spared        bool `json:"-"`           // Rows is fewer than all of them
	Kept          int  `json:"rounds_kept"` // disturbed, and lost by no comparison: nothing of it can reach the figure
}

// disturbances are a run's trials by round, for the question in which rounds
// others disturbed what a comparison is about. The zero value is that of samples
// that share no rounds.
type disturbances struct {
	n      int                          // rounds that were begun
	trials [][]*results.Trial           // one list for each round
	arms   []results.Arm                // the plan's, in the order of their IDs
	shares map[string]verdict.Covariate // the key is the code; see share
	out    map[string]*outOf            // the key is the code
}

// outOf counts what was left out for one code.
type outOf struct {
	seen         []float64 // for each round the part of all trials that were flagged
	rounds, kept map[int]bool
	rows         int
}

func disturbancesOf(run *results.Run) disturbances {
	n := roundsOf(run)
	d := disturbances{n, make([][]*results.Trial, n), run.Header.Plan.Arms, map[string]verdict.Covariate{},
		map[string]*outOf{}}
	for i := range run.Trials {
		t := &run.Trials[i]
		d.trials[t.Round] = append(d.trials[t.Round], t)
	}
	return d
}

// reaches reports whether what a code says can have changed how long the trial
// took. A slow clock slows all; the devices that others used slow down whoever waits
// for one.
func (d *disturbances) reaches(code string, t *results.Trial) bool {
	return code != results.WarnForeignIO || usesDevice(t, d.arms[t.Arm])
}

// usesDevice reports whether the timed part of a trial reads or writes a device: as
// its cache state or its writes say, or else any byte that is booked to it, for even
// one page is waited for. Without such accounts it is assumed of an arm of which it is
// not known what it moves.
func usesDevice(t *results.Trial, a results.Arm) bool {
	if results.IsCold(a.Cache) || a.Durability != "" {
		return true
	}
	if own := ownBytes(t); !math.IsNaN(own) {
		return own > 0
	}
	return a.Bytes == 0
}

// flagged is the part of the trials that were flagged with a code, of those that
// count; NaN without one.
func flagged(code string, trials []*results.Trial, counts func(*results.Trial) bool) float64 {
	has, n := 0.0, 0.0
	for _, t := range trials {
		if !counts(t) {
			continue
		}
		n++
		if slices.Contains(t.Warnings, code) {
			has++
		}
	}
	return has / n
}

// share returns by round the part of the trials that a code can reach which were
// flagged with it; NaN for a round without such a trial.
func (d *disturbances) share(code string) verdict.Covariate {
	if c, ok := d.shares[code]; ok {
		return c
	}
	c := verdict.Covariate{Name: code, Limit: MaxDisturbed,
		Values: d.parts(code, func(t *results.Trial) bool { return d.reaches(code, t) })}
	d.shares[code] = c
	return c
}

// parts returns by round the part of the trials that count which were flagged.
func (d *disturbances) parts(code string, counts func(*results.Trial) bool) []float64 {
	out := make([]float64, d.n)
	for i, trials := range d.trials {
		out[i] = flagged(code, trials, counts)
	}
	return out
}

// troubles are the codes of warnings that speak of something from outside.
var troubles = []string{results.WarnForeignIO, results.WarnThrottled, results.WarnContended}

// everywhere reports a disturbance that rounds do not escape by being left out: others
// that want the processor in more than a quarter of the rounds are a part of the
// machine. The order of the trials spreads what they do over all sides.
func everywhere(c verdict.Covariate) bool {
	marked := 0
	for _, share := range c.Values {
		if share > c.Limit {
			marked++
		}
	}
	return c.Name == results.WarnContended && float64(marked) > MaxDisturbed*float64(len(c.Values))
}

// contaminated marks the rounds in which others disturbed many trials, a trial of
// this comparison being one that they can reach: by what was seen beside the
// trials, fixed beforehand, never by their times.
func (c *Compared) contaminated(m Metric, sides ...*side) []bool {
	if c.rounds.n == 0 || c.Asked { // a question has the rounds that a report has
		return nil
	}
	marks := make([]bool, c.rounds.n)
	for _, code := range troubles {
		all := c.rounds.share(code)
		mine := verdict.Covariate{Name: code, Limit: all.Limit, Values: make([]float64, c.rounds.n)}
		for _, s := range sides {
			for _, t := range s.row.all {
				if slices.Contains(m.Reached, code) && c.rounds.reaches(code, t) {
					mine.Values[t.Round] = all.Values[t.Round]
				}
			}
		}
		found, _ := verdict.Contaminated(c.rounds.n, mine)
		if everywhere(all) {
			clear(found)
		}
		c.rounds.leaveOut(code, found)
		for i := range marks {
			marks[i] = marks[i] || found[i]
		}
	}
	return marks
}

// leaveOut counts the rounds that a comparison loses to a code, and those that it
// keeps although the code was seen in as many of their trials.
func (d *disturbances) leaveOut(code string, marks []bool) {
	o := d.out[code]
	if o == nil {
		every := func(*results.Trial) bool { return true }
		o = &outOf{seen: d.parts(code, every), rounds: map[int]bool{}, kept: map[int]bool{}}
		d.out[code] = o
	}
	if slices.Contains(marks, true) {
		o.rows++
	}
	for i, m := range marks {
		if m {
			o.rounds[i] = true
		} else if o.seen[i] > MaxDisturbed {
			o.kept[i] = true
		}
	}
}

// causes counts what was left out, of so many comparisons.
func (d *disturbances) causes(comparisons int) (out []Cause) {
	for _, code := range troubles {
		if o := d.out[code]; o != nil {
			out = append(out, Cause{verdict.Cause{Name: code, Rounds: len(o.rounds)}, o.rows, o.rows < comparisons,
				len(o.kept)})
		}
	}
	return out
}
