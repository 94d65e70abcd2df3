package words

import "mmapbench/analysis/verdict"

// whys are the sentences of the reasons of verdicts.
var whys = map[verdict.Reason]string{
	verdict.NoLook:           "no look was due yet",
	verdict.TooFew:           "too few values for the bounds",
	verdict.TooManyMissing:   "too many trials gave no value",
	verdict.TooContaminated:  "too many rounds were disturbed from outside",
	verdict.Autocorrelated:   "the rounds depend on each other; the bounds are wider for it",
	verdict.Drifts:           "the level changed in the course of the rounds",
	verdict.Unsteady:         "the early and the late rounds disagree",
	verdict.ControlFailed:    "the base differs from itself",
	verdict.ControlUndecided: "this machine cannot resolve the tolerance: the base was not shown to equal itself",
	verdict.Incomparable:     "the sides cannot be compared",
	verdict.Unpaired:         "unpaired",
	verdict.FewRuns:          "how much runs differ from each other is not known",
	verdict.AnchorMoved:      "the machine changed: the anchor differs from itself",
}

// Why says a verdict's reason to people.
func Why(r verdict.Reason) string { return whys[r] }
