// Package bisect finds the commit with which a program became slower: which commit to
// try next, what is known after each try, and a scratch checkout of each for its build.
package bisect

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A Commit is one that may be tried.
type Commit struct {
	Hash    string `json:"hash"`
	Date    string `json:"date"` // of the author
	Author  string `json:"author"`
	Subject string `json:"subject"`
	Merge   bool   `json:"merge,omitempty"`
}

// Short is enough of the hash for people.
func (c Commit) Short() string { return c.Hash[:min(len(c.Hash), 10)] }

// An Outcome is what trying a commit came to.
type Outcome string

// The outcomes of a try.
const (
	Good    Outcome = "good"    // not slower than the good end
	Bad     Outcome = "bad"     // slower than the good end
	Open    Outcome = "open"    // neither could be shown
	Skipped Outcome = "skipped" // it does not build
)

// A Try is what is known of a commit. Ratios are of times, to the good end.
type Try struct {
	Commit  string   `json:"commit"`
	Outcome Outcome  `json:"outcome"`
	Why     string   `json:"why,omitempty"`
	Ratio   *float64 `json:"ratio,omitempty"`
	Low     *float64 `json:"low,omitempty"`
	High    *float64 `json:"high,omitempty"`
	Rounds  int      `json:"rounds,omitempty"`
	Files   []string `json:"files,omitempty"` // the run files of its gates
}

// A State is what a search must know to go on. Question says what is asked: a search
// goes on only with the same.
type State struct {
	Question []string `json:"question"`
	Commits  []Commit `json:"commits"` // from the good end to the bad one
	Ends     *Try     `json:"ends"`    // the bad end against the good one
	// Metric is by what the bad end was found slower, Tolerance half of that.
	Metric    string  `json:"metric,omitempty"`
	Tolerance float64 `json:"tolerance,omitempty"`
	Tries     []Try   `json:"tries"`
}

// bounds returns the last commit that is known to be good, and the first one that is
// known to be bad.
func (s *State) bounds() (good, bad int) {
	bad = len(s.Commits) - 1
	for i, c := range s.Commits[:bad] {
		switch t := s.tried(c.Hash); {
		case t == nil:
		case t.Outcome == Bad:
			return good, i
		case t.Outcome == Good:
			good = i
		}
	}
	return good, bad
}

func (s *State) tried(hash string) *Try {
	for i := range s.Tries {
		if s.Tries[i].Commit == hash {
			return &s.Tries[i]
		}
	}
	return nil
}

// Next returns the commit to try: of those between the ends that were not tried yet the
// nearest to the middle. It is nil where no further try can tell more.
func (s *State) Next() *Commit {
	good, bad := s.bounds()
	middle, next := (good+bad)/2, -1
	for i := good + 1; i < bad; i++ {
		if s.tried(s.Commits[i].Hash) == nil && (next < 0 || abs(i-middle) < abs(next-middle)) {
			next = i
		}
	}
	if next < 0 {
		return nil
	}
	return &s.Commits[next]
}

func abs(n int) int { return max(n, -n) }

// Suspects are the commits of which one made the program slower.
func (s *State) Suspects() []Commit {
	good, bad := s.bounds()
	return s.Commits[good+1 : bad+1]
}

// stateFile is the name of a state's file in its folder.
const stateFile = "bisect.json"

// Load reads the state of a folder; nil where there is none yet.
func Load(dir string) (*State, error) {
	path := filepath.Join(dir, stateFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the state of the search: %w", err)
	}
	s := &State{}
	if err := json.Unmarshal(text, s); err != nil || len(s.Commits) < 2 {
		return nil, fmt.Errorf("%s is no state of a search (%v): remove it, or name another folder", path, err)
	}
	return s, nil
}

// Save writes the state, in place at once.
func (s *State) Save(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	path := filepath.Join(dir, stateFile)
	if err == nil {
		err = os.WriteFile(path+".new", append(text, '\n'), 0o644)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("keep the state of the search: %w", err)
	}
	return nil
}
