//go:build linux && !386 && !arm

package cli

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"mmapbench/analysis"
	"mmapbench/analysis/verdict"
	"mmapbench/internal/prose"
	"mmapbench/report/words"
	"mmapbench/results"
)

// A standing is what one group, or one comparison of a gate, shows so far.
type standing struct {
	name     string
	leader   string
	other    string // what the leader is compared with
	median   string // how many times as fast; "": not known yet
	interval string // of the same, in brackets; "": none yet
	decided  bool
	state    string
}

// standings keep the figures of a run under way, and what they come to.
type standings struct {
	run  results.Run
	last []standing
	cost time.Duration // of the last reckoning
	done time.Time     // when it ended
}

// add keeps of a trial what a standing rests on.
func (s *standings) add(t *results.Trial) {
	own := *t
	own.Counters, own.Latency, own.Series, own.Check, own.Said = results.Counters{}, nil, nil, nil, ""
	s.run.Trials = append(s.run.Trials, own)
}

// reckon makes the standings anew, between two trials. It takes a twentieth of the time
// at most, and collects its own garbage, so that this process is quiet while the next
// trial runs.
func (s *standings) reckon() {
	if time.Since(s.done) < 20*s.cost {
		return
	}
	began := time.Now()
	summary := analysis.Summarize(&s.run)
	if s.run.Header.Plan.Gate != nil {
		s.last = gateStandings(summary)
	} else {
		s.last = groupStandings(summary.Groups)
	}
	runtime.GC()
	s.done = time.Now()
	s.cost = s.done.Sub(began)
}

// groupStandings has a standing for each group with something to compare.
func groupStandings(groups []analysis.Group) (list []standing) {
	var shared []results.Arm
	for i := range groups {
		shared = append(shared, groups[i].Factors)
	}
	differing := results.Differing(shared)
	for i := range groups {
		g := &groups[i]
		rank := g.Rank()
		if len(g.Rows) < 2 || rank.Leader() < 0 {
			continue
		}
		leader, first := &g.Rows[rank.Leader()], &g.Rows[0]
		s := standing{name: groupName(&g.Factors, differing), leader: leader.Name, state: "open"}
		switch rank.Kind {
		case analysis.Won:
			s.decided, s.state = true, "decided"
		case analysis.Equal:
			s.decided, s.state = true, "equal"
		}
		if leader == first && len(rank.Order) > 1 {
			s.other = g.Rows[rank.RunnerUp()].Name // the first backend leads: by how much
			s.speak(rank.Lead)
		} else {
			s.other = first.Name
			s.speak(leader.Speed)
		}
		list = append(list, s)
	}
	return list
}

// speak puts a speed into words.
func (s *standing) speak(e *analysis.Estimate) {
	if e == nil {
		return
	}
	s.median = words.Ratio(e.Median)
	if e.Interval != nil {
		s.interval = fmt.Sprintf(" (%s to %s)", words.Ratio(e.Interval.Low), words.Ratio(e.Interval.High))
	}
}

// groupName is the workload, with the levels in which groups differ.
func groupName(a *results.Arm, differing []*results.Factor) string {
	name := []string{a.Workload}
	for _, f := range differing {
		if l := f.Label(a); l != "" && f.Key != "workload" && f.Key != "ops" {
			name = append(name, l)
		}
	}
	return strings.Join(name, " ")
}

// gateStandings has a standing for each comparison of a gate, as of the last look.
func gateStandings(summary *analysis.Summary) (list []standing) {
	c, err := analysis.Gate(summary, false)
	if err != nil {
		return nil
	}
	for i := range c.Rows {
		r := &c.Rows[i]
		s := standing{name: r.Name, leader: "new", other: "base", state: "open"}
		if len(c.Metrics) > 1 {
			s.name += " " + r.Metric.Name
		}
		if r.Ratio != nil {
			s.median = words.FineRatio(1 / *r.Ratio)
			if b := r.Deciding(); b != nil && !math.IsInf(b.High, 0) {
				s.interval = fmt.Sprintf(" (%s to %s)", words.FineRatio(1/b.High), words.FineRatio(1/b.Low))
			}
		}
		if r.Verdict != verdict.Inconclusive {
			s.decided, s.state = true, r.Verdict.String()
		}
		list = append(list, s)
	}
	return list
}

// lines writes the standings in at most so many rows and columns. Where the columns are
// few, the interval goes first, and then what a leader is compared with.
func (s *standings) lines(rows, columns int) (list []string) {
	all, rest := s.last, ""
	if len(all) > rows {
		if rows < 2 {
			return nil
		}
		rest = fmt.Sprintf("and %d more; %s", len(all)-rows+1, s.tally())
		all = all[:rows-1]
	}
	names := 0
	for i := range all {
		names = max(names, utf8.RuneCountInString(all[i].name))
	}
	for i := range all {
		x := &all[i]
		name, line := x.name+strings.Repeat(" ", names-utf8.RuneCountInString(x.name)), ""
		if x.median == "" {
			x.median = words.None
		}
		for _, text := range []string{
			fmt.Sprintf("%s  %s %s times as fast as %s%s, %s", name, x.leader, x.median, x.other, x.interval, x.state),
			fmt.Sprintf("%s  %s %s times %s, %s", name, x.leader, x.median, x.other, x.state),
			fmt.Sprintf("%s: %s %s, %s", x.name, x.leader, x.median, x.state),
			fmt.Sprintf("%s: %s, %s", x.name, x.leader, x.state),
		} {
			if line = text; utf8.RuneCountInString(line) <= columns {
				break
			}
		}
		list = append(list, line)
	}
	if rest != "" {
		list = append(list, rest)
	}
	return list
}

// tally counts what is decided.
func (s *standings) tally() string {
	n := 0
	for i := range s.last {
		if s.last[i].decided {
			n++
		}
	}
	return fmt.Sprintf("%d of %s decided", n, prose.Count(len(s.last), "standing"))
}
