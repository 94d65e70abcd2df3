package bisect

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSearch plays every search of up to 20 commits: with any commit the slow one, and
// any other that is skipped or stays open.
func TestSearch(t *testing.T) {
	for n := 2; n <= 20; n++ {
		for first := 1; first < n; first++ {
			for odd := range n {
				s := &State{}
				for i := range n {
					s.Commits = append(s.Commits, Commit{Hash: fmt.Sprint(i)})
				}
				for c := s.Next(); c != nil; c = s.Next() {
					i := slices.Index(s.Commits, *c)
					outcome := Good
					switch {
					case i == odd:
						outcome = Skipped
					case i >= first:
						outcome = Bad
					}
					if i == 0 || i == n-1 || s.tried(c.Hash) != nil || len(s.Tries) > 6 {
						t.Fatalf("of %d commits, %d slow, %d skipped: tries %d after %+v", n, first, odd, i, s.Tries)
					}
					s.Tries = append(s.Tries, Try{Commit: c.Hash, Outcome: outcome})
				}
				left := s.Suspects()
				open := odd > 0 && odd < n-1 && (odd == first || odd == first-1)
				if want := map[bool]int{false: 1, true: 2}[open]; len(left) != want ||
					!slices.Contains(left, s.Commits[first]) {
					t.Errorf("of %d commits, %d slow, %d skipped: left are %v", n, first, odd, left)
				}
			}
		}
	}
}

func TestStateIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if s, err := Load(dir); s != nil || err != nil {
		t.Errorf("of no folder: %+v, %v", s, err)
	}
	ratio := 1.1
	want := &State{Question: []string{"a", "--x"}, Commits: []Commit{{Hash: "a"}, {Hash: "b", Merge: true}},
		Ends: &Try{Commit: "b", Outcome: Bad, Ratio: &ratio}, Metric: "total", Tolerance: 0.05,
		Tries: []Try{{Commit: "b", Outcome: Skipped, Why: "exit status 2"}}}
	if err := want.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := Load(dir)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := os.WriteFile(filepath.Join(dir, stateFile), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), stateFile) {
		t.Errorf("of a torn file: %v", err)
	}
}
