package verdict

import "math"

// A Covariate is something that was seen beside the trials and that the trials did
// not cause: I/O or processor time of others, a clock below its nominal rate.
// Its limit is set before the run. A limit that looks at the run's own values
// would move from look to look, and one that looks at the trials' times would
// choose the outcome.
type Covariate struct {
	Name string
	// Limit is the greatest value of a clean round.
	Limit float64
	// Values has one value per round, the worst of its trials; NaN: not known.
	Values []float64
}

// A Cause counts the rounds which a covariate contaminated.
type Cause struct {
	Name    string `json:"code"`
	Rounds  int    `json:"rounds"`
	Unknown int    `json:"-"` // rounds in which it was not known, which count as clean
}

// Contaminated marks the rounds in which a covariate exceeded its limit.
func Contaminated(rounds int, covariates ...Covariate) (marks []bool, causes []Cause) {
	marks = make([]bool, rounds)
	for _, c := range covariates {
		cause := Cause{Name: c.Name}
		for i := range rounds {
			switch {
			case i >= len(c.Values) || math.IsNaN(c.Values[i]):
				cause.Unknown++
			case c.Values[i] > c.Limit:
				cause.Rounds++
				marks[i] = true
			}
		}
		causes = append(causes, cause)
	}
	return marks, causes
}
