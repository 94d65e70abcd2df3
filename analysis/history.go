package analysis

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	moremath "github.com/aclements/go-moremath/stats"

	"mmapbench/analysis/changepoint"
	"mmapbench/internal/host"
	"mmapbench/results"
)

// A History is what the runs of one machine say over time.
type History struct {
	Machine string       `json:"fingerprint,omitempty"` // "" if there is no run
	Host    host.Facts   `json:"-"`                     // the facts in the machine's newest run
	Runs    []*PastRun   `json:"runs"`                  // the oldest comes first
	Trends  []Trend      `json:"trends"`                // the order is that of the newest plan
	LeftOut []LeftOutRun `json:"left_out"`
}

// A LeftOutRun has no part in the history.
type LeftOutRun struct {
	File    string      `json:"file"`
	Reason  string      `json:"reason"`
	Kind    LeftOutKind `json:"kind"`
	Machine string      `json:"fingerprint,omitempty"` // where it is another
}

// A LeftOutKind says why in one word.
type LeftOutKind string

// The reasons for which runs are left out.
const (
	LeftOutSame     LeftOutKind = "copy"     // another file has the same run
	LeftOutTorn     LeftOutKind = "torn"     // its last line was cut
	LeftOutGate     LeftOutKind = "gate"     // it compares two sides
	LeftOutUnusable LeftOutKind = "unusable" // no arm has a usable trial
	LeftOutMachine  LeftOutKind = "machine"  // another machine, or it has changed
	LeftOutPlan     LeftOutKind = "plan"     // no arm is in another run
	LeftOutUnread   LeftOutKind = "unread"   // not a run file, or not to be read
)

// A Trend is one arm in every run that measured it.
type Trend struct {
	Arm      results.Arm  `json:"-"`                      // has the target's name in the newest run, and no ID
	Place    string       `json:"place"`                  // fingerprint of machine and device
	Device   string       `json:"device,omitempty"`       // the target's device, for people; "" if not known
	Settings string       `json:"settings,omitempty"`     // measuring options that differ from the defaults
	Line     string       `json:"command_line,omitempty"` // a command's line
	Points   []TrendPoint `json:"points"`
	// Changes are in the order of time. Where there are fewer points than
	// changepoint.MinRuns there is none.
	Changes []TrendChange `json:"changes"`
	// Times of the last point over those of the one before it, and over the
	// median of all before it; nil where there is no such point. The intervals
	// know the scatter within the runs and, with runs enough, between them.
	VsPrevious *Estimate `json:"time_vs_previous"`
	VsBefore   *Estimate `json:"time_vs_before"`
}

// MarshalJSON adds the factors of the arm by their keys, and the bytes of a lap.
func (t Trend) MarshalJSON() ([]byte, error) {
	type plain Trend // lacks this method
	return json.Marshal(struct {
		Factors map[string]any `json:"factors"`
		Bytes   int64          `json:"bytes"`
		plain
	}{levelsOf(&t.Arm), t.Arm.Bytes, plain(t)})
}

// A TrendPoint is an arm in one run.
type TrendPoint struct {
	Run      *PastRun  `json:"-"`
	Index    int       `json:"run"`    // the run's place in the history's list
	Trials   int       `json:"trials"` // how many the file has
	Estimate *Estimate `json:"time_s_per_lap"`
}

// A TrendChange is a change of level: the times from Points[At] on are Ratio
// times those before.
type TrendChange struct {
	At      int       `json:"point"`
	Started time.Time `json:"started"` // the run of the point
	Ratio   float64   `json:"ratio"`
	P       float64   `json:"p"`
}

// HistoryOptions choose what a history is about.
type HistoryOptions struct {
	Machine string                 // how a fingerprint begins; "": that of the newest run
	Keep    func(results.Arm) bool // nil: all arms
}

// NewHistory puts runs together: of one machine, each once, arm by arm.
func NewHistory(runs []*PastRun, opts HistoryOptions) *History {
	if opts.Keep == nil {
		opts.Keep = func(results.Arm) bool { return true }
	}
	h := &History{Runs: []*PastRun{}, Trends: []Trend{}, LeftOut: []LeftOutRun{}}
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b *PastRun) int {
		if c := a.Started.Compare(b.Started); c != 0 {
			return c
		}
		return strings.Compare(a.File, b.File)
	})
	runs = h.once(runs)
	runs = h.without(runs, LeftOutTorn, func(r *PastRun) string {
		if !r.Torn {
			return ""
		}
		return "the last line is torn, as by a crash; run --resume completes it"
	})
	runs = h.without(runs, LeftOutGate, func(r *PastRun) string {
		if !r.Gate {
			return ""
		}
		return "a gate: it compares two sides with each other"
	})
	runs = h.without(runs, LeftOutUnusable, func(r *PastRun) string {
		if r.usable(opts.Keep) {
			return ""
		}
		return "no usable trial"
	})
	runs = h.ofOneMachine(runs, opts.Machine)
	h.trends(runs, opts.Keep)
	h.Runs = h.without(runs, LeftOutPlan, func(r *PastRun) string {
		if len(runs) == 1 ||
			slices.ContainsFunc(h.Trends, func(t Trend) bool { return len(t.Points) > 1 && t.has(r) }) {
			return ""
		}
		return "another plan: no other run has one of its arms"
	})
	h.Trends = slices.DeleteFunc(h.Trends, func(t Trend) bool { return !slices.Contains(h.Runs, t.Points[0].Run) })
	index := make(map[*PastRun]int)
	for i, r := range h.Runs {
		index[r] = i
	}
	for i := range h.Trends {
		t := &h.Trends[i]
		for k := range t.Points {
			t.Points[k].Index = index[t.Points[k].Run]
		}
		t.analyse()
	}
	return h
}

// without leaves out the runs for which there is a reason.
func (h *History) without(runs []*PastRun, kind LeftOutKind, reason func(*PastRun) string) []*PastRun {
	kept := []*PastRun{}
	for _, r := range runs {
		if why := reason(r); why != "" {
			h.LeftOut = append(h.LeftOut, LeftOutRun{File: r.File, Reason: why, Kind: kind})
			continue
		}
		kept = append(kept, r)
	}
	return kept
}

// once keeps one file of each run: the longest, and of those the first that is
// not a baseline. A baseline that is a copy gives its name to the run, and is
// not worth a word.
func (h *History) once(runs []*PastRun) []*PastRun {
	var kept []*PastRun
	for _, r := range runs {
		i := slices.IndexFunc(kept, r.same)
		if i < 0 {
			kept = append(kept, r)
			continue
		}
		keep, drop := kept[i], r
		if r.trials > keep.trials || r.trials == keep.trials && len(keep.Baselines) > 0 && len(r.Baselines) == 0 {
			keep, drop = r, keep
		}
		if len(drop.Baselines) == 0 {
			h.LeftOut = append(h.LeftOut, LeftOutRun{File: drop.File, Reason: "the same run as " + keep.File,
				Kind: LeftOutSame})
		}
		named := *keep
		named.Baselines = slices.Concat(keep.Baselines, drop.Baselines)
		kept[i] = &named
	}
	return kept
}

// ofOneMachine leaves out the runs of other machines.
func (h *History) ofOneMachine(runs []*PastRun, machine string) []*PastRun {
	for _, r := range runs {
		if strings.HasPrefix(r.Machine, machine) {
			h.Machine, h.Host = r.Machine, r.Host // the last one is the newest
		}
	}
	here := h.Host
	here.Targets = nil
	var kept []*PastRun
	for _, r := range runs {
		if r.Machine == h.Machine {
			kept = append(kept, r)
			continue
		}
		there := r.Host
		there.Targets = nil
		reason := "another machine, " + r.Machine
		switch diff := host.Differences(there, here); len(diff) {
		case 0:
		case 1:
			reason += " (" + diff[0] + ")"
		default:
			reason += fmt.Sprintf(" (%s, and %d more)", diff[0], len(diff)-1)
		}
		h.LeftOut = append(h.LeftOut, LeftOutRun{r.File, reason, LeftOutMachine, r.Machine})
	}
	return kept
}

// trends sorts the arms of the runs into trends: those of the newest run first,
// in the order of its plan.
func (h *History) trends(runs []*PastRun, keep func(results.Arm) bool) {
	index := make(map[trendKey]int)
	for _, r := range slices.Backward(runs) {
		for _, a := range r.arms {
			if a.total == nil || !keep(a.arm) {
				continue
			}
			i, ok := index[a.key]
			if !ok {
				i = len(h.Trends)
				index[a.key] = i
				t := Trend{Arm: a.arm, Place: a.key.place, Device: a.device}
				t.Settings = strings.Join(a.key.measure.Words(), ", ")
				t.Arm.ID = 0
				t.Line, _, _ = strings.Cut(a.key.command, "\x00")
				h.Trends = append(h.Trends, t)
			}
			h.Trends[i].Points = append(h.Trends[i].Points, TrendPoint{Run: r, Trials: a.trials, Estimate: a.total})
		}
	}
	for _, t := range h.Trends {
		slices.Reverse(t.Points)
	}
}

func (t *Trend) has(r *PastRun) bool {
	return slices.ContainsFunc(t.Points, func(p TrendPoint) bool { return p.Run == r })
}

// analyse looks for changes. All is done with logarithms, as a change is a ratio.
func (t *Trend) analyse() {
	t.Changes = []TrendChange{}
	points := make([]changepoint.Point, len(t.Points))
	logs := make([]float64, len(t.Points))
	for i, p := range t.Points {
		logs[i] = math.Log(p.Estimate.Median)
		points[i] = changepoint.Point{Value: logs[i], Error: logError(p.Estimate)}
	}
	for _, c := range changepoint.Find(points) {
		t.Changes = append(t.Changes, TrendChange{c.At, t.Points[c.At].Run.Started, math.Exp(c.Difference), c.P})
	}
	if n := len(points); n > 1 {
		last := t.Points[n-1].Estimate
		t.VsPrevious = ratioOfMedians(last, t.Points[n-2].Estimate)
		t.VsBefore = ratioOfMedians(last, MedianInterval(logs[:n-1], Confidence).rising(math.Exp))
	}
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

// ratioOfMedians is a over b, of values that know nothing of each other. The
// interval comes from those of the two by the method of variance estimates
// recovery, for logarithms (G. Y. Zou and A. Donner, "Construction of confidence
// limits about effect measures: a general approach", Statistics in Medicine 27
// (2008) 1693-1702). It is nil where one of them has none.
func ratioOfMedians(a, b *Estimate) *Estimate {
	r := &Estimate{N: min(a.N, b.N), Median: a.Median / b.Median}
	if a.Interval == nil || b.Interval == nil {
		return r
	}
	side := func(x, y float64) float64 { return math.Hypot(math.Log(x), math.Log(y)) }
	r.Interval = &Interval{
		Low:        r.Median * math.Exp(-side(a.Median/a.Interval.Low, b.Interval.High/b.Median)),
		High:       r.Median * math.Exp(side(a.Interval.High/a.Median, b.Median/b.Interval.Low)),
		Confidence: min(a.Interval.Confidence, b.Interval.Confidence),
	}
	return r
}
