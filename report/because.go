package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mmapbench/analysis"
	"mmapbench/report/words"
	"mmapbench/results"
)

// A because says why one row is faster than another. It is given only where the figures
// of the run show it by the rule that stands here.
type because struct {
	name  string
	short string // why in a few words, after "as that", which is the slower row
	holds func(p *rivalry) bool
	says  func(p *rivalry) string
}

// A rivalry is a row and a slower one.
type rivalry struct {
	cold       bool
	fast, slow *analysis.Row
}

// The shares by which rules decide: a part of the time explains a difference if at least
// half of the difference lies in it, and is a limit if the part is half of the time.
const (
	explains = 0.5
	limit    = 0.5
)

// becauses are the rules, the most telling first; the first one that holds is told.
var becauses = []because{
	{"read-ahead", "makes the device read more",
		func(p *rivalry) bool {
			fast, slow := p.fast.DeviceRead.Median, p.slow.DeviceRead.Median
			return p.cold && p.inPart(analysis.Waiting) && fast != nil && slow != nil && *slow >= 2*max(*fast, 0.5)
		}, func(p *rivalry) string {
			return fmt.Sprintf("%s makes the device read %s bytes for each one asked for (%s: %s)", p.slow.Name,
				bytesEach(*p.slow.DeviceRead.Median), p.fast.Name, bytesEach(*p.fast.DeviceRead.Median))
		}},
	{"a wait for each page", "waits for the device more often",
		func(p *rivalry) bool {
			fast, slow := p.fast.MajorFaults, p.slow.MajorFaults
			return p.cold && p.perByte() && p.inPart(analysis.Waiting) && fast != nil && slow != nil &&
				*slow >= 4*max(*fast, 2)
		}, func(p *rivalry) string {
			return fmt.Sprintf("%s waits for the device %.0f times per MiB", p.slow.Name, *p.slow.MajorFaults)
		}},
	{"sync", "syncs longer",
		func(p *rivalry) bool {
			return p.fast.Sync != nil && p.slow.Sync != nil &&
				p.slow.Sync.Median-p.fast.Sync.Median >= explains*p.difference()
		}, func(p *rivalry) string {
			return fmt.Sprintf("making the writes durable takes %s with %s, %s with %s",
				words.Duration(p.slow.Sync.Median),
				p.slow.Name, words.Duration(p.fast.Sync.Median), p.fast.Name)
		}},
	{"waiting", "waits longer for the device",
		func(p *rivalry) bool { return p.cold && p.inPart(analysis.Waiting) }, func(p *rivalry) string {
			return fmt.Sprintf("%s waits longer for the device (%s; %s: %s)", p.slow.Name,
				words.Duration(part(p.slow, analysis.Waiting)), p.fast.Name,
				words.Duration(part(p.fast, analysis.Waiting)))
		}},
	{"faults", "takes more page faults",
		func(p *rivalry) bool {
			fast, slow := allFaults(p.fast), allFaults(p.slow)
			return p.perByte() && p.inPart(analysis.System) && fast != nil && slow != nil && *slow >= 2*max(*fast, 8)
		}, func(p *rivalry) string {
			return fmt.Sprintf("%s takes %.0f page faults per MiB", p.slow.Name, *allFaults(p.slow))
		}},
	{"copies", "copies",
		func(p *rivalry) bool {
			return p.perByte() && p.inPart(analysis.System) && isMapping(p.fast) && !isMapping(p.slow)
		}, func(p *rivalry) string {
			return fmt.Sprintf("%s copies (%.0f%% of its time in the kernel)", p.slow.Name,
				100*shareOf(p.slow.CPU, analysis.System))
		}},
	{"system time", "takes more kernel time",
		func(p *rivalry) bool { return p.inPart(analysis.System) }, func(p *rivalry) string {
			return fmt.Sprintf("the kernel works %s for %s, %s for %s", words.Duration(part(p.slow, analysis.System)),
				p.slow.Name, words.Duration(part(p.fast, analysis.System)), p.fast.Name)
		}},
	{"user time", "itself works longer",
		func(p *rivalry) bool { return p.inPart(analysis.User) }, func(p *rivalry) string {
			return fmt.Sprintf("the program itself works %s with %s, %s with %s",
				words.Duration(part(p.slow, analysis.User)), p.slow.Name,
				words.Duration(part(p.fast, analysis.User)), p.fast.Name)
		}},
}

// limits are what equal rows may all be held up by.
var limits = []struct {
	name  string
	share func(r *analysis.Row) float64
	says  string // with the least and the most share
}{
	{"sync", func(r *analysis.Row) float64 { return shareOf(r.Phases, results.PhaseNames[2]) },
		"the device is the limit: each spends %s of the time making the writes durable"},
	{"device", func(r *analysis.Row) float64 {
		if !results.IsCold(r.Cache) {
			return 0
		}
		return shareOf(r.CPU, analysis.Waiting)
	}, "the device is the limit: each waits for it %s of the time"},
}

// because says why the champion is faster than the rival, with the figures of the record
// size at which the difference is largest; "" if no rule holds.
func (f *finding) because(leader int, rivals []int, d detail) string {
	if d >= terse {
		return ""
	}
	rival := rivals[0]
	told, most := -1, 0.0
	rules := make([]int, len(f.groups))
	for k := range f.groups {
		g := &f.groups[k]
		rules[k] = slices.IndexFunc(becauses, func(b because) bool { return b.holds(rivalryOf(g, leader, rival)) })
		if e := versus(g, leader, rival); rules[k] >= 0 && e != nil && e.Median > most {
			told, most = k, e.Median
		}
	}
	if told < 0 {
		return ""
	}
	where := ""
	if slices.ContainsFunc(rules, func(r int) bool { return r != rules[told] }) {
		where = strings.TrimPrefix(f.at(told)+" ", " ")
	}
	rule, p := &becauses[rules[told]], rivalryOf(&f.groups[told], leader, rival)
	if d > full {
		name := p.slow.Name
		if len(rivals) == 1 {
			name = "that" // who was named last
		}
		return strings.TrimRight(", as "+name+" "+rule.short+" "+where, " ")
	}
	return ", because " + where + rule.says(p)
}

// limit says what holds up all rows that are equal, at every record size.
func (f *finding) limit() string {
	if f.kind() != analysis.Equal {
		return ""
	}
	for _, l := range limits {
		least, most := 1.0, 0.0
		for k := range f.groups {
			for _, i := range f.rankings[k].Best {
				share := l.share(&f.groups[k].Rows[i])
				least, most = min(least, share), max(most, share)
			}
		}
		if least < limit {
			continue
		}
		shares := fmt.Sprintf("%.0f to %.0f%%", 100*least, 100*most)
		if math.Round(100*least) == math.Round(100*most) {
			shares = fmt.Sprintf("%.0f%%", 100*most)
		}
		return "; " + fmt.Sprintf(l.says, shares)
	}
	return ""
}

func rivalryOf(g *analysis.Group, fast, slow int) *rivalry {
	return &rivalry{results.IsCold(g.Factors.Cache), &g.Rows[fast], &g.Rows[slow]}
}

// difference is how much longer the slower row takes, in seconds per lap.
func (p *rivalry) difference() float64 {
	if p.fast.Total == nil || p.slow.Total == nil || p.slow.Total.Median <= p.fast.Total.Median {
		return math.Inf(1) // the medians show none to explain
	}
	return p.slow.Total.Median - p.fast.Total.Median
}

// inPart reports whether a part of the time explains the difference.
func (p *rivalry) inPart(name string) bool {
	return part(p.slow, name)-part(p.fast, name) >= explains*p.difference()
}

// perByte reports whether faults are counted per MiB, and not of a command as a whole.
func (p *rivalry) perByte() bool {
	return p.slow.FaultsPer == analysis.PerMiB && p.fast.FaultsPer == analysis.PerMiB
}

// part is a part of the row's time, in seconds per lap.
func part(r *analysis.Row, name string) float64 {
	if r.Total == nil {
		return 0
	}
	return shareOf(r.CPU, name) * r.Total.Median
}

func shareOf(shares analysis.Shares, name string) float64 {
	for _, s := range shares {
		if s.Name == name {
			return s.Fraction
		}
	}
	return 0
}

func isMapping(r *analysis.Row) bool { return strings.HasPrefix(r.Backend, "mmap") }

// bytesEach writes an amplification to two digits at the most.
func bytesEach(f float64) string {
	if f < 10 {
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}
