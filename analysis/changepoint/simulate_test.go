package changepoint

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"
)

var histories = flag.Int("histories", 150, "simulated histories of each kind")

// A noise makes series without a change, of a standard deviation of about 1.
type noise struct {
	name string
	fill func(rng *rand.Rand, xs []float64)
}

// noises are those that a history is known to have. Times are lognormal, and
// what is looked at are their logarithms.
var noises = []noise{
	{"lognormal", func(rng *rand.Rand, xs []float64) { autoregressive(xs, 0, rng.NormFloat64) }},
	{"heavy tail " +
		"(t, 3 degrees)",
		func(rng *rand.Rand, xs []float64) { autoregressive(xs, 0, func() float64 { return student(rng) }) }},
	{"heavy tail (spikes)", func(rng *rand.Rand, xs []float64) {
		autoregressive(xs, 0, func() float64 { return spike(rng) })
	}},
	{"AR(1) 0.3", func(rng *rand.Rand, xs []float64) { autoregressive(xs, 0.3, rng.NormFloat64) }},
}

// student is Student's t with 3 degrees of freedom, whose variance is 3.
func student(rng *rand.Rand) float64 {
	chi := 0.0
	for range 3 {
		z := rng.NormFloat64()
		chi += z * z
	}
	return rng.NormFloat64() / math.Sqrt(chi)
}

// spike is normal, but for one run in ten that some other load made far slower.
func spike(rng *rand.Rand) float64 {
	z := rng.NormFloat64()
	if rng.Float64() < 0.1 {
		z += 15
	}
	return z
}

func series(rng *rand.Rand, n noise, length int, sd float64) []Point {
	xs := make([]float64, length)
	n.fill(rng, xs)
	points := make([]Point, length)
	for i, x := range xs {
		points[i].Value = sd * x
	}
	return points
}

// atMost is the count that a binomial of that probability exceeds by chance
// with a probability of about 1 in 1000: a test that fails means something.
func atMost(n int, p float64) int {
	return int(float64(n)*p + 3.1*math.Sqrt(float64(n)*p*(1-p)) + 1)
}

// TestNoFalseChanges holds histories without a change to Level.
func TestNoFalseChanges(t *testing.T) {
	for _, n := range noises {
		for _, length := range []int{5, 10, 30, 100} {
			rng := rand.New(rand.NewPCG(20, uint64(length)))
			wrong := 0
			for range *histories {
				if len(Find(series(rng, n, length, 0.02))) > 0 {
					wrong++
				}
			}
			t.Logf("%s, %d runs: %d of %d histories with a false change (%.1f%%)", n.name, length, wrong, *histories,
				100*float64(wrong)/float64(*histories))
			if limit := atMost(*histories, Level); wrong > limit {
				t.Errorf("%s, %d runs: %d of %d, want at most %d", n.name, length, wrong, *histories, limit)
			}
		}
	}
}

// TestStepIsFound makes runs 10% slower with a noise of 2%, and looks when three
// slower ones are there.
func TestStepIsFound(t *testing.T) {
	for _, c := range []struct {
		noise  noise
		before int
		rate   float64
	}{
		{noises[0], 7, 0.9}, {noises[0], 10, 0.9}, {noises[0], 27, 0.9}, {noises[0], 97, 0.9},
		{noises[3], 7, 0.9}, {noises[3], 10, 0.9}, {noises[3], 27, 0.9},
	} {
		rng := rand.New(rand.NewPCG(21, uint64(c.before)))
		hits, exact := 0, 0
		for range *histories {
			points := series(rng, c.noise, c.before+3, 0.02)
			for i := c.before; i < len(points); i++ {
				points[i].Value += math.Log(1.1)
			}
			for _, f := range Find(points) {
				if d := f.At - c.before; d >= -1 && d <= 1 && f.Difference > 0 {
					hits++
					if d == 0 {
						exact++
					}
					break
				}
			}
		}
		t.Logf("%s, %d runs and 3 slower ones: %d of %d found, %d at "+
			"the very run", c.noise.name, c.before, hits, *histories, exact)
		if missed, limit := *histories-hits, atMost(*histories, 1-c.rate); missed > limit {
			t.Errorf("%s, %d runs before: %d of %d were missed, "+
				"want at most %d", c.noise.name, c.before, missed, *histories, limit)
		}
	}
}

// TestMendedRegressionIsFound has a level that goes back to where it was, which
// a search for a single change takes for noise.
func TestMendedRegressionIsFound(t *testing.T) {
	for _, c := range []struct{ before, slow, after int }{{15, 10, 15}, {6, 7, 9}, {12, 4, 4}} {
		testMended(t, c.before, c.slow, c.after)
	}
}

func testMended(t *testing.T, before, slow, after int) {
	rng := rand.New(rand.NewPCG(22, 22))
	hits, more := 0, 0
	for range *histories {
		points := series(rng, noises[0], before+slow+after, 0.02)
		for i := before; i < before+slow; i++ {
			points[i].Value += math.Log(1.1)
		}
		found := Find(points)
		begin, end := false, false
		for _, f := range found {
			begin = begin || f.At >= before-1 && f.At <= before+1 && f.Difference > 0
			end = end || f.At >= before+slow-1 && f.At <= before+slow+1 && f.Difference < 0
		}
		if begin && end {
			hits++
		}
		if len(found) > 2 {
			more++
		}
	}
	t.Logf("%d, %d slower and %d runs: %d of %d found with both ends, %d with "+
		"a change more", before, slow, after, hits, *histories, more)
	if missed, limit := *histories-hits, atMost(*histories, 0.1); missed > limit {
		t.Errorf("%d of %d were missed", missed, *histories)
	}
	if limit := atMost(*histories, 2*Level); more > limit {
		t.Errorf("%d of %d show changes that are not there", more, *histories)
	}
}

// TestSmallestIsFound has steps of the size that Smallest names: found in four of five,
// give or take a twentieth.
func TestSmallestIsFound(t *testing.T) {
	for _, c := range []struct{ before, after int }{{5, 8}, {20, 8}, {20, 3}} {
		const sd = 0.05
		rng := rand.New(rand.NewPCG(23, uint64(c.before)))
		step, missed := Smallest(c.before, c.after, sd), 0
		for range *histories {
			points := series(rng, noises[0], c.before+c.after, sd)
			for i := c.before; i < len(points); i++ {
				points[i].Value += step
			}
			if len(Find(points)) == 0 {
				missed++
			}
		}
		t.Logf("%d runs and %d slower by %.3f: %d of %d missed", c.before, c.after, step, missed, *histories)
		most, least := atMost(*histories, 0.25), *histories-atMost(*histories, 0.85)
		if missed > most || missed < least {
			t.Errorf("%d runs and %d slower by %.3f: %d of %d missed, want %d to %d", c.before, c.after, step, missed,
				*histories, least, most)
		}
	}
	for _, c := range []struct{ before, after int }{{4, 3}, {20, 2}, {2, 20}} {
		if s := Smallest(c.before, c.after, 1); !math.IsInf(s, 1) {
			t.Errorf("%d runs and %d: %g, and no change can be found there", c.before, c.after, s)
		}
	}
}
