package workloads

import (
	"errors"
	"fmt"
	"math"

	"mmapbench/io/backend"
)

// Random reads records in random order, none twice before all were read, or drawn by a
// distribution.
var Random = Batches(Info{
	Name:      "random",
	Summary:   "read records in random order, none twice before all were read",
	Kind:      Reads,
	Sampled:   true,
	Repeats:   true,
	Options:   distributions.Options(),
	Configure: configureRandom,
}, func(t Task) func(*backend.Batch) bool {
	p := newPermutation(t.Spec.Size, int64(t.Spec.Record), t.Ops, t.Seed)
	return p.fill
})

// distribution is what the options of random say.
type distribution struct{ zipf, hotspot, hits, normal float64 }

var distributions = backend.Table[distribution]{
	{
		Option: backend.Option{Name: "zipf", Kind: backend.Number, Excludes: []string{"hotspot", "hits", "normal"},
			Seen: "a test of the frequencies",
			Doc: "draw records, the one of rank k as often as k to the power of minus this; ranks are scattered " +
				"over the file; YCSB has 0.99"},
		Apply: func(d *distribution, v backend.Value) { d.zipf = v.Real },
	}, {
		Option: backend.Option{Name: "hotspot", Kind: backend.Number, Excludes: []string{"normal"},
			Seen: "a test of the frequencies",
			Doc:  "draw records, most of them from this share of all, which is scattered over the file: 0.2"},
		Apply: func(d *distribution, v backend.Value) { d.hotspot = v.Real },
	}, {
		Option: backend.Option{Name: "hits", Kind: backend.Number, Excludes: []string{"normal"}, Default: "0.8",
			Seen: "a test of the frequencies",
			Doc:  "the share of accesses that go to the hotspot"},
		Apply: func(d *distribution, v backend.Value) { d.hits = v.Real },
	}, {
		Option: backend.Option{Name: "normal", Kind: backend.Number, Seen: "a test of the frequencies",
			Doc: "draw places around the middle of the file, with this share of the file as standard deviation: 0.1"},
		Apply: func(d *distribution, v backend.Value) { d.normal = v.Real },
	},
}

func configureRandom(given backend.Options) (Workload, error) {
	var d distribution
	if err := distributions.Configure("workload random", "", given, &d); err != nil {
		return nil, err
	}
	var of func(records int64) shape
	summary := ""
	switch {
	case d.zipf > 0:
		of = func(records int64) shape { return zipf(d.zipf, records) }
		summary = fmt.Sprintf("read records by Zipf's law with exponent %g", d.zipf)
	case d.normal > 0:
		of = func(records int64) shape { return normal(d.normal, records) }
		summary = fmt.Sprintf("read records around the middle, with a standard deviation of %g of the file", d.normal)
	case d.hotspot == 0:
		return nil, errors.New("hits says how often the hotspot is read: give hotspot=0.2 as well")
	default:
		if d.hits == 0 {
			d.hits = 0.8
		}
		if d.hotspot >= 1 || d.hits >= 1 {
			return nil, fmt.Errorf("hotspot=%g and hits=%g are shares: both must be below 1", d.hotspot, d.hits)
		}
		of = func(records int64) shape { return hotspot(d.hotspot, d.hits, records) }
		summary = fmt.Sprintf("read records, %g of the accesses in %g of the records", d.hits, d.hotspot)
	}
	return Batches(Info{Name: "random", Summary: summary, Kind: Reads, Sampled: true},
		func(t Task) func(*backend.Batch) bool {
			return newDrawn(of(t.Spec.Size/int64(t.Spec.Record)), t).fill
		}), nil
}

// fine is how much finer a bin is than what its weights vary with: the rank of Zipf's
// law, the standard deviation of a normal distribution.
const fine = 64

func zipf(theta float64, records int64) shape {
	s := shape{weight: func(rank int64) float64 { return math.Pow(float64(rank+1), -theta) }, spread: true}
	for e := int64(0); e < records; e += 1 + e/fine {
		s.edges = append(s.edges, e)
	}
	s.edges = append(s.edges, records)
	return s
}

func hotspot(share, hits float64, records int64) shape {
	hot := min(max(int64(math.Round(share*float64(records))), 1), records)
	each, rest := hits/float64(hot), (1-hits)/float64(max(records-hot, 1))
	return shape{edges: []int64{0, hot, records}, spread: true, weight: func(rank int64) float64 {
		if rank < hot {
			return each
		}
		return rest
	}}
}

// normal ends where no access of a lifetime would go, at 9 standard deviations.
func normal(sigma float64, records int64) shape {
	n := float64(records)
	s := shape{weight: func(rank int64) float64 {
		near := (math.Abs(float64(rank)+0.5-n/2) - 0.5) / n / sigma / math.Sqrt2
		far := near + 1/n/sigma/math.Sqrt2
		return math.Erfc(near) - math.Erfc(far) // which keeps its digits far out
	}}
	for i := -9 * fine; i <= 9*fine; i++ {
		e := min(max(0.5+float64(i)/fine*sigma, 0), 1) * n
		s.edges = append(s.edges, int64(e))
	}
	last := &s.edges[len(s.edges)-1]
	*last = min(*last+1, records)
	return s
}
