package analysis

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"mmapbench/analysis/changepoint"
	"mmapbench/internal/plain"
	"mmapbench/results"
)

// A KnownChange is what a person has said of a change of level.
type KnownChange struct {
	// Change names the trend and the first run of the new level: ID@TIME.
	Change string      `json:"change" toml:"change"`
	State  ChangeState `json:"state" toml:"state"`
	Note   string      `json:"note,omitempty" toml:"note,omitempty"`
	Ticket string      `json:"ticket,omitempty" toml:"ticket,omitempty"`
}

// A ChangeState says what became of a change.
type ChangeState string

// The states of a change.
const (
	ChangeNew          ChangeState = "new"
	ChangeAcknowledged ChangeState = "acknowledged" // told, and sets no exit code
	ChangeHidden       ChangeState = "hidden"       // not told
)

// KnownFile is the name of the file that says what people have said of changes: TOML,
// with a table [[change]] for each. It lies beside the run files.
const KnownFile = "changes.toml"

// ReadKnown reads the file of a folder, where there is one. Tables and keys that are not
// known are somebody else's.
func ReadKnown(dir string) ([]KnownChange, error) {
	path := filepath.Join(dir, KnownFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is known of changes: %w", err)
	}
	return parseKnown(path, text)
}

func parseKnown(path string, text []byte) ([]KnownChange, error) {
	var file struct {
		Change []KnownChange `toml:"change"`
	}
	if err := toml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, k := range file.Change {
		if !slices.Contains([]ChangeState{ChangeNew, ChangeAcknowledged, ChangeHidden}, k.State) {
			return nil, fmt.Errorf("%s: change %q has the state %q: want %s, %s or %s", path, k.Change, k.State,
				ChangeNew, ChangeAcknowledged, ChangeHidden)
		}
	}
	return file.Change, nil
}

// Mark says something of the changes with these names, or of those whose names begin so;
// "all" are all that are new. It adds that to the end of the folder's file, so that what
// the file has stays as it is.
func (h *History) Mark(dir string, names []string, say KnownChange) (marked int, err error) {
	var text strings.Builder
	for _, name := range names {
		found := false
		for i := range h.Trends {
			t := &h.Trends[i]
			for k := range t.Changes {
				c := &t.Changes[k]
				if !strings.HasPrefix(c.Change, name) && (name != "all" || c.State != ChangeNew) {
					continue
				}
				say.Change, c.State, c.Note, c.Ticket = c.Change, say.State, say.Note, say.Ticket
				entry, err := toml.Marshal(say)
				if err != nil {
					return 0, fmt.Errorf("write what is known of changes: %w", err)
				}
				arm := strings.Join(results.Phrases(&t.Arm, results.Factors...), ", ")
				fmt.Fprintf(&text, "\n# %s, by %+.1f%%\n[[change]]\n%s", plain.Line(arm), 100*(c.Ratio-1), entry)
				found = true
				marked++
			}
		}
		if !found && name != "all" {
			return 0, fmt.Errorf("no change is called %s: the names stand at the end of the lines of changes", name)
		}
	}
	path := filepath.Join(dir, KnownFile)
	old, err := os.ReadFile(path)
	if err == nil || errors.Is(err, os.ErrNotExist) {
		_, err = parseKnown(path, append(old, text.String()...))
	}
	if err != nil {
		return 0, fmt.Errorf("add to what is known of changes: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return 0, fmt.Errorf("add to what is known of changes: %w", err)
	}
	_, err = f.WriteString(text.String())
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("add to what is known of changes: %w", err)
	}
	return marked, nil
}

// changeTime is how the names of run files begin.
const changeTime = "20060102T150405Z"

// known returns what was said of the change that begins at a point; the last word
// counts. Further runs may move a change by a run or two: what was said of a
// neighboring run holds for it.
func (t *Trend) known(at int, all []KnownChange) KnownChange {
	out := KnownChange{Change: t.ID + "@" + t.Points[at].Run.Started.UTC().Format(changeTime), State: ChangeNew}
	for _, k := range all {
		id, when, _ := strings.Cut(k.Change, "@")
		started, err := time.Parse(changeTime, when)
		if id != t.ID || err != nil {
			continue
		}
		if d := t.nearest(started) - at; -changepoint.MinSegment < d && d < changepoint.MinSegment {
			out.State, out.Note, out.Ticket = k.State, k.Note, k.Ticket
		}
	}
	return out
}

// nearest returns the point whose run began nearest to a time: the very run may be gone.
func (t *Trend) nearest(started time.Time) (place int) {
	off := func(i int) time.Duration { return t.Points[i].Run.Started.Sub(started).Abs() }
	for i := range t.Points {
		if off(i) < off(place) {
			place = i
		}
	}
	return place
}
