// Package splitmix turns numbers that follow each other into numbers that look
// random, as the generator SplitMix64 does (Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", OOPSLA 2014).
package splitmix

// Gamma is the odd number nearest to 2^64 divided by the golden ratio: its
// multiples modulo 2^64 visit every value once and are well spread.
const Gamma = 0x9e3779b97f4a7c15

// Mix is the finalizer of SplitMix64 (Stafford's variant 13): a bijection in
// which every input bit flips each output bit about half of the time. It leaves
// 0 as it is.
func Mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// At is the first number that the generator gives from the state x.
func At(x uint64) uint64 { return Mix(x + Gamma) }
