package workloads

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"mmapbench/internal/latency"
	"mmapbench/io/backend"
	"mmapbench/io/mmapio"
)

// device plays accesses of the given time to a pace and returns the limits and
// ticks that come of it.
func device(p *pace, accesses int64, takes time.Duration) (longest time.Duration) {
	now := p.last.at
	for end := p.ops + accesses; p.ops < end && !p.over; {
		before := now
		for !p.due() {
			p.ops++
			p.bytes += 10
			now += takes
		}
		longest = max(longest, now-before)
		p.look(now)
	}
	return longest
}

func TestPaceFollowsTheDevice(t *testing.T) {
	p := &pace{duration: time.Hour}
	p.begin()
	if device(p, 1e6, 10*time.Nanosecond); p.limit != backend.BatchMax {
		t.Errorf("a fast device: limit %d, want whole batches", p.limit)
	}
	device(p, 1, 300*time.Microsecond) // notices that it has become an SD card
	if d := device(p, 2000, 300*time.Microsecond); p.limit != 1 || d != 300*time.Microsecond {
		t.Errorf("an SD card: limit %d, up to %v without a look", p.limit, d)
	}
	if d := device(p, 1e5, 3*time.Microsecond); p.limit < 8 || d > 2*slow {
		t.Errorf("a middling one: limit %d, up to %v without a look", p.limit, d)
	}
	if device(p, 1e6, 10*time.Nanosecond); p.limit != backend.BatchMax {
		t.Errorf("fast again: limit %d", p.limit)
	}
}

func TestTicksAtFullSecondsAndAtTheEnd(t *testing.T) {
	type tick struct {
		at         time.Duration
		ops, bytes int64
	}
	for _, c := range []struct {
		name            string
		duration, takes time.Duration
		want            []tick
	}{
		{"to the second", 3 * time.Second, 100 * time.Millisecond,
			[]tick{{time.Second, 10, 100}, {2 * time.Second, 10, 100}, {3 * time.Second, 10, 100}}},
		{"a part at the end", 1500 * time.Millisecond, 250 * time.Millisecond,
			[]tick{{time.Second, 4, 40}, {1500 * time.Millisecond, 2, 20}}},
		{"less than a second", 20 * time.Millisecond, 10 * time.Millisecond, []tick{{20 * time.Millisecond, 2, 20}}},
		{"accesses of seconds", 6 * time.Second, 2500 * time.Millisecond,
			[]tick{{2500 * time.Millisecond, 1, 10}, {5 * time.Second, 1, 10}, {7500 * time.Millisecond, 1, 10}}},
	} {
		var got []tick
		p := &pace{duration: c.duration, tick: func(at time.Duration, ops, bytes int64) {
			got = append(got, tick{at, ops, bytes})
		}}
		p.begin()
		device(p, 1000, c.takes)
		if len(got) != len(c.want) {
			t.Errorf("%s: ticks %v, want %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: tick %d is %v, want %v", c.name, i, got[i], c.want[i])
			}
		}
	}
}

func TestAFunctionMayWrapWhatEndsIt(t *testing.T) {
	w := Reader(Info{Name: "wraps", Sampled: true}, func(r *Reading) error {
		for range r.Ops {
			if _, err := r.View(0, 8); err != nil {
				return fmt.Errorf("read what comes next: %w", err)
			}
		}
		return nil
	})
	tk := task(backend.Null(), "", record, 5)
	tk.Duration = time.Millisecond
	lap(t, w, tk)
}

// TestStepsHoldWhatAReaderDoes checks that the time of a Reader's access does
// not end when View returns: on a mapping the fault comes later.
func TestStepsHoldWhatAReaderDoes(t *testing.T) {
	const pause = 2 * time.Millisecond
	w := Reader(Info{Name: "slow"}, func(r *Reading) error {
		for range r.Ops {
			if _, err := r.View(0, 8); err != nil {
				return err
			}
			time.Sleep(pause)
		}
		return nil
	})
	tk := task(backend.Null(), "", record, 5)
	tk.Latency = latency.NewRecorder(1, 27, 5)
	lap(t, w, tk)
	if s := tk.Latency.Summary(); s.Count != 5 || s.P50 < pause {
		t.Errorf("summary %+v of 5 steps of %v", s, pause)
	}
}

func TestMeteredBodiesThatEndWrongly(t *testing.T) {
	broken := errors.New("broken")
	info := Info{Name: "odd", Sampled: true}
	full := func(Task) func(*backend.Batch) bool {
		return func(b *backend.Batch) bool { b.N = len(b.Off); return true }
	}
	few := func(Task) func(*backend.Batch) bool { s := newSequence(record, record, 3); return s.fill }
	for _, c := range []struct {
		name string
		w    Workload
		want string
	}{
		{"a pattern without regard to room", Batches(info, full), "room for 1"},
		{"a pattern that ends", Batches(info, few), "ended by itself after 3"},
		{"a function that ends", Reader(info, func(r *Reading) error { _, err := r.View(0, 8); return err }),
			"ended by itself after 1"},
		{"a function that fails", Reader(info, func(*Reading) error { return broken }), "broken"},
		{"a function that reads outside", Reader(info,
			func(r *Reading) error { _, err := r.View(1<<40, 8); return err }), "outside"},
	} {
		tk := task(backend.Null(), "", record, 5)
		tk.Duration = time.Minute
		j, err := c.w.New(tk)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(j.Prepare(), j.Setup()); err != nil {
			t.Fatal(err)
		}
		if err := j.Body(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestPopulateTouchesEveryPage(t *testing.T) {
	page := os.Getpagesize()
	path, size := dataset(t, 3*page/record+1) // a last page that is not whole
	tk := task(mmapio.Mmap, path, size, 1)
	var seen []int64
	open := tk.Access.Open
	tk.Access.Open = func(path string, s backend.Spec) (backend.File, error) {
		f, err := open(path, s)
		return watchedFile{f, &seen}, err
	}
	j, err := SeqScan.New(tk)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Setup(); err != nil {
		t.Fatal(err)
	}
	if err := j.Populate(); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 4 || seen[3] != int64(3*page) {
		t.Errorf("touched at %v, want 4 pages", seen)
	}
	if err := j.Teardown(); err != nil {
		t.Fatal(err)
	}
}

// watchedFile writes down where it is read.
type watchedFile struct {
	backend.File
	seen *[]int64
}

func (f watchedFile) Worker(id int) (backend.Worker, error) {
	w, err := f.File.Worker(id)
	return watchedWorker{w, f.seen}, err
}

type watchedWorker struct {
	backend.Worker
	seen *[]int64
}

func (w watchedWorker) View(off int64, n int) ([]byte, error) {
	*w.seen = append(*w.seen, off)
	return w.Worker.View(off, n)
}
