// Package overhead has no code, only benchmarks of the hot loop: what the
// harness adds to an access, and how the Go loops compare with the same loops
// in C.
//
// This package is opinionated: a benchmark harness must first of all account for
// itself. The loops run as in a trial (the real workload, its pattern, its batches) against
// a twin in C that makes the same accesses in the same order and must arrive at
// the same sum. The two take turns, and what is reported is the median of the
// ratios of neighboring runs, which a change of the machine's speed cancels out
// of:
//
//	go test -run '^$' -bench . ./io/overhead
//
// Metrics: ns/op is one access, ns/sample what timing a single one adds to it,
// x-of-C how many times as long as in C (1.00 is equal), x-of-bare how many
// times as long as a bare loop over copy(). More pairs are run with a longer
// -benchtime.
//
// The goals: 2 ns/op for the floor, 1.10 x-of-C for pread, 1.05 for mmap with
// copy, 1.10 for mmap with sum. The copy depends on the runtime's memmove
// against libc's memcpy, which no loop here can change: x-of-bare tells the
// harness's share apart.
package overhead
