package verdict

import (
	"fmt"
	"slices"
)

// Rules are fixed before the first round. What they promise holds for the suite
// as a whole, over all its looks.
type Rules struct {
	// Looks are the rounds after which the gate may decide, counting up. A
	// comparison of a finished run has one look, at its end. Looking at other
	// times voids the promises.
	Looks []int `json:"looks"`
	// FailAlpha bounds the probability that a suite in which nothing changed
	// has a REGRESSION at all, and likewise an IMPROVEMENT. It is divided
	// among the rows (Bonferroni).
	FailAlpha float64 `json:"fail_alpha"`
	// PassAlpha bounds the probability that a row that is slower by its
	// tolerance or more passes. It is not divided: for the suite to pass wrongly
	// that one row must pass, whatever the others do (intersection-union).
	PassAlpha float64 `json:"pass_alpha"`
	// ControlAlpha bounds the probability, on either side, that controls on a
	// sound machine void the suite.
	ControlAlpha float64 `json:"control_alpha"`
	// MaxMissing and MaxContaminated are the shares of rounds beyond which
	// nothing is decided: trials may fail because they are slow, and what is
	// left of a noisy run is not a clean one.
	MaxMissing      float64 `json:"max_missing"`
	MaxContaminated float64 `json:"max_disturbed"`
	// Power is that of the minimum detectable effect.
	Power float64 `json:"power"`
}

// Defaults are the rules of the gate.
func Defaults() Rules {
	return Rules{
		Looks:     LooksUpTo(48),
		FailAlpha: 0.01, PassAlpha: 0.05, ControlAlpha: 0.01,
		MaxMissing: 0.1, MaxContaminated: 0.25,
		Power: 0.9,
	}
}

// firstLook is the least number of rounds after which a gate that may make more
// of them looks.
const firstLook = 12

// LooksUpTo returns when a gate of at most that many rounds looks: after all of them,
// after half of them, a quarter and so on. Each look takes its part of the error, so
// one that could hardly decide is not worth having.
func LooksUpTo(rounds int) []int {
	looks := []int{rounds}
	for n := rounds / 2; n >= firstLook; n /= 2 {
		looks = append(looks, n)
	}
	slices.Reverse(looks)
	return looks
}

// OneLook returns the default rules for a run of n rounds that was not looked at before.
func OneLook(n int) Rules {
	r := Defaults()
	r.Looks = []int{n}
	return r
}

func (r Rules) check() error {
	last := 0
	for _, n := range r.Looks {
		if n <= last {
			return fmt.Errorf("looks at %v rounds: each must come after the one before", r.Looks)
		}
		last = n
	}
	if last == 0 {
		return fmt.Errorf("no look is planned: name the rounds after which to decide")
	}
	for _, c := range []struct {
		name  string
		value float64
	}{{"fail", r.FailAlpha}, {"pass", r.PassAlpha}, {"control", r.ControlAlpha}, {"power less a half", r.Power - 0.5}} {
		if !(c.value > 0 && c.value < 0.5) {
			return fmt.Errorf("%s is %v: it must lie between 0 and 0.5", c.name, c.value)
		}
	}
	if r.FailAlpha > r.PassAlpha { // an improvement might not pass
		return fmt.Errorf("the error %v of failing is above the error %v of passing: "+
			"a gate that fails more easily than it passes is set up the wrong way round", r.FailAlpha, r.PassAlpha)
	}
	return nil
}

// A look is a moment of decision. It may spend a part of every allowed error.
type look struct {
	rounds int     // the look comes after this number of rounds
	spend  float64 // share of alpha that this look and all before may spend together
	part   float64 // share of alpha that this look adds
}

// looks returns the looks of a run of the given number of rounds. A run that ended
// between two planned looks, for a reason that has nothing to do with its figures,
// has its last look where it ended, with all that is left to spend.
func (r Rules) looks(rounds int, ended bool) []look {
	all := float64(len(r.Looks))
	var out []look
	for i, n := range r.Looks {
		if n <= rounds {
			out = append(out, look{n, float64(i+1) / all, 1 / all})
		}
	}
	if missed := len(r.Looks) - len(out); ended && missed > 0 && rounds > 0 {
		out = append(out, look{rounds, 1, float64(missed) / all})
	}
	return out
}

// A level is the error allowed to each end of one comparison's bounds.
type level struct{ fail, pass float64 }

func (r Rules) rowLevel(rows int) level {
	return level{r.FailAlpha / float64(rows), r.PassAlpha}
}

func (r Rules) controlLevel(controls int) level {
	return level{r.ControlAlpha / float64(controls), r.PassAlpha}
}
