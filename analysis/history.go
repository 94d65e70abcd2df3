package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

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
	// Together are the changes that hold when all arms of a run are read as one, which
	// none of many arms shows by chance alone.
	Together []Together `json:"together"`

	anchored bool // trends that have no anchor are anchors
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
	LeftOutLabel    LeftOutKind = "label"    // without the label that puts runs in order
)

// HistoryOptions choose what a history is about.
type HistoryOptions struct {
	Machine string                 // how a fingerprint begins; "": that of the newest run
	Keep    func(results.Arm) bool // nil: all arms
	Known   []KnownChange          // what people have said of changes
	Order   string                 // the label that puts runs in order; "": their time does
}

// NewHistory puts runs together: of one machine, each once, arm by arm.
func NewHistory(runs []*PastRun, opts HistoryOptions) *History {
	if opts.Keep == nil {
		opts.Keep = func(results.Arm) bool { return true }
	}
	h := &History{Runs: []*PastRun{}, Trends: []Trend{}, LeftOut: []LeftOutRun{}, Together: []Together{}}
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
	runs = h.inOrder(runs, opts.Order)
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
		t.analyze(opts.Known)
	}
	for _, t := range h.Trends { // an anchor tells of the machine, and of no program
		h.anchored = h.anchored || t.Anchor != ""
	}
	h.together()
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

// inOrder sorts runs by a label: by number if every value is one. Runs of one value stay
// in the order of time.
func (h *History) inOrder(runs []*PastRun, key string) []*PastRun {
	for _, r := range runs {
		r.Place = ""
	}
	if key == "" {
		return runs
	}
	runs = h.without(runs, LeftOutLabel, func(r *PastRun) string {
		if r.Labels[key] != "" {
			return ""
		}
		return "without the label " + key
	})
	numbers := make(map[*PastRun]float64)
	for _, r := range runs {
		r.Place = key + "=" + r.Labels[key]
		if n, err := strconv.ParseFloat(r.Labels[key], 64); err == nil && !math.IsNaN(n) {
			numbers[r] = n
		}
	}
	slices.SortStableFunc(runs, func(a, b *PastRun) int {
		if len(numbers) < len(runs) {
			return strings.Compare(a.Place, b.Place)
		}
		return cmp.Compare(numbers[a], numbers[b])
	})
	return runs
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
				t := Trend{Arm: a.arm, ID: a.key.id(), Place: a.key.place, Device: a.device, Line: a.key.line}
				t.Anchor = a.key.anchor
				t.Settings = strings.Join(a.key.measure.Words(), ", ")
				t.Arm.ID = 0
				h.Trends = append(h.Trends, t)
			}
			t := &h.Trends[i]
			t.Points = append(t.Points, TrendPoint{Run: r, Trials: a.trials, Estimate: a.total, mean: a.mean})
			t.means = t.means || a.means
		}
	}
	for _, t := range h.Trends {
		slices.Reverse(t.Points)
		for k := range t.Points {
			if t.means {
				t.Points[k].Estimate = t.Points[k].mean
			}
		}
	}
}
