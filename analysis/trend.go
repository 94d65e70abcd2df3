package analysis

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	moremath "github.com/aclements/go-moremath/stats"

	"mmapbench/analysis/changepoint"
	"mmapbench/results"
)

// A Trend is one arm in every run that measured it.
type Trend struct {
	Arm      results.Arm  `json:"-"`                      // has the target's name in the newest run, and no ID
	ID       string       `json:"id"`                     // the same in every history
	Place    string       `json:"place"`                  // fingerprint of machine and device
	Device   string       `json:"device,omitempty"`       // the target's device, for people; "" if not known
	Settings string       `json:"settings,omitempty"`     // measuring options that differ from the defaults
	Line     string       `json:"command_line,omitempty"` // a command's line
	Anchor   Anchor       `json:"anchor,omitempty"`       // what the times are divided by; "" for seconds
	Points   []TrendPoint `json:"points"`
	// Changes are in the order of the runs. Where there are fewer points than
	// changepoint.MinRuns there is none.
	Changes []TrendChange `json:"changes"`
	// VsLevel is the last time over those before it in the level; nil for a single point.
	VsLevel *Prediction `json:"time_vs_level"`
	// Smallest is the change of level, as a share, that FurtherRuns more runs are likely
	// to show: in four of five histories. It is nil where the scatter is not known.
	Smallest *float64 `json:"smallest_change"`

	means bool // a run has no more than mean laps, so all points are of those
}

// FurtherRuns are those after which Trend.Smallest would be shown.
const FurtherRuns = 8

// MarshalJSON adds the factors of the arm by their keys, and the bytes of a lap.
func (t Trend) MarshalJSON() ([]byte, error) {
	type plain Trend // lacks this method
	type point struct {
		TrendPoint
		Time *Estimate `json:"time_s_per_lap,omitempty"`
		Over *Estimate `json:"time_over_anchor,omitempty"`
	}
	points := make([]point, len(t.Points))
	for i, p := range t.Points {
		if points[i] = (point{TrendPoint: p, Time: p.Estimate}); t.Anchor != "" {
			points[i].Time, points[i].Over = nil, p.Estimate
		}
	}
	return json.Marshal(struct {
		Factors map[string]any `json:"factors"`
		Bytes   int64          `json:"bytes"`
		plain
		Points []point `json:"points"`
	}{levelsOf(&t.Arm), t.Arm.Bytes, plain(t), points})
}

// A TrendPoint is an arm in one run.
type TrendPoint struct {
	Run      *PastRun  `json:"-"`
	Index    int       `json:"run"`    // the run's place in the history's list
	Trials   int       `json:"trials"` // how many the file has
	Estimate *Estimate `json:"-"`      // seconds per lap, or the times over the anchor's

	mean *Estimate // the same by the mean laps of trials
}

// A TrendChange is a change of level: the times from Points[At] on are Ratio
// times those before.
type TrendChange struct {
	At      int       `json:"point"`
	Started time.Time `json:"started"` // the run of the point
	Ratio   float64   `json:"ratio"`
	P       float64   `json:"p"`
	// Small is a change that is told, and counts nowhere else: one of less than
	// LeastChange, or of less than the trend's scatter lets one be sure to find.
	Small bool `json:"small"`
	KnownChange
}

// LeastChange is the least size of a change that counts, however sure it is.
const LeastChange = 0.05

// A Prediction says where the next run lies if nothing has changed: the scatter from
// run to run is in it, which the trials of one run know nothing of.
type Prediction struct {
	Ratio    float64   `json:"ratio"`    // the last run over the mean of the level's earlier ones
	Runs     int       `json:"runs"`     // those earlier ones
	Interval *Interval `json:"interval"` // of the ratio; nil where the scatter is not known
}

func (t *Trend) has(r *PastRun) bool {
	return slices.ContainsFunc(t.Points, func(p TrendPoint) bool { return p.Run == r })
}

// analyze looks for changes. All is done with logarithms, as a change is a ratio.
func (t *Trend) analyze(known []KnownChange) {
	t.Changes = []TrendChange{}
	points := make([]changepoint.Point, len(t.Points))
	logs := make([]float64, len(t.Points))
	for i, p := range t.Points {
		logs[i] = math.Log(p.Estimate.Median)
		points[i] = changepoint.Point{Value: logs[i], Error: logError(p.Estimate)}
	}
	found := changepoint.Find(points)
	starts := []int{0}
	for _, c := range found {
		starts = append(starts, c.At)
	}
	t.VsLevel = predict(logs, starts)
	least := math.Log(1 + LeastChange)
	if _, n, sd, freedom := levels(logs, starts); freedom > 1 {
		smallest := changepoint.Smallest(n, FurtherRuns, sd)
		if !math.IsInf(smallest, 0) {
			share := math.Expm1(smallest)
			t.Smallest, least = &share, max(least, smallest)
		}
	}
	for _, c := range found {
		t.Changes = append(t.Changes, TrendChange{c.At, t.Points[c.At].Run.Started, math.Exp(c.Difference), c.P,
			math.Abs(c.Difference) < least, t.known(c.At, known)})
	}
}

// levels returns the mean of the last level and its number of values, and the standard
// deviation within levels with its degrees of freedom.
func levels(xs []float64, starts []int) (mean float64, n int, sd float64, freedom int) {
	squares := 0.0
	for i, begin := range starts {
		end := len(xs)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		level := xs[begin:end]
		mean, n = moremath.Mean(level), len(level)
		for _, x := range level {
			squares += (x - mean) * (x - mean)
		}
		freedom += n - 1
	}
	return mean, n, math.Sqrt(squares / float64(freedom)), freedom
}

// predict compares the last value with those before it in its level. The interval is
// that of a new value of a normal distribution, of which the earlier ones are a sample;
// all levels tell of its scatter. Two degrees of freedom are the least.
func predict(logs []float64, starts []int) *Prediction {
	last := len(logs) - 1
	if last < 1 {
		return nil
	}
	mean, n, sd, freedom := levels(logs[:last], starts)
	p := &Prediction{Ratio: math.Exp(logs[last] - mean), Runs: n}
	if freedom > 1 {
		t := moremath.InvCDF(moremath.TDist{V: float64(freedom)})((1 + Confidence) / 2)
		by := math.Exp(t * sd * math.Sqrt(1+1/float64(n)))
		p.Interval = &Interval{p.Ratio / by, p.Ratio * by, Confidence}
	}
	return p
}

// logError is the standard error of the logarithm of a median, as far as its
// interval tells it; 0 where it has none.
func logError(e *Estimate) float64 {
	if e.Interval == nil {
		return 0
	}
	z := moremath.NormalDist{Mu: 0, Sigma: 1}.InvCDF((1 + e.Interval.Confidence) / 2)
	return math.Log(e.Interval.High/e.Interval.Low) / (2 * z)
}
