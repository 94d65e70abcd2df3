package results

import (
	"strings"

	"mmapbench/internal/reason"
)

// upgrade turns a trial of an older file into one of this version. Reasons were
// sentences there, and that of an excluded trial of version 2 came after "not cold: ".
func (t *Trial) upgrade() {
	if text, old := strings.CutPrefix(t.Excluded, "not "); old {
		state, _, _ := strings.Cut(text, ": ")
		t.Excluded = reason.Excluded(state)
	}
	if c := t.Cache; c != nil && c.Reason != "" {
		c.Reasons, c.Reason = []reason.Reason{{Code: reason.Older, Detail: c.Reason}}, ""
	}
	for name, text := range t.CounterReasons {
		if t.CountersLost == nil {
			t.CountersLost = map[string]reason.Reason{}
		}
		t.CountersLost[name] = reason.Reason{Code: reason.Older, Detail: text}
	}
	t.CounterReasons = nil
}

// upgrade turns a plan of an older file into one of this version.
func (p *Plan) upgrade() {
	for i := range p.LeftOut {
		if l := &p.LeftOut[i]; l.Reason != "" {
			l.Why, l.Reason = reason.Reason{Code: reason.Older, Detail: l.Reason}, ""
		}
	}
}
