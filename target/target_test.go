package target

import (
	"errors"
	"testing"

	"mmapbench/internal/preflight"
	"mmapbench/results"
)

// TestWhatAnswersMeanForARun: a lie ends it, a refusal leaves something out, and
// what could not be asked is said.
func TestWhatAnswersMeanForARun(t *testing.T) {
	finding := func(name string, a preflight.Answer, w preflight.Weight) preflight.Finding {
		return preflight.Finding{Name: name, Answer: a, Weight: w, Evidence: "seen"}
	}
	for _, c := range []struct {
		finding             preflight.Finding
		refused             bool
		warnings            int
		noShared, noPrivate string
	}{
		{finding: finding("coherence", preflight.Yes, preflight.Vital)},
		{finding: finding("coherence", preflight.No, preflight.Vital), refused: true},
		{finding: finding("truncate", preflight.Unknown, preflight.Vital), warnings: 1},
		{finding: finding("coherence", preflight.Unknown, preflight.Degrades)}, // a mapping was refused
		{finding: finding(preflight.SharedMapping, preflight.No, preflight.Degrades), noShared: "seen"},
		{finding: finding(preflight.PrivateMapping, preflight.No, preflight.Degrades), noPrivate: "seen"},
	} {
		o := &Target{Target: results.Target{Name: "here"}}
		err := o.take(c.finding)
		if _, refused := errors.AsType[*UntrustedError](err); refused != c.refused {
			t.Errorf("%+v: error %v", c.finding, err)
		}
		if len(o.Warnings) != c.warnings || o.Site.NoShared != c.noShared || o.Site.NoPrivate != c.noPrivate {
			t.Errorf("%+v: %+v", c.finding, o)
		}
		if len(o.Checks) != 1 || o.Checks[0].Name != c.finding.Name || o.Checks[0].Answer != string(c.finding.Answer) {
			t.Errorf("%+v: in the run file %+v", c.finding, o.Checks)
		}
	}
}
