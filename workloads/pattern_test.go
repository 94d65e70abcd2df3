package workloads

import (
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

func TestSequenceVisitsEveryRecordInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		record := rapid.Int64Range(1, 100).Draw(t, "record")
		size := rapid.Int64Range(record, 5000*record).Draw(t, "size")
		s := newSequence(size, record)
		all := visits(s.fill)
		if int64(len(all)) != size/record {
			t.Fatalf("%d records of %d visited", len(all), size/record)
		}
		for i, off := range all {
			if off != int64(i)*record {
				t.Fatalf("access %d at %d, want %d", i, off, int64(i)*record)
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
	neighbours, fixed, same := 0, 0, 0
	a, b := newPermutation(records, 1, records, 1), newPermutation(records, 1, records, 2)
	one, two := visits(a.fill), visits(b.fill)
	for i := range one {
		if i > 0 && (one[i]-one[i-1] == 1 || one[i]-one[i-1] == -1) {
			neighbours++
		}
		if one[i] == int64(i) {
			fixed++
		}
		if one[i] == two[i] {
			same++
		}
	}
	// A random permutation has about 2 neighbours, 1 fixed point, and agrees
	// with another in about 1 place; 12 of a Poisson(2) has odds of 1e-6.
	for name, n := range map[string]int{"neighbours": neighbours, "fixed points": fixed, "places shared by two seeds": same} {
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
