package verdict

import "mmapbench/internal/signtest"

// ranks returns, for each look, the rank k of the order statistic that bounds
// the median at that look: the k-th smallest of the values seen so far lies
// above the true median, at one look or another, with a probability of at most
// the last entry of spend. pairs and spend count up: the values seen by each
// look, and the error allowed up to and including it.
//
// This is the sign test made group-sequential: the number of values below the
// median is a random walk of fair coins, followed here exactly, without the
// paths that crossed the bound before (Lan and DeMets, "Discrete sequential
// boundaries for clinical trials", Biometrika 70 (1983), 659-663, with alpha
// spent in equal parts). What an earlier look could not spend, because a
// binomial has few steps, the next one may. So no k is smaller than if each
// look had its part by itself, and some are larger: at 12, 24 and 48 values and
// 5%, 2, 8 and 17 instead of 2, 7 and 17. The intervals between such bounds are
// repeated confidence intervals: they hold at all looks together, whatever made
// the rounds stop (Jennison and Turnbull, "Interim analyses: the repeated
// confidence interval approach", JRSS B 51 (1989), 305-361).
func ranks(pairs []int, spend []float64) []int {
	var (
		out  = make([]int, len(pairs))
		mass = []float64{1} // mass[s]: no bound was crossed yet, and s values are below the median
		lost float64        // the probability of having crossed one
	)
	for look, n := range pairs {
		mass = walk(mass, n-(len(mass)-1))
		k := 0
		for k < n/2 && lost+mass[k] <= spend[look] {
			lost += mass[k]
			mass[k] = 0
			k++
		}
		out[look] = k
	}
	return out
}

// walk adds the given number of fair coins.
func walk(mass []float64, coins int) []float64 {
	if coins <= 0 {
		return mass
	}
	pmf := make([]float64, coins+1)
	for i := range pmf {
		pmf[i] = signtest.Exactly(coins, i)
	}
	out := make([]float64, len(mass)+coins)
	for s, p := range mass {
		if p == 0 {
			continue
		}
		for i, q := range pmf {
			out[s+i] += p * q
		}
	}
	return out
}
