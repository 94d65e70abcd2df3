package harness

import (
	"fmt"
	"runtime/debug"
	"strings"

	"mmapbench/internal/dataset"
	"mmapbench/internal/latency"
	"mmapbench/internal/units"
	"mmapbench/io/backend"
	"mmapbench/results"
	"mmapbench/workloads"
)

// seen is what a workload did over the definition of the dataset: what it made
// of the bytes, and how many it asked for.
type seen struct {
	sum             uint64
	accesses, bytes int64
	views           bool // the workload uses View, and not batches alone
}

// overDefinition is one lap of a workload over an oracle. What goes wrong in it,
// a panic included, is an error; what was seen until then is returned too.
func overDefinition(w workloads.Workload, s Spec, o oracle, rec *latency.Recorder) (got seen, err error) {
	defer func() {
		got.accesses, got.bytes, got.views = o.tally.accesses, o.tally.bytes, o.tally.views
		if p := recover(); p != nil {
			err = panicked(p)
			if _, ok := p.(overrun); ok {
				err = endless(w.Info(), s, o.tally)
			}
		}
	}()
	if o.sums == nil {
		o.sums = o.content.Sums(s.Size)
	}
	bs, err := s.backendSpec(make([]byte, s.Record))
	if err != nil {
		return got, err
	}
	job, err := w.New(workloads.Task{Access: backend.Access{Open: o.open, OpenOwn: o.open}, Spec: bs, Ops: s.Ops,
		Seed: s.Seed, Latency: rec})
	if err != nil {
		return got, err
	}
	for _, step := range []func() error{job.Prepare, job.Setup, job.Body, job.Teardown} {
		if err := step(); err != nil {
			return seen{sum: job.Sum()}, err
		}
	}
	return seen{sum: job.Sum()}, nil
}

// broken is the error of a workload that does not keep to what docs/extending.md
// asks of it.
func broken(i workloads.Info, format string, args ...any) *results.TrialError {
	return &results.TrialError{Kind: results.ErrorWorkload,
		Text: "workload " + i.Name + " " + fmt.Sprintf(format, args...)}
}

// endless is the error of a workload that was stopped.
func endless(i workloads.Info, s Spec, t *tally) error {
	if t.accesses >= t.limit {
		return broken(i, "did not end: it had made %d accesses where %d were asked for, and went on", t.accesses, s.Ops)
	}
	return broken(i, "did not end: after %d of %d accesses it went on with batches of none", t.accesses, s.Ops)
}

// keepsCount reports a workload that made other accesses than it was asked for:
// every figure of it would be of work that was not done.
func keepsCount(i workloads.Info, s Spec, got seen) error {
	switch {
	case got.accesses == 0:
		return broken(i, "made none of the %d accesses that it was asked for: every access is a record read with "+
			"View", s.Ops)
	case i.Views != nil:
		return nil
	case got.accesses < s.Ops:
		return broken(i, "made %d of the %d accesses that it was asked for: r.Ops counts calls of View",
			got.accesses, s.Ops)
	case got.accesses > s.Ops:
		return broken(i, "made %d accesses where %d were asked for: r.Ops counts calls of View, unless Info.Views "+
			"says that one operation is several", got.accesses, s.Ops)
	case got.bytes != s.Ops*s.Record:
		return broken(i, "asked for %s in %d accesses of records of %s: want whole records, unless Info.Views is set "+
			"and bytes are counted", units.FormatSize(got.bytes),
			got.accesses, units.CompactSize(s.Record))
	}
	return nil
}

// panicked describes a panic: in one sentence, for tables, and with the stack.
func panicked(p any) *results.TrialError {
	stack := string(debug.Stack())
	// Above the last call of panic are the frames of those who handle it.
	if i := strings.LastIndex(stack, "\npanic("); i >= 0 {
		stack = stack[i+1:]
		if _, rest, ok := strings.Cut(stack, "\n"); ok {
			_, stack, _ = strings.Cut(rest, "\n") // its line
		}
	}
	stack = ofWorkload(stack)
	value := fmt.Sprint(p)
	first, _, _ := strings.Cut(value, "\n")
	text := "panic: " + first
	if at := panicPlace(stack); at != "" {
		text += ", at " + at
	}
	return &results.TrialError{Kind: results.ErrorPanic, Text: text, Stack: clip("panic: " + value + "\n" + stack)}
}

// ofWorkload cuts off the frames of those who called the workload's job.
func ofWorkload(stack string) string {
	lines := strings.SplitAfter(stack, "\n")
	for i := 0; i < len(lines); i += 2 {
		if i > 0 && strings.Contains(lines[i], "/harness.") {
			return strings.Join(lines[:i], "")
		}
	}
	return stack
}

// panicPlace names file and line of the first frame that is not the runtime's.
func panicPlace(stack string) string {
	lines := strings.Split(stack, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		if strings.HasPrefix(lines[i], "runtime.") {
			continue
		}
		place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " ")
		return place[strings.LastIndexByte(place, '/')+1:]
	}
	return ""
}

// stackBytes is how much of a stack is kept.
const stackBytes = 8 << 10

func clip(stack string) string {
	if len(stack) > stackBytes {
		return stack[:stackBytes] + "\n…"
	}
	return strings.TrimRight(stack, "\n")
}

// examinedRecords is how many records the file has over which a workload is
// examined.
const examinedRecords = 64

// examined is a trial's specification cut down to the size of an examination.
func (s Spec) examined() Spec {
	s.Record = min(s.Record, 1<<20)
	s.Size = examinedRecords * s.Record
	s.Ops = min(s.Ops, examinedRecords)
	s.Examine = true
	return s
}

// examination puts a workload over the definition of a small dataset and finds
// out whether it keeps to what docs/extending.md asks of it, so that a workload
// that does other work than it is credited with ends before it is measured. It
// returns what the workload saw.
func examination(w workloads.Workload, s Spec, content dataset.Content) (seen, error) {
	info := w.Info()
	pass := func(c dataset.Content, t *tally, rec *latency.Recorder) (seen, error) {
		t.limit = accessLimit(info, s)
		return overDefinition(w, s, oracle{content: c, tally: t}, rec)
	}
	var due uint64
	first, err := pass(content, &tally{due: &due}, nil)
	if err != nil {
		return first, err
	}
	if err := keepsCount(info, s, first); err != nil {
		return first, err
	}
	again, err := pass(content, &tally{}, nil)
	if err != nil {
		return first, err
	}
	if again != first {
		return first, broken(info, unrepeatable, first, again)
	}
	timed, err := pass(content, &tally{}, latency.NewRecorder(3, 0, s.Ops))
	if err != nil {
		return first, err
	}
	if timed != first {
		return first, broken(info, "saw %s, and %s where single accesses were timed: that must change nothing but "+
			"the size of batches", first, timed)
	}
	if !first.views {
		return first, nil
	}
	if err := examineViews(info, s, content, first, pass); err != nil || first.sum == due {
		return first, err
	}
	return first, consumesAll(w, s, content)
}

// examineViews looks at what a workload does with what View returns.
func examineViews(info workloads.Info, s Spec, content dataset.Content, first seen,
	pass func(dataset.Content, *tally, *latency.Recorder) (seen, error)) error {
	// An error, too, shows that the bytes were looked at.
	if other, err := pass(content.Other(), &tally{}, nil); err == nil && other == first {
		return broken(info, "consumed nothing: over other bytes r.Total is %#x just the same", first.sum)
	}
	for _, at := range []int64{1, first.accesses/2 + 1, first.accesses} {
		t := &tally{fail: at}
		_, err := pass(content, t, nil)
		switch e, _ := err.(*results.TrialError); {
		case err == nil:
			return broken(info, "returned no error although View failed (access %d of %d)", at, first.accesses)
		case e != nil:
			text := fmt.Sprintf("workload %s does not return an error of View: it went on, and then: %s", info.Name,
				e.Text)
			return &results.TrialError{Kind: e.Kind, Text: text, Stack: e.Stack}
		case s.Duration > 0 && t.after > 0:
			return broken(info, "went on after View had failed, which is how it is told that the trial's time is over")
		}
	}
	return nil
}

// unrepeatable is what broken says of a workload whose total is not a function of
// the seed and the bytes.
const unrepeatable = "cannot be repeated: over the same bytes and with the same seed it saw %s, and then %s"

func (s seen) String() string {
	return fmt.Sprintf("a total of %x in %d accesses", s.sum, s.accesses)
}
