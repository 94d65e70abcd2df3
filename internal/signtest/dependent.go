package signtest

import (
	"math"
	"sync"

	moremath "github.com/aclements/go-moremath/stats"
)

// Values that follow each other in time may be alike. Then all of them lie on one
// side of their median more often than coins would, and a bound needs a lower rank.
// How much lower is computed here for a normal process of first order, in which
// each value correlates by rho with the one before.

// DependentRank is Rank for n values in order of time that correlate by rho from one
// to the next.
func DependentRank(n int, rho, tail float64) int {
	if rho <= 0 {
		k, _ := Rank(n, tail)
		return k
	}
	step := int(math.Ceil(rho*rhoSteps - 1e-9))
	if step >= rhoSteps { // values that never change are one value
		return 0
	}
	if n > longest {
		return normalRank(n, rho, tail)
	}
	below := tables[step]()[n]
	k := 0
	for k < len(below) && k < n/2 && below[k] <= tail {
		k++
	}
	return k
}

const (
	longest  = 48 // values for which the count's own distribution is followed
	rhoSteps = 40 // rho is rounded up to a multiple of 1/40
)

var tables = func() (out [rhoSteps]func() [][]float64) {
	for i := range out {
		out[i] = sync.OnceValue(func() [][]float64 { return counts(float64(i)/rhoSteps, longest) })
	}
	return out
}()

// counts returns, for each number of values up to most, the probability that at most k
// of them lie below the median, for k up to half of most. The process is followed as a
// Markov chain whose states are the cells of a grid, and beside the state the number of
// values that were below the median is kept.
func counts(rho float64, most int) [][]float64 {
	const (
		cells = 72 // an even number: the median is an edge
		width = 0.1
	)
	normal := moremath.StdNormal
	edge := func(i int) float64 {
		switch i {
		case 0:
			return math.Inf(-1)
		case cells:
			return math.Inf(1)
		}
		return float64(i-cells/2) * width
	}
	center := func(i int) float64 { return (float64(i-cells/2) + 0.5) * width }
	// mass writes how likely each cell is for a normal value of this mean and deviation.
	mass := func(to *[cells]float64, mean, deviation float64) {
		last := 0.0
		for i := range cells {
			next := normal.CDF((edge(i+1) - mean) / deviation)
			to[i], last = next-last, next
		}
	}
	var step [cells][cells]float64
	for i := range step {
		mass(&step[i], rho*center(i), math.Sqrt(1-rho*rho))
	}
	half := most/2 + 1
	now, next := make([][cells]float64, half), make([][cells]float64, half)
	var first [cells]float64
	mass(&first, 0, 1)
	copy(now[0][cells/2:], first[cells/2:])
	copy(now[1][:cells/2], first[:cells/2])
	out := make([][]float64, most+1)
	for n := 1; ; n++ {
		out[n] = make([]float64, half)
		sum := 0.0
		for k := range now {
			for _, p := range now[k] {
				sum += p
			}
			out[n][k] = sum
		}
		if n == most {
			return out
		}
		clear(next)
		for k := range min(n+1, half) {
			for from, p := range now[k] {
				for to, q := range step[from][:cells/2] {
					if k+1 < half {
						next[k+1][to] += p * q
					}
				}
				for to, q := range step[from][cells/2:] {
					next[k][cells/2+to] += p * q
				}
			}
		}
		now, next = next, now
	}
}

// normalRank takes the count of many values as normal. The variance of a count of
// independent values, n/4, grows by the correlations of the signs, each of which is
// asin(rho^j) 2/pi for values that lie j apart.
func normalRank(n int, rho, tail float64) int {
	variance := 1.0
	for power := rho; power > 1e-6; power *= rho {
		variance += 4 / math.Pi * math.Asin(power)
	}
	z := moremath.InvCDF(moremath.StdNormal)(tail)
	return max(0, int(float64(n)/2+0.5+z*math.Sqrt(float64(n)*variance)/2))
}
