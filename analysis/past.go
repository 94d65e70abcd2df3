package analysis

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"mmapbench/internal/host"
	"mmapbench/results"
)

// A PastRun is what a history keeps of a run: a median for each arm. The run
// itself can be forgotten.
type PastRun struct {
	File       string         `json:"file"`
	Baselines  []string       `json:"baselines,omitempty"` // names under which it is kept
	Started    time.Time      `json:"started"`
	Experiment string         `json:"experiment"`
	Labels     results.Labels `json:"labels,omitempty"`
	Tool       results.Tool   `json:"tool"`
	Host       host.Facts     `json:"-"`
	Machine    string         `json:"-"`   // fingerprint of the host without its targets
	End        string         `json:"end"` // the status of results.End; "cut-short": the file has no end
	Torn       bool           `json:"-"`
	Gate       bool           `json:"-"` // its arms are sides that differ in more than factors
	Place      string         `json:"-"` // its label, where that is what puts runs in order

	seed   uint64
	trials int
	arms   []pastArm
}

// A pastArm is what a run says of one arm.
type pastArm struct {
	key    trendKey
	arm    results.Arm
	device string    // the target's device, for people
	trials int       // how many the file has
	total  *Estimate // seconds; of an arm that has an anchor its times over the anchor's
	mean   *Estimate // the same by the mean laps of trials
	means  bool      // the file has no more than mean laps
}

// A trendKey is the same for what may be compared from run to run: all factors,
// the device behind the target by what it is, and how it was measured.
type trendKey struct {
	factors results.Arm // ID and target are empty
	place   string      // fingerprint of the host with this target alone, and nameless
	name    string      // the target's name, where two targets of a run have one place
	measure results.Measure
	command string // line, way and files, of an arm that runs one
	line    string // the command's line
	anchor  Anchor // what its times are divided by; "" for seconds
}

// id is a short name of the key. Factors and options that the arm does not have are not
// in it, so that those of later versions leave it as it is.
func (k trendKey) id() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q\n", k.place, k.name, k.command, k.measure.Words())
	if k.anchor != "" {
		fmt.Fprintf(h, "%q\n", k.anchor)
	}
	for _, f := range results.Factors {
		if level := f.Label(&k.factors); level != "" {
			fmt.Fprintf(h, "%q %q\n", f.Key, level)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// Condense keeps of a run what its history needs. With an anchor that is, of each arm that
// has one, its times over the anchor's in the same rounds, and of the anchor its times.
func Condense(file string, s *Summary, anchor Anchor) *PastRun {
	run := s.run
	h := &run.Header
	p := &PastRun{File: file, Started: h.Started, Experiment: h.Plan.Name, Labels: h.Labels, Tool: h.Tool,
		Host: h.Host, End: "cut-short", Torn: run.Torn, Gate: h.Plan.Gate != nil,
		seed: h.Plan.Seed, trials: len(run.Trials)}
	if run.End != nil {
		p.End = run.End.Status
	}
	p.Machine = host.Fingerprint(h.Host)
	rows := make([]Row, len(h.Plan.Arms))
	for i := range run.Trials {
		t := &run.Trials[i]
		r := &rows[t.Arm]
		if r.Trials++; t.Usable() && t.Total() > 0 {
			r.trials = append(r.trials, t)
		}
	}
	places := places(h)
	for i, a := range h.Plan.Arms {
		rows[i].Arm = a
	}
	means := meansOnly(run)
	for i, a := range h.Plan.Arms {
		last := pastArm{key: keyOf(a, places, &h.Plan), arm: a, device: places[a.Target].device, trials: rows[i].Trials,
			means: means}
		if anchor != "" && !anchor.Is(a) {
			last.key.anchor = anchor
		}
		last.total, last.mean = pastTime(rows, i, last.key.anchor, false), pastTime(rows, i, last.key.anchor, true)
		p.arms = append(p.arms, last)
	}
	return p
}

// pastTime is the time of an arm, or its times over the anchor's, with trials counted by
// their mean laps or by what else they have; nil where that is not known.
func pastTime(rows []Row, i int, anchor Anchor, means bool) *Estimate {
	for k := range rows {
		rows[k].means = means
	}
	r := &rows[i]
	if anchor == "" {
		return MedianInterval(r.values(r.seconds), Confidence)
	}
	base := anchor.Of(rows, r.Arm)
	if base == nil {
		return nil
	}
	e := MedianInterval(Metrics()[0].Logs(r, base), Confidence)
	if e == nil {
		return nil
	}
	return e.rising(math.Exp)
}

// A site is where a target's files are.
type site struct {
	place  string
	device string
	shared bool // another target of the run has the same place
}

// places says of each target of the run what is behind it. A target that nothing
// is known of is known by its name.
func places(h *results.Header) map[string]site {
	sites := make(map[string]site)
	count := make(map[string]int)
	for _, t := range h.Plan.Targets {
		s := site{place: "unknown " + t.Name}
		for _, facts := range h.Host.Targets {
			if facts.Name == t.Name {
				s.device, s.place = facts.DeviceName(), host.Place(h.Host, facts)
			}
		}
		sites[t.Name] = s
		count[s.place]++
	}
	for name, s := range sites {
		s.shared = count[s.place] > 1
		sites[name] = s
	}
	return sites
}

func keyOf(a results.Arm, sites map[string]site, p *results.Plan) trendKey {
	s, ok := sites[a.Target]
	if !ok {
		s.place = "unknown " + a.Target
	}
	k := trendKey{factors: a, place: s.place, measure: p.Measure}
	if k.line, k.command = commandOf(a, p); k.line != "" {
		k.measure.Latency = "" // a command makes no accesses that could be timed
	}
	k.measure = k.measure.Timing()
	if s.shared {
		k.name = a.Target
	}
	k.factors.ID, k.factors.Target = 0, ""
	return k
}

// commandOf returns the line of what an arm runs, and all of it, if anything: two
// commands of one name are not one.
func commandOf(a results.Arm, p *results.Plan) (line, all string) {
	c, err := p.CommandOf(a)
	if err != nil && a.Replays() {
		return "", traceOf(p)
	}
	if err != nil {
		return "", ""
	}
	return c.Line, strings.Join(append([]string{c.Line, fmt.Sprint(c.Way)}, c.Files...), "\x00")
}

// traceOf names the trace that a plan replays; "" where it replays none.
func traceOf(p *results.Plan) string {
	if p.Trace == nil {
		return ""
	}
	return fmt.Sprintf("%s (SHA-256 %.12s)", p.Trace.Name, p.Trace.SHA256)
}

// same reports whether two files hold the same run.
func (p *PastRun) same(q *PastRun) bool {
	return p.Started.Equal(q.Started) && p.seed == q.seed && p.Experiment == q.Experiment && p.Machine == q.Machine
}

// usable reports whether any arm that is kept has a median.
func (p *PastRun) usable(keep func(results.Arm) bool) bool {
	for _, a := range p.arms {
		if a.total != nil && keep(a.arm) {
			return true
		}
	}
	return false
}

// Arms lists the arms of the run's plan.
func (p *PastRun) Arms() []results.Arm {
	arms := make([]results.Arm, len(p.arms))
	for i, a := range p.arms {
		arms[i] = a.arm
	}
	return arms
}
