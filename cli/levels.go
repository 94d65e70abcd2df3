package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"mmapbench/analysis"
	"mmapbench/experiment"
	"mmapbench/results"
)

// givenLevels reads the lists of levels that were given as flags.
func (a *app) givenLevels(f *pflag.FlagSet) (experiment.Factors, error) {
	given := experiment.Factors{}
	var errs []error
	for _, factor := range results.Listed() {
		texts, err := f.GetStringArray(factor.Key)
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			l, err := experiment.Split(a.catalogue, factor, text)
			if err != nil {
				errs = append(errs, fmt.Errorf("--%s: %w", factor.Key, err))
			}
			given[factor.Key] = append(given[factor.Key], l...)
		}
	}
	return given, errors.Join(errs...)
}

// keepArms returns the filter of the flags. A level that no run has is an error, as it
// would be in run: the history would be empty.
func (a *app) keepArms(f *pflag.FlagSet, past []*analysis.PastRun) (func(results.Arm) bool, error) {
	given, err := a.givenLevels(f)
	if err != nil {
		return nil, err
	}
	for _, factor := range results.Listed() {
		var known []string
		for _, p := range past {
			for _, arm := range p.Arms() {
				known = addName(known, factor.Label(&arm))
			}
		}
		slices.Sort(known)
		for i, level := range given[factor.Key] {
			if !slices.Contains(known, level) {
				if level, err = experiment.Canonical(a.catalogue, factor, level); err != nil {
					return nil, fmt.Errorf("--%s: %w", factor.Key, err)
				}
				given[factor.Key][i] = level
			}
			if err := checkName(factor.Called(), level, known); err != nil && len(past) > 0 {
				return nil, fmt.Errorf("--%s: no run has it: %w", factor.Key, err)
			}
		}
	}
	return func(arm results.Arm) bool {
		for _, factor := range results.Listed() {
			if l := given[factor.Key]; len(l) > 0 && !slices.Contains(l, factor.Label(&arm)) {
				return false
			}
		}
		return true
	}, nil
}

// addName appends a name that is not empty and not in the list.
func addName(list []string, name string) []string {
	if name == "" || slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}
