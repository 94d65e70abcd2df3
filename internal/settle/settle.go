// Package settle lets a machine come to rest between two trials: what was
// written reaches its device, and what is hot cools down.
//
// A trial must not pay for the one before it, and a benchmark must not wait for
// strangers. So the package waits in full for the target's own unwritten bytes, a
// little for the bytes of others, never beyond a limit, and reports what is left.
package settle

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/posix"
)

const (
	// quiet: less write-back than this on the whole host counts as idle. A log
	// may be under way, and counters that each processor keeps for itself are
	// inexact.
	quiet = 1 << 20
	// patience is for how long the bytes under write-back may fail to reach a
	// new low before others are taken to write all the time. It is longer than
	// the 250 ms for which an SDHC card may be busy with one write.
	patience = 500 * time.Millisecond
	// interval is between two looks.
	interval = 10 * time.Millisecond
)

// meminfo is where the host's dirty pages are counted.
const meminfo = "/proc/meminfo"

// Result is how a wait for write-back ended.
type Result struct {
	Waited time.Duration
	// Settled: the target's file system has written everything, and next to
	// nothing was being written elsewhere.
	Settled bool
	// Left is what was dirty or under write-back on the host at the end, in
	// bytes. Once the target's file system is clean that belongs to others,
	// and while none of it is being written it disturbs nobody.
	Left int64
}

// Settle writes everything that is dirty on the file system of an open directory
// to its device, and waits until the host writes nothing else.
//
// The rule has two steps, because the counters of /proc/meminfo are the whole
// host's, and on a shared machine never come to zero:
//
//  1. syncfs(2). It returns when the target's file system has no debt left;
//     what then still goes to its device was not ours.
//  2. Write-back under way elsewhere, perhaps to another partition of the same
//     device, is waited for until it is below 1 MiB or has not fallen for half
//     a second. Pages that are dirty and not being written are not waited for:
//     the kernel may keep them for 30 seconds, and no file system but theirs
//     could hurry them.
//
// The limit is for both. A syncfs that takes longer goes on in the background,
// since nothing can stop it, and the Result is not settled. With an error,
// nothing is known but the time it took.
func Settle(dir *os.File, limit time.Duration) (Result, error) {
	return settle(limit, func() error { return syncfs(dir) }, readMeminfo)
}

func settle(limit time.Duration, sync func() error, read func() (debt, error)) (Result, error) {
	start := time.Now()
	synced := make(chan error, 1)
	go func() { synced <- sync() }()
	done := false
	select {
	case err := <-synced:
		if err != nil {
			return Result{Waited: time.Since(start)}, err
		}
		done = true
	case <-time.After(limit):
	}
	left, drained, err := drain(limit-time.Since(start), read)
	if err != nil {
		return Result{Waited: time.Since(start)}, err
	}
	return Result{Waited: time.Since(start), Settled: done && drained, Left: left}, nil
}

func syncfs(dir *os.File) error {
	if err := posix.Retry(func() error { return unix.Syncfs(int(dir.Fd())) }); err != nil {
		// Since Linux 5.8 also an earlier failure of write-back, once.
		return fmt.Errorf("writing out the file system of %s (syncfs): %w; if this is an I/O error, data was "+
			"lost: see the kernel's log", dir.Name(), err)
	}
	return nil
}

// drain waits until next to nothing is under write-back, or it no longer falls,
// or the limit is over. It looks at least once.
func drain(limit time.Duration, read func() (debt, error)) (left int64, settled bool, err error) {
	start := time.Now()
	d, err := read()
	lowest, fell := d.writeback, start
	for err == nil && d.writeback > quiet && time.Since(start) < limit && time.Since(fell) < patience {
		time.Sleep(interval)
		d, err = read()
		if d.writeback < lowest {
			lowest, fell = d.writeback, time.Now()
		}
	}
	return d.dirty + d.writeback, err == nil && d.writeback <= quiet, err
}

// debt is what the host has yet to write, in bytes.
type debt struct {
	dirty     int64 // bytes that changed and are not yet on the way
	writeback int64 // bytes that are on the way
}

func readMeminfo() (debt, error) {
	data, err := os.ReadFile(meminfo)
	if err != nil {
		return debt{}, fmt.Errorf("looking for dirty pages: %w", err)
	}
	return parseMeminfo(string(data))
}

func parseMeminfo(text string) (d debt, err error) {
	found := 0
	for line := range strings.Lines(text) {
		var to *int64
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "Dirty":
			to = &d.dirty
		case "Writeback": // WritebackTmp is another line
			to = &d.writeback
		default:
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 44)
		if err != nil || kib < 0 {
			return debt{}, fmt.Errorf("%s has a line %.80q, which is no size", meminfo, line)
		}
		*to = kib << 10
		found++
	}
	if found != 2 {
		return debt{}, fmt.Errorf("%s does not tell Dirty and Writeback", meminfo)
	}
	return d, nil
}
