package analysis

import (
	"slices"

	"mmapbench/internal/reason"
	"mmapbench/results"
)

// A Count is how often something happened.
type Count struct {
	What   string `json:"reason"`         // the first one's reason
	Code   string `json:"code,omitempty"` // things of one code are of one kind; "": those of one What
	N      int    `json:"trials"`
	First  string `json:"first,omitempty"`  // what the first one said beside it
	Varies bool   `json:"varies,omitempty"` // the others differ from What in their numbers
}

func count(counts []Count, what, text string) []Count {
	return Add(counts, Count{What: what, N: 1, First: text})
}

// excluded counts a trial that is left out of summaries.
func excluded(t *results.Trial) Count {
	c := Count{What: reason.Reason{Code: t.Excluded}.String(), Code: t.Excluded, N: 1}
	if t.Cache != nil {
		c.First = reason.Words(t.Cache.Reasons)
	}
	return c
}

// Add adds what was counted elsewhere to counts of the same kind.
func Add(counts []Count, more ...Count) []Count {
	for _, c := range more {
		i := slices.IndexFunc(counts, func(x Count) bool {
			return x.Code == c.Code && (c.Code != "" || x.What == c.What)
		})
		if i < 0 {
			counts = append(counts, c)
			continue
		}
		counts[i].N += c.N
		counts[i].Varies = counts[i].Varies || c.Varies || counts[i].What != c.What
	}
	return counts
}
