// Package simulate holds the verdicts to their promises: it makes suites of
// which the truth is known, under noise of many kinds, puts them through the
// very code that decides over real ones, and counts the errors.
//
// A promise that some noise breaks is reported as broken, with the noise named. The
// rounds are ordered as those of real runs, since the promises rest on that order.
package simulate

import (
	"math"
	"math/rand/v2"
)

// A Model is a kind of noise, on the logarithm of a trial's time.
type Model struct {
	Name  string
	About string
	// Own: the noise belongs to an arm, which remembers it from round to round.
	// A shuffled order does not help against that. Otherwise it belongs to the
	// moment, whichever arm is on.
	Own bool
	// Changes: an arm changes for good in the course of a run, and with it the
	// truth. Where that is in the first rounds, no gate can tell it from an arm
	// that was slower all along, so here the promises do not hold.
	Changes bool
	// Wider is by how much the noise of the new sides is wider than that of the base,
	// about the same median; 0: it is not.
	Wider  float64
	Median float64 // of the noise, where Wider is set
	fill   func(rnd *rand.Rand, xs [][]float64)
}

// fill functions write noise of unit scale to rows of values in time's order:
// one row with all trials of a run for noise of the moment, one row with its
// rounds for each arm for noise of its own.

// Models are all kinds, the benign ones first.
func Models() []Model {
	return []Model{
		{Name: "lognormal", About: "independent, normal in the logarithm", fill: normal},
		{Name: "spikes", About: "the same, and one trial in twenty up to many times as far off", fill: spikes},
		{Name: "bimodal", About: "every third trial is slower by three scales", fill: bimodal},
		{Name: "AR(1) in time", About: "the machine drifts; neighboring trials " +
			"correlate by 0.9", fill: autoregressive(0.9)},
		{Name: "step in time", About: "the machine becomes slower by five scales at a random trial", fill: step},
		{Name: "AR(1) per arm, 0.3", About: "each arm drifts by itself; its neighboring rounds " +
			"correlate by 0.3", Own: true, fill: autoregressive(0.3)},
		{Name: "AR(1) per arm, 0.6", About: "the same by 0.6", Own: true, fill: autoregressive(0.6)},
		{Name: "run effect", About: "normal noise, and all trials of a run, those of both sides, shifted by a normal " +
			"number of 1.5 scales", fill: runEffect},
		{Name: "wider new side", About: "normal noise, that of the new side three times as wide",
			Wider: 3, fill: normal},
		{Name: "wider two peaks", About: "two peaks, those of the new side three times as far apart, about the " +
			"same median", Wider: 3, Median: bimodalMedian, fill: bimodal},
		{Name: "step of one arm", About: "one arm becomes slower or faster by three scales at a random round, for " +
			"good, in every run", Own: true, Changes: true, fill: stepOfOne},
	}
}

func normal(rnd *rand.Rand, xs [][]float64) {
	for _, row := range xs {
		for i := range row {
			row[i] = rnd.NormFloat64()
		}
	}
}

func runEffect(rnd *rand.Rand, xs [][]float64) {
	normal(rnd, xs)
	shift := 1.5 * rnd.NormFloat64()
	for _, row := range xs {
		for i := range row {
			row[i] += shift
		}
	}
}

func spikes(rnd *rand.Rand, xs [][]float64) {
	normal(rnd, xs)
	for _, row := range xs {
		for i := range row {
			if rnd.Float64() < 0.05 {
				row[i] += 10 * rnd.ExpFloat64()
			}
		}
	}
}

// bimodalMedian is x in 2/3 F(2x) + 1/3 F(2x-6) = 1/2, F the normal distribution.
const bimodalMedian = 0.3372448

func bimodal(rnd *rand.Rand, xs [][]float64) {
	normal(rnd, xs)
	for _, row := range xs {
		for i := range row {
			row[i] *= 0.5
			if rnd.IntN(3) == 0 {
				row[i] += 3
			}
		}
	}
}

func autoregressive(phi float64) func(*rand.Rand, [][]float64) {
	return func(rnd *rand.Rand, xs [][]float64) {
		for _, row := range xs {
			x := rnd.NormFloat64()
			for i := range row {
				row[i] = x
				x = phi*x + math.Sqrt(1-phi*phi)*rnd.NormFloat64()
			}
		}
	}
}

func step(rnd *rand.Rand, xs [][]float64) {
	normal(rnd, xs)
	for _, row := range xs {
		for i := rnd.IntN(len(row)); i < len(row); i++ {
			row[i] += 5
		}
	}
}

func stepOfOne(rnd *rand.Rand, xs [][]float64) {
	normal(rnd, xs)
	height := 3.0
	if rnd.IntN(2) == 0 {
		height = -height
	}
	row := xs[rnd.IntN(len(xs))]
	for i := 1 + rnd.IntN(len(row)-1); i < len(row); i++ {
		row[i] += height
	}
}
