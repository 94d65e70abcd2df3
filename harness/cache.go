package harness

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/extents"
	"mmapbench/internal/memory"
	"mmapbench/internal/pagecache"
	"mmapbench/internal/reason"
	"mmapbench/internal/settle"
	"mmapbench/results"
)

// probes is how often the layer below may be asked before it counts as a cache.
const probes = 3

// settleLimit bounds the wait for what was written before.
const settleLimit = 10 * time.Second

// settle waits until the trials before this one have nothing left to write, so
// that their debt is not paid in this one's time. Where that cannot be had the
// trial goes on and says so.
func (w *worker) settle() {
	for i := range w.spec.Settle {
		var r settle.Result
		dir, err := w.spec.unsettled(i)
		if err == nil {
			r, err = settle.Settle(dir, settleLimit)
		}
		w.trial.Settle += r.Waited
		if (err != nil || !r.Settled) && !slices.Contains(w.trial.Warnings, results.WarnDirty) {
			w.trial.Warnings = append(w.trial.Warnings, results.WarnDirty)
		}
	}
}

// A data file is one whose cache state the trial claims: the dataset, or each
// file of a command.
type data struct {
	*os.File
	size int64
}

// openData opens the files without following a symbolic link of ours, or waiting
// for the other end of a pipe. closeAll gives back those that were opened, also
// after an error.
func openData(paths []string, noFollow bool) (files []data, closeAll func(), err error) {
	closeAll = func() {
		for _, f := range files {
			f.Close()
		}
	}
	flags := os.O_RDONLY | unix.O_NONBLOCK
	if noFollow {
		flags |= unix.O_NOFOLLOW
	}
	for _, path := range paths {
		f, err := os.OpenFile(path, flags, 0)
		if err != nil {
			return files, closeAll, fmt.Errorf("open the data: %w", err)
		}
		st, err := f.Stat()
		if err == nil && !st.Mode().IsRegular() {
			err = fmt.Errorf("%s is not a regular file", path)
		}
		if err != nil {
			f.Close()
			return files, closeAll, fmt.Errorf("open the data: %w", err)
		}
		files = append(files, data{f, st.Size()})
	}
	return files, closeAll, nil
}

// observe asks after all files as if they were one.
func observe(files []data) (all pagecache.Observation, err error) {
	for i, f := range files {
		o, err := pagecache.Observe(f.File, f.size)
		if err != nil {
			return all, err
		}
		if i > 0 {
			o = all.Plus(o)
		}
		all = o
	}
	return all, nil
}

// prepareCache brings the files into the cache state that the trial claims.
func (w *worker) prepareCache(files []data) error {
	state := &results.CacheState{Want: w.spec.Cache}
	w.trial.Cache = state
	var err error
	switch w.spec.Cache {
	case results.Cold, results.DeviceCold, results.DropCaches:
		err = w.evict(files, state)
	case results.Cached, results.Mapped:
		var there bool
		if there, err = w.fill(files, state); there {
			return nil
		}
	default:
		return fmt.Errorf("unknown cache state %q", w.spec.Cache)
	}
	if err != nil {
		return fmt.Errorf("bring the data into the state %s: %w", w.spec.Cache, err)
	}
	w.before, err = observe(files)
	return err
}

// lookAtExtents finds out, before anything is evicted, whether the device has all
// that will be read.
func (w *worker) lookAtExtents(files []data) {
	var all extents.Map
	var names []string
	for _, f := range files {
		m := extents.Look(f.File, f.size)
		if all = all.Plus(m); m.Absent() != "" {
			names = append(names, f.Name())
		}
	}
	if text := all.Absent(); text != "" {
		w.absent = strings.Join(names, ", ") + ": " + text
		w.trial.Warnings = append(w.trial.Warnings, results.WarnSparse)
	}
}

// evict empties the page cache of the files.
func (w *worker) evict(files []data, state *results.CacheState) error {
	state.How = "fdatasync, posix_fadvise(POSIX_FADV_DONTNEED)"
	if w.spec.Cache == results.DropCaches {
		state.How += ", drop_caches"
		if err := pagecache.DropCaches(); err != nil {
			return err
		}
	}
	for _, f := range files {
		if _, err := pagecache.Cold(f.File, f.size); err != nil {
			return err
		}
	}
	if w.spec.Cache != results.DeviceCold {
		return nil
	}
	// What could not be probed is a weaker proof, and no failure.
	// One that contradicts is asked again about other blocks: noise passes, a
	// cache does not.
	for try := range uint64(probes) {
		var err error
		if w.below, err = pagecache.ProbeBelow(files[0].Name(), files[0].size, w.spec.Seed+try); err != nil {
			w.noted = err.Error()
			return nil
		}
		if !w.below.Caches() {
			break
		}
	}
	state.How += ", O_DIRECT reads and re-reads"
	state.Below = &results.Below{First: w.below.First, Again: w.below.Again, Reads: w.below.Reads}
	return nil
}

// fill brings the whole files into the page cache by reading them from start to
// end. How a file came into the cache decides how fast it can be mapped: the
// read-ahead of a sequential read makes large folios, of which one fault maps
// many pages; random faults bring in single pages. A scan of a mapping differed
// by a factor of five between the two (Linux 6.18, ext4, 256 MiB: 533 or 4,094
// faults, 10 or 45 ms). So after trials of another cache state the file is
// evicted first, and all trials find the same folios. After one of the same state
// that left every page there the file is not read again: there says that nothing was
// done, and what was observed is in w.before.
func (w *worker) fill(files []data, state *results.CacheState) (there bool, err error) {
	state.How = "read(2) from start to end"
	defer func() {
		if w.spec.Cache == results.Mapped {
			state.How += "; every page touched between setup and body"
		}
	}()
	if w.spec.Refill {
		state.How = "evicted, then " + state.How
		for _, f := range files {
			if _, err := pagecache.Cold(f.File, f.size); err != nil {
				return false, err
			}
		}
	} else {
		if w.before, err = observe(files); err != nil {
			return false, err
		}
		if w.before.Whole() {
			state.How = "read(2) from start to end before an earlier trial"
			return true, nil
		}
	}
	buf, err := memory.Buffer(1 << 20)
	if err != nil {
		return false, err
	}
	for _, f := range files {
		if _, err := pagecache.Warm(f.File, f.size, buf); err != nil {
			return false, err
		}
	}
	return false, nil
}

// judge observes the cache again and says how well the trial's state is known.
// A state that something contradicts excludes the trial.
func (w *worker) judge(files []data, touched int64) error {
	after, err := observe(files)
	if err != nil {
		return fmt.Errorf("residency after the trial: %w", err)
	}
	t, state := &w.trial, w.trial.Cache
	var thread int64
	for _, p := range t.Phases() {
		if p.Phase != nil {
			thread += 512 * p.BlocksIn
		}
	}
	state.Proof, state.Reasons = pagecache.Judge(pagecache.Evidence{
		Want: w.spec.Cache, Before: w.before, After: after, Below: w.below, NotProbed: w.noted,
		BelowUnseen: w.spec.Unseen, Absent: w.absent,
		ExpectDevice: touched, ThreadRead: &thread,
		OwnRead: t.Device.OwnRead, DeviceRead: t.Device.DeviceRead,
		HasDevice: len(w.spec.Devices) > 0, MinorFaults: t.Body.MinorFaults / int64(t.Laps),
		Bypass: w.access.Needs.Align > 0,
	})
	state.Pages = w.before.Pages
	state.Before, state.After, state.MincoreReason = w.before.Mincore, after.Mincore, w.before.MincoreReason
	state.CachestatBefore, state.CachestatAfter = w.before.Cachestat, after.Cachestat
	state.CachestatReason = w.before.CachestatReason
	if state.Proof == results.ProofFailed {
		t.Excluded = reason.Excluded(state.Want)
	}
	return nil
}
