//go:build linux && !386 && !arm

package target

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"mmapbench/internal/dataset"
	"mmapbench/internal/memory"
	"mmapbench/internal/pagecache"
	"mmapbench/internal/posix"
	"mmapbench/results"
)

const (
	calibrationFile  = "calibration"
	calibrationReads = 32
	calibrationRead  = 4096
	calibrationSyncs = 8
	directScans      = 3
)

// calibrate tries how fast the target is, roughly, so that a plan can choose
// sizes that fit its budget and say how long it will take. The figures are
// never results.
func (o *Target) calibrate() (err error) {
	defer func() { err = errors.Join(err, o.Dir.Remove(calibrationFile)) }()
	f, err := o.Dir.Create(calibrationFile)
	if err != nil {
		return fmt.Errorf("make a file to calibrate with: %w", err)
	}
	defer f.Close()
	buf, err := memory.Buffer(CalibrationBytes)
	if err != nil {
		return err
	}
	defer posix.Munmap(buf)
	dataset.Fill(buf, dataset.DefaultSeed, 0)
	c := &o.Site.Speed
	*c = results.Calibration{Target: o.Name}
	if c.DurableWrite, err = rate(func() error {
		if _, err := f.WriteAt(buf, 0); err != nil {
			return fmt.Errorf("write %d bytes to %s: %w", len(buf), f.Name(), err)
		}
		return posix.Fdatasync(int(f.Fd()))
	}); err != nil {
		return err
	}
	if c.DurableSync, err = syncTime(f, buf); err != nil {
		return err
	}
	return o.calibrateReads(f, buf)
}

// syncTime is what it takes to append a little and to make that durable, in seconds.
func syncTime(f *os.File, buf []byte) (float64, error) {
	start := time.Now()
	for i := range int64(calibrationSyncs) {
		if _, err := f.WriteAt(buf[:calibrationRead], CalibrationBytes+i*calibrationRead); err != nil {
			return 0, fmt.Errorf("append to %s: %w", f.Name(), err)
		}
		if err := posix.Fdatasync(int(f.Fd())); err != nil {
			return 0, fmt.Errorf("fdatasync %s: %w", f.Name(), err)
		}
	}
	took := time.Since(start).Seconds() / calibrationSyncs
	return took, f.Truncate(CalibrationBytes)
}

func (o *Target) calibrateReads(f *os.File, buf []byte) error {
	c := &o.Site.Speed
	cold, err := pagecache.Cold(f, CalibrationBytes)
	if err != nil {
		return err
	}
	o.unreachable(cold)
	scan := func() error {
		_, err := io.ReadFull(io.NewSectionReader(f, 0, CalibrationBytes), buf)
		return err
	}
	o.direct(f, buf)
	if c.ColdScan, err = rate(scan); err != nil {
		return err
	}
	if c.WarmScan, err = rate(scan); err != nil {
		return err
	}
	if err := o.notCached(f); err != nil {
		return err
	}
	if _, err := pagecache.Cold(f, CalibrationBytes); err != nil {
		return err
	}
	// Far apart and without read-ahead, so that every read is one access.
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_RANDOM); err != nil {
		return fmt.Errorf("posix_fadvise: %w", err)
	}
	start := time.Now()
	for i := range int64(calibrationReads) {
		at := i * 13 % calibrationReads * (CalibrationBytes / calibrationReads)
		if _, err := f.ReadAt(buf[:calibrationRead], at); err != nil {
			return err
		}
	}
	c.ColdAccess = time.Since(start).Seconds() / calibrationReads
	return nil
}

// unreachable notes the cache states that cannot be had on this target.
func (o *Target) unreachable(cold pagecache.Residency) {
	no := map[string]string{}
	o.Site.No = no
	if !pagecache.IsCold(cold) {
		reason := fmt.Sprintf("files on %s cannot be evicted from memory (%d of %d pages stayed)", o.Target.Dir,
			cold.Resident, cold.Pages)
		for _, state := range []string{results.Cold, results.DropCaches, results.DeviceCold} {
			no[state] = reason
		}
	}
	if err := mayDropCaches(); err != nil && no[results.DropCaches] == "" {
		no[results.DropCaches] = err.Error()
	}
}

// notCached notes that what is read does not stay, as on FUSE in direct mode.
// It is said only where most is gone: memory may be short for a moment.
func (o *Target) notCached(f *os.File) error {
	r, err := pagecache.Resident(f, CalibrationBytes)
	if err != nil || r.Resident > r.Pages/2 {
		return err
	}
	reason := fmt.Sprintf("files on %s do not stay in the page cache (%d of %d pages after reading them twice)",
		o.Target.Dir, r.Resident, r.Pages)
	o.Site.No[results.Cached], o.Site.No[results.Mapped] = reason, reason
	return nil
}

// direct tries how fast the device is past the page cache: the yardstick for
// cold trials, and whether device-cold can be shown at all.
func (o *Target) direct(f *os.File, buf []byte) {
	speed, err := o.directScan(f, buf)
	if err == nil {
		o.Site.Speed.DirectScan = &speed
	} else if o.Site.No[results.DeviceCold] == "" {
		o.Site.No[results.DeviceCold] = err.Error()
	}
}

// directScan reads the calibration file with O_DIRECT, which some file systems
// accept and then ignore: the file must not be in the page cache afterwards.
func (o *Target) directScan(buffered *os.File, buf []byte) (float64, error) {
	f, err := o.Dir.Reopen(buffered, unix.O_RDONLY|unix.O_DIRECT)
	if err != nil {
		return 0, fmt.Errorf("no direct reads: %w", err)
	}
	defer f.Close()
	// In one call, of which the kernel makes as many requests at once as the
	// device takes: read-ahead does the same. The best of a few, because it is
	// to be what the device can do.
	var best float64
	for range directScans {
		speed, err := rate(func() error {
			if _, err := f.ReadAt(buf, 0); err != nil {
				return fmt.Errorf("no direct reads: %w", err)
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		best = max(best, speed)
	}
	after, err := pagecache.Resident(f, CalibrationBytes)
	if err != nil {
		return 0, err
	}
	if !pagecache.IsCold(after) {
		return 0, errors.New("direct reads go through the page cache here")
	}
	return best, nil
}

// rate is CalibrationBytes over the time of f, in bytes per second.
func rate(f func() error) (float64, error) {
	start := time.Now()
	err := f()
	return CalibrationBytes / max(time.Since(start).Seconds(), 1e-9), err
}
