package results

import (
	"strings"

	"mmapbench/internal/reason"
)

// upgrade turns a trial of version 2 into one of this version: reasons were
// sentences there, that of an excluded trial after the words "not cold: ".
func (t *Trial) upgrade() {
	if t.Excluded != "" {
		state, _, _ := strings.Cut(strings.TrimPrefix(t.Excluded, "not "), ": ")
		t.Excluded = reason.Excluded(state)
	}
	if c := t.Cache; c != nil && c.Reason != "" {
		c.Reasons, c.Reason = []reason.Reason{{Code: reason.Older, Detail: c.Reason}}, ""
	}
}
