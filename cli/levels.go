package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"mmapbench/analysis"
	"mmapbench/experiment"
	"mmapbench/io/backend"
	"mmapbench/results"
)

// givenLevels reads the lists of levels that were given as flags.
func (a *app) givenLevels(f *pflag.FlagSet) (experiment.Factors, error) {
	given := experiment.Factors{}
	var errs []error
	for _, factor := range results.Listed() {
		split := experiment.SplitList
		if factor.Key == "backend" {
			split = a.splitBackends
		}
		texts, err := f.GetStringArray(factor.Key)
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			l, err := split(text)
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
			if factor.Key == "backend" && !slices.Contains(known, level) {
				b, options, err := a.catalogue.Backend(level)
				if err != nil {
					return nil, fmt.Errorf("--backend: %w", err)
				}
				level = backend.Join(b.Info().Name, options) // the name that run files have
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
