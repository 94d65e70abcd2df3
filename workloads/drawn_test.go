package workloads

import (
	"math"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"mmapbench/io/backend"
)

// drawing is the pattern of a workload, of records of 8 bytes.
func drawing(t interface{ Fatal(...any) }, text string, records, ops int64, seed uint64) func(*backend.Batch) bool {
	w, err := (Catalogue{Workloads: All()}).Workload(text)
	if err != nil {
		t.Fatal(err)
	}
	r := w.(configured).Workload.(reader)
	return r.start(Task{Ops: ops, Seed: seed, Spec: backend.Spec{Size: records*8 + 7, Record: 8}})
}

// TestDrawsFollowTheirFormulas holds frequencies of accesses to what the formulas of the
// literature say, written down once more here, by a chi-square test of a fixed seed.
func TestDrawsFollowTheirFormulas(t *testing.T) {
	const ops = 1 << 21
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	zipf := func(theta float64) func(i, n int64) float64 {
		return func(i, _ int64) float64 { return math.Pow(float64(i+1), -theta) }
	}
	for _, tt := range []struct {
		text    string
		records int64
		weight  func(i, n int64) float64 // of the record that is read the i-th most often, or of place i
		places  bool
	}{
		{"random:zipf=0.99", 1000, zipf(0.99), false},
		{"random:zipf=0.5", 4096, zipf(0.5), false},
		{"random:zipf=1", 64, zipf(1), false},
		{"random:zipf=2", 300, zipf(2), false},
		{"random:zipf=1.2", 100_003, zipf(1.2), false},
		{"random:hotspot=0.2", 1000, func(i, _ int64) float64 {
			return map[bool]float64{true: 0.8 / 200, false: 0.2 / 800}[i < 200]
		}, false},
		{"random:hotspot=0.1,hits=0.5", 640, func(i, _ int64) float64 {
			return map[bool]float64{true: 0.5 / 64, false: 0.5 / 576}[i < 64]
		}, false},
		{"random:normal=0.1", 1001, func(i, n int64) float64 {
			return phi((float64(i+1)/float64(n)-0.5)/0.1) - phi((float64(i)/float64(n)-0.5)/0.1)
		}, true},
		{"random:normal=0.5", 64, func(i, n int64) float64 {
			return phi((float64(i+1)/float64(n)-0.5)/0.5) - phi((float64(i)/float64(n)-0.5)/0.5)
		}, true},
		{"random:normal=0.0001", 64, func(i, _ int64) float64 {
			return map[bool]float64{true: 0.5}[i == 31 || i == 32]
		}, true},
	} {
		count := make([]int, tt.records)
		for _, off := range visits(drawing(t, tt.text, tt.records, ops, 5)) {
			count[off/8]++
		}
		weights, all := make([]float64, tt.records), 0.0
		for i := range weights {
			weights[i] = tt.weight(int64(i), tt.records)
			all += weights[i]
		}
		if !tt.places {
			count = byRank(t, tt.text, count, tt.records)
		}
		if z := chiSquare(count, weights, all, ops); math.Abs(z) > 4 {
			t.Errorf("%s over %d records: the frequencies are not those of the formula, by %.1f standard deviations",
				tt.text, tt.records, z)
		}
	}
}

// byRank puts the counts in the order of the ranks, which follow from the scatter alone.
func byRank(t *testing.T, text string, count []int, records int64) []int {
	places := make([]int64, records)
	for i := range places {
		places[i] = int64(i)
	}
	newScatter(uint64(records), 5).places(places, 1)
	out := make([]int, records)
	for rank, place := range places {
		out[rank] = count[place]
	}
	if !sort.SliceIsSorted(out[:3], func(i, j int) bool { return out[i] > out[j] }) && text == "random:zipf=1" {
		t.Errorf("%s: ranks 1, 2, 3 were read %d times", text, out[:3])
	}
	return out
}

// chiSquare is by how many standard deviations the counts are further from their weights
// than they are to be expected (Wilson and Hilferty 1931), and is as suspicious if they are
// nearer. Records that are to be read less than ten times are taken together.
func chiSquare(count []int, weights []float64, all float64, ops int) float64 {
	chi, cells, few, fewDue := 0.0, 0, 0, 0.0
	for i, n := range count {
		few, fewDue = few+n, fewDue+weights[i]/all*float64(ops)
		if fewDue >= 10 {
			d := float64(few) - fewDue
			chi += d * d / fewDue
			cells, few, fewDue = cells+1, 0, 0
		}
	}
	chi += (float64(few) - fewDue) * (float64(few) - fewDue) / max(fewDue, 1)
	k := float64(cells - 1)
	return (math.Cbrt(chi/k) - (1 - 2/(9*k))) / math.Sqrt(2/(9*k))
}

func TestDrawsAreFunctionsOfTheIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"random:zipf=0.99", "random:zipf=3", "random:hotspot=0.2",
			"random:hotspot=0.9,hits=0.1", "random:normal=0.1", "random:normal=30"}).Draw(t, "workload")
		records := rapid.Int64Range(1, 3000).Draw(t, "records")
		ops := rapid.Int64Range(0, 3*records).Draw(t, "ops")
		more := rapid.Int64Range(0, 2*records).Draw(t, "more")
		seed := rapid.Uint64().Draw(t, "seed")
		limits := rapid.SliceOfN(rapid.IntRange(0, backend.BatchMax+1), 1, 9).Draw(t, "limits")
		want := visits(drawing(t, text, records, ops, seed))
		got := someVisits(drawing(t, text, records, ops+more, seed), limits)
		if int64(len(got)) != ops+more || !slices.Equal(got[:ops], want) {
			t.Fatalf("the first %d of %d accesses in batches of %v are others", ops, ops+more, limits)
		}
		for _, off := range got {
			if off < 0 || off >= records*8 || off%8 != 0 {
				t.Fatalf("an access at %d, where no record is", off)
			}
		}
	})
}

// TestScatterIsABijection, and keeps ranks that follow each other apart.
func TestScatterIsABijection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.Int64Range(1, 5000).Draw(t, "records")
		s := newScatter(uint64(records), rapid.Uint64().Draw(t, "seed"))
		all := make([]int64, records)
		for i := range all {
			all[i] = int64(i)
		}
		wide := s
		wide.inverse = 0 // as for files of more than 2^32 records
		again := slices.Clone(all)
		wide.places(again, 8)
		s.places(all, 8)
		if !slices.Equal(all, again) {
			t.Fatal("by division the places are others")
		}
		if records >= 150 { // of fewer, a factor without a common one may be far from the golden ratio
			for i := range all[:9] {
				for j := range all[:i] {
					if d := (all[i] - all[j]) / 8; d >= -1 && d <= 1 {
						t.Fatalf("the hot records of ranks %d and %d are neighbors", i, j)
					}
				}
			}
		}
		slices.Sort(all)
		for i, off := range all {
			if off != int64(i)*8 {
				t.Fatalf("place %d of %d is at %d", i, records, off)
			}
		}
	})
}

func TestOptionsOfRandomThatMeanNothing(t *testing.T) {
	for text, want := range map[string]string{
		"random:hits=0.5": "workload random: hits says how often the hotspot is read: " +
			"give hotspot=0.2 as well",
		"random:hotspot=20":           "workload random: hotspot=20 and hits=0.8 are shares: both must be below 1",
		"random:zipf=1,normal=1":      "workload random: options zipf and normal contradict each other",
		"random:hotspot=0.1,normal=1": "workload random: options hotspot and normal contradict each other",
		"random:zipf=1,hits=0.5":      "workload random: options zipf and hits contradict each other",
	} {
		if _, err := (Catalogue{Workloads: All()}).Workload(text); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
