package workloads

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mmapbench/io/backend"
)

// visits runs a pattern to its end and returns the offsets in order.
func visits(fill func(*backend.Batch) bool) []int64 {
	var b backend.Batch
	var all []int64
	for fill(&b) {
		all = append(all, b.Off[:b.N]...)
	}
	return all
}

// someVisits is visits with room for as many offsets as limit says, by turns.
func someVisits(fill func(*backend.Batch) bool, limits []int) []int64 {
	var b backend.Batch
	var all []int64
	for i := 0; ; i++ {
		b.Limit = limits[i%len(limits)]
		if !fill(&b) {
			return all
		}
		all = append(all, b.Room()[:b.N]...)
	}
}

func TestSequenceVisitsRecordsInOrderAgainAndAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		record := rapid.Int64Range(1, 100).Draw(t, "record")
		records := rapid.Int64Range(1, 3000).Draw(t, "records")
		ops := rapid.Int64Range(0, 3*records).Draw(t, "ops")
		s := newSequence(records*record+record-1, record, ops)
		all := visits(s.fill)
		if int64(len(all)) != ops {
			t.Fatalf("%d accesses, want %d", len(all), ops)
		}
		for i, off := range all {
			if want := int64(i) % records * record; off != want {
				t.Fatalf("access %d at %d, want %d", i, off, want)
			}
		}
	})
}

// TestPatternsAreFunctionsOfTheIndex checks that neither the size of batches nor
// the number of accesses planned changes where an access goes: what a trial with
// a duration did can be done again.
func TestPatternsAreFunctionsOfTheIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.Int64Range(1, 3000).Draw(t, "records")
		ops := rapid.Int64Range(0, 3*records).Draw(t, "ops")
		more := rapid.Int64Range(0, 2*records).Draw(t, "more")
		seed := rapid.Uint64().Draw(t, "seed")
		limits := rapid.SliceOfN(rapid.IntRange(0, backend.BatchMax+1), 1, 9).Draw(t, "limits")
		const record = 8
		for name, start := range map[string]func(ops int64) func(*backend.Batch) bool{
			"sequence": func(ops int64) func(*backend.Batch) bool {
				s := newSequence(records*record, record, ops)
				return s.fill
			},
			"permutation": func(ops int64) func(*backend.Batch) bool {
				p := newPermutation(records*record, record, ops, seed)
				return p.fill
			},
		} {
			want, got := visits(start(ops)), someVisits(start(ops+more), limits)
			if int64(len(got)) != ops+more || !slices.Equal(got[:ops], want) {
				t.Fatalf("%s: the first %d of %d accesses in batches of %v are others", name, ops, ops+more, limits)
			}
		}
	})
}

func TestPermutationVisitsEveryRecordOnceAPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		record := rapid.Int64Range(1, 1<<20).Draw(t, "record")
		records := rapid.Int64Range(1, 5000).Draw(t, "records")
		ops := rapid.Int64Range(1, 3*records).Draw(t, "ops")
		seed := rapid.Uint64().Draw(t, "seed")
		p := newPermutation(records*record+record-1, record, ops, seed)
		all := visits(p.fill)
		if int64(len(all)) != ops {
			t.Fatalf("%d accesses, want %d", len(all), ops)
		}
		seen := make(map[int64]int)
		for i, off := range all {
			if off%record != 0 || off/record >= records || off < 0 {
				t.Fatalf("access at %d: not a record", off)
			}
			if seen[off]++; seen[off] != i/int(records)+1 {
				t.Fatalf("access %d: record %d visited %d times", i, off/record, seen[off])
			}
		}
	})
}

func TestPermutationIsNotASequence(t *testing.T) {
	const records = 4096
	neighbors, fixed, same := 0, 0, 0
	a, b := newPermutation(records, 1, records, 1), newPermutation(records, 1, records, 2)
	one, two := visits(a.fill), visits(b.fill)
	for i := range one {
		if i > 0 && (one[i]-one[i-1] == 1 || one[i]-one[i-1] == -1) {
			neighbors++
		}
		if one[i] == int64(i) {
			fixed++
		}
		if one[i] == two[i] {
			same++
		}
	}
	// A random permutation has about 2 neighbors, 1 fixed point, and agrees
	// with another in about 1 place; 12 of a Poisson(2) has odds of 1e-6.
	for name, n := range map[string]int{"neighbors": neighbors, "fixed points": fixed,
		"places shared by two seeds": same} {
		if n > 12 {
			t.Errorf("%d %s among %d records: not a random order", n, name, records)
		}
	}
}

// TestPermutationSpreads checks that every stretch of the order covers the whole
// file: each sixteenth of the accesses falls into each sixteenth of the records
// about equally often.
func TestPermutationSpreads(t *testing.T) {
	const records, cells = 1 << 16, 16
	p := newPermutation(records, 1, records, 7)
	var count [cells][cells]int
	for i, off := range visits(p.fill) {
		count[i*cells/records][int(off)*cells/records]++
	}
	chi := 0.0
	const expected = records / cells / cells
	for _, row := range count {
		for _, n := range row {
			chi += float64((n-expected)*(n-expected)) / expected
		}
	}
	// 225 degrees of freedom; a permutation varies less than independent
	// draws. The 1e-6 quantile of chi-square with 225 is about 340.
	if chi > 340 {
		t.Errorf("chi-square %.0f over %d cells: the order has a structure", chi, cells*cells)
	}
}
