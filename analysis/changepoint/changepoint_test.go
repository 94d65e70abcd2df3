package changepoint

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// nile is the annual flow of the Nile at Aswan, 1871 to 1970, in 10⁸ m³ (G. W.
// Cobb, "The problem of the Nile", Biometrika 65 (1978) 243-251; "Nile" in R).
var nile = []float64{1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180,
	799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020,
	1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
	781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749,
	838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740}

// TestNile has the one change that is known, after 1898, with the statistic that
// R's strucchange gives for it: breakpoints(Nile ~ 1) is 28, and
// sctest(Fstats(Nile ~ 1)) has sup.F = 75.93. The medians are R's as well.
func TestNile(t *testing.T) {
	c := one.best(nile)
	f := c.share / (1 - c.share) * float64(len(nile)-2)
	if !slices.Equal(c.at, []int{28}) || math.Abs(f-75.92977) > 1e-4 {
		t.Errorf("best change at %d with F = %.5f, want 28 and 75.92977", c.at, f)
	}
	points := make([]Point, len(nile))
	for i, x := range nile {
		points[i].Value = x
	}
	found := Find(points)
	if len(found) != 1 || found[0].At != 28 || found[0].Difference != 842.5-1130 || found[0].P > 0.001 {
		t.Errorf("found %+v, want one change at 28 of -287.5, with p at most 0.001", found)
	}
}

// TestBestAgainstItsDefinition sums up the statistic as papers write it: over the
// squared distances of every pair of values, between each two levels (M. L. Rizzo
// and G. J. Szekely, "DISCO analysis", Annals of Applied Statistics 4 (2010)
// 1034-1055, of which the E-divisive statistic is the case of two).
func TestBestAgainstItsDefinition(t *testing.T) {
	distances := func(a, b []float64) (sum float64) {
		for _, x := range a {
			for _, y := range b {
				sum += (x - y) * (x - y)
			}
		}
		return sum / float64(len(a)*len(b))
	}
	between := func(total int, levels ...[]float64) (sum float64) {
		for i, a := range levels {
			for _, b := range levels[:i] {
				e := 2*distances(a, b) - distances(a, a) - distances(b, b)
				sum += float64(len(a)*len(b)) / float64(2*total) * e
			}
		}
		return sum
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		n := 9 + rng.IntN(10)
		xs := make([]float64, n)
		for i := range xs {
			xs[i] = 100 + rng.NormFloat64()
		}
		want := map[search]candidate{}
		try := func(s search, share float64, at ...int) {
			if share > want[s].share {
				want[s] = candidate{at, share}
			}
		}
		all := distances(xs, xs) / 2 * float64(n)
		for i := MinSegment; i <= n-MinSegment; i++ {
			try(one, between(n, xs[:i], xs[i:])/all, i)
			for j := i + MinSegment; j <= n-MinSegment; j++ {
				try(two, between(n, xs[:i], xs[i:j], xs[j:])/all, i, j)
			}
		}
		for s, want := range want {
			if got := s.best(xs); !slices.Equal(got.at, want.at) || math.Abs(got.share-want.share) > 1e-9 {
				t.Errorf("%d changes of %v: %+v, want %+v", s, xs, got, want)
			}
		}
	}
}

// level makes points of the same value but for a small wobble.
func level(value float64, n int) []Point {
	points := make([]Point, n)
	for i := range points {
		points[i].Value = value + 0.001*float64(i%3-1)
	}
	return points
}

func TestFind(t *testing.T) {
	clear := slices.Concat(level(1, 10), level(1.2, 8), level(0.9, 12))
	for _, c := range []struct {
		name   string
		points []Point
		at     []int
	}{
		{"nothing", nil, nil},
		{"one run", level(1, 1), nil},
		{"too few for chance to be ruled out", slices.Concat(level(1, 4), level(2, 3)), nil},
		{"two runs are not enough", slices.Concat(level(1, 10), level(2, 2)), nil},
		{"equal values", make([]Point, 20), nil},
		{"two changes", clear, []int{10, 18}},
		{"without any noise", slices.Concat(make([]Point, 9), slices.Repeat([]Point{{Value: 1}}, 3)), []int{9}},
		{"one far value", slices.Concat(level(1, 10), level(3, 1), level(1, 9)), nil},
	} {
		found := Find(c.points)
		var at []int
		for _, f := range found {
			at = append(at, f.At)
			if f.P <= 0 || f.P > Level {
				t.Errorf("%s: change at %d with p = %g", c.name, f.At, f.P)
			}
		}
		if !slices.Equal(at, c.at) {
			t.Errorf("%s: changes at %v, want %v", c.name, at, c.at)
		}
		if again := Find(c.points); !slices.Equal(again, found) {
			t.Errorf("%s: %+v, and then %+v", c.name, found, again)
		}
	}
	found := Find(clear)
	for i, want := range []float64{0.2, -0.3} {
		if got := found[i].Difference; math.Abs(got-want) > 0.002 {
			t.Errorf("change %d is of %g, want %g", i, got, want)
		}
	}
}

// TestErrorsCount has runs that agree by luck: what each is known to stays the
// bound of what they can tell.
func TestErrorsCount(t *testing.T) {
	points := slices.Concat(level(1, 10), level(1.02, 5))
	if len(Find(points)) != 1 {
		t.Fatal("the change is not found without errors")
	}
	for i := range points {
		points[i].Error = 0.05
	}
	if found := Find(points); len(found) != 0 {
		t.Errorf("a change of 2%% among errors of 5%% was found: %+v", found)
	}
}

// TestScaleDoesNotMatter: seconds or nanoseconds, faster or slower.
func TestScaleDoesNotMatter(t *testing.T) {
	points := series(rand.New(rand.NewPCG(5, 6)), noises[0], 25, 1)
	for i := 15; i < len(points); i++ {
		points[i].Value += 4
	}
	want := Find(points)
	if len(want) != 1 {
		t.Fatalf("found %+v", want)
	}
	for i := range points {
		points[i].Value = 1000 - 0.01*points[i].Value
	}
	got := Find(points)
	if len(got) != 1 || got[0].At != want[0].At || got[0].P != want[0].P ||
		math.Abs(got[0].Difference+0.01*want[0].Difference) > 1e-9 {
		t.Errorf("found %+v, want that of %+v times -0.01", got, want)
	}
}

func TestRounded(t *testing.T) {
	for n := 1; n < 3000; n++ {
		r := rounded(n)
		if r < n || n <= 64 && r != n || r > n+n/9+1 {
			t.Errorf("%d is rounded to %d", n, r)
		}
	}
}
