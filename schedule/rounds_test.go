package schedule_test

import (
	"slices"
	"testing"

	"mmapbench/results"
	"mmapbench/schedule"
)

func TestReviewed(t *testing.T) {
	for _, c := range []struct {
		name string
		plan results.Plan
		want []int
	}{
		{"a run that drops what is decided", results.Plan{Rounds: 20, DropDecided: true}, []int{9, 12, 15, 17}},
		{"a run that does not", results.Plan{Rounds: 20}, nil},
		{"a run of few rounds", results.Plan{Rounds: 9, DropDecided: true}, nil},
		{"a gate, at its looks alone", results.Plan{Rounds: 20, DropDecided: true,
			Gate: &results.Gate{Looks: []int{5, 10, 20}}}, []int{5, 10, 20}},
	} {
		var got []int
		for made := range c.plan.Rounds + 1 {
			if schedule.Reviewed(&c.plan, made) {
				got = append(got, made)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: after %v rounds, want %v", c.name, got, c.want)
		}
	}
}
