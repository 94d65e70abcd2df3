package trace

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"mmapbench/internal/prose"
	"mmapbench/internal/units"
)

// A Summary says what a trace is, in a plan and before it is replayed.
type Summary struct {
	Name      string `json:"name"`
	Path      string `json:"path"` // where it was read
	Format    string `json:"format"`
	SHA256    string `json:"sha256"`
	Files     int    `json:"files"`      // that were accessed
	FileBytes int64  `json:"file_bytes"` // their sizes together
	Opens     int64  `json:"opens"`
	Maps      int64  `json:"maps"` // mappings, through which accesses leave no call

	Reads      int64 `json:"reads"`
	ReadBytes  int64 `json:"read_bytes"`
	Writes     int64 `json:"writes"`
	WriteBytes int64 `json:"write_bytes"`
	Syncs      int64 `json:"syncs"`
	Special    int64 `json:"special"` // accesses of pipes, sockets and devices, which are left out
	Unseen     int64 `json:"unseen"`  // calls that move bytes of files and are left out, such as sendfile

	// Sequential are accesses that begin where the one before in the same file ended, or
	// are a file's first and begin at its start.
	Sequential int64 `json:"sequential"`
	Largest    int64 `json:"largest"` // bytes of the longest access
	// Lengths count accesses: element i those of up to 2^i bytes that no element before counts.
	Lengths []int64 `json:"lengths"`
	// WorkingSet are the bytes of the 4 KiB pages that were accessed, each counted once.
	WorkingSet int64         `json:"working_set"`
	Gaps       time.Duration `json:"gaps_ns"` // the program's own time between accesses; 0 where it is not known
	Took       time.Duration `json:"took_ns"` // of its calls, as recorded; 0 where it is not known
}

const page = 4 << 10

// Summary goes through the trace.
func (t *Trace) Summary() *Summary {
	s := &Summary{Name: t.Name, Path: t.Path, Format: t.Format, SHA256: t.SHA256, Special: t.Special,
		Unseen: t.Unseen}
	next := make([]int64, len(t.Files)) // where a file's latest access ended
	used := make([]bool, len(t.Files))
	var pages [][2]int64
	for i, f := range t.Files {
		next[i] = f.Base
		s.Opens += f.Opens
		s.Maps += f.Maps
	}
	for _, a := range t.Accesses {
		if !used[a.File] {
			used[a.File] = true
			s.Files++
			s.FileBytes += t.Files[a.File].Size
		}
		n := int64(a.Len)
		s.Gaps += time.Duration(a.Gap)
		s.Took += time.Duration(a.Took)
		switch a.Op {
		case Read:
			s.Reads++
			s.ReadBytes += n
		case Write:
			s.Writes++
			s.WriteBytes += n
		default:
			s.Syncs++
			continue
		}
		if a.Off == next[a.File] {
			s.Sequential++
		}
		next[a.File] = a.Off + n
		s.Largest = max(s.Largest, n)
		power := bits.Len64(uint64(n - 1))
		for len(s.Lengths) <= power {
			s.Lengths = append(s.Lengths, 0)
		}
		s.Lengths[power]++
		pages = append(pages, [2]int64{a.Off / page, (a.Off+n-1)/page + 1})
	}
	if !t.Timed {
		s.Gaps = 0
	}
	s.WorkingSet = page * covered(pages)
	return s
}

// covered is how many numbers the spans have together.
func covered(spans [][2]int64) (n int64) {
	slices.SortFunc(spans, func(a, b [2]int64) int { return int(min(max(a[0]-b[0], -1), 1)) })
	end := int64(0)
	for _, p := range spans {
		n += max(p[1]-max(p[0], end), 0)
		end = max(end, p[1])
	}
	return n
}

// Text describes the trace in a few lines.
func (s *Summary) Text() (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	text := fmt.Sprintf("%s (%s): %s of %s in %s", s.Name, s.Format, prose.Count(s.Reads, "read"),
		units.FormatSize(s.ReadBytes), prose.Count(s.Files, "file"))
	if s.Writes+s.Syncs > 0 {
		text += fmt.Sprintf(", %s of %s, %s", prose.Count(s.Writes, "write"), units.FormatSize(s.WriteBytes),
			prose.Count(s.Syncs, "sync"))
	}
	lines = append(lines, text)
	moved, calls := s.ReadBytes+s.WriteBytes, s.Reads+s.Writes
	if calls > 0 {
		say("files of %s; the pages that were touched have %s, and %.3g times as much was moved; %d%% of the accesses "+
			"go on where the one before ended", units.FormatSize(s.FileBytes), units.FormatSize(s.WorkingSet),
			float64(moved)/float64(s.WorkingSet), 100*s.Sequential/calls)
		say("lengths: %s", s.lengths(calls))
	}
	if s.Took > 0 || s.Gaps > 0 {
		say("recorded: %s in these calls, %s between them", units.FormatDuration(s.Took), units.FormatDuration(s.Gaps))
	}
	if s.Maps+s.Special+s.Unseen > 0 {
		say("not in it: what went through %s; %s of pipes, sockets and devices; %s of other kinds",
			prose.Count(s.Maps, "mapping"), prose.Count(s.Special, "transfer"), prose.Count(s.Unseen, "call"))
	}
	return lines
}

// lengths tells the lengths of which there are most, in their order.
func (s *Summary) lengths(calls int64) string {
	const shown = 5
	least := slices.Sorted(slices.Values(s.Lengths))[max(len(s.Lengths)-shown, 0)]
	var parts []string
	other := int64(0)
	for i, n := range s.Lengths {
		if n == 0 || n < least {
			other += n
			continue
		}
		parts = append(parts, fmt.Sprintf("up to %s %.0f%%", units.FormatSize(1<<i), 100*float64(n)/float64(calls)))
	}
	if other > 0 {
		parts = append(parts, fmt.Sprintf("others %.0f%%", 100*float64(other)/float64(calls)))
	}
	return prose.List(parts)
}
