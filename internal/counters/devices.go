package counters

import "errors"

// The names under which DeviceBytes.Reason speaks of its fields, which are
// those of the run file.
const (
	fieldOwnRead  = "own_read"
	fieldOwnWrite = "own_write"
	fieldRead     = "device_read"
	fieldWrite    = "device_write"
)

// Devices reads what went to and from block devices. It is made to be read
// once a second while a trial runs: two files, no more.
type Devices struct {
	disk, own             *textSource // nil: see below
	diskReason, ownReason string
}

// DeviceBytes are bytes since the machine or the process started, or since
// another reading. What could not be read is nil.
type DeviceBytes struct {
	// OwnRead and OwnWrite were caused by this process (/proc/self/io). Reads
	// for a mapping and read-ahead are in it; writes count when a page is
	// dirtied, whether or not it was written to the device since.
	OwnRead, OwnWrite *int64
	// Read and Write are the devices', for everybody (/proc/diskstats).
	Read, Write *int64
	// Reason says by own_read, own_write, device_read, device_write, why one is nil.
	Reason map[string]string
}

// OpenDevices opens the accounts of devices, by the kernel's names of whole
// ones, and of this process. Stacked devices count again what those below them
// do: name the lowest only. Where there are none (tmpfs, a network), why says
// so. root is "/", or a folder with a proc for tests. It never fails: what is
// missing has its reason in each reading.
func OpenDevices(root string, names []string, why string) *Devices {
	d := &Devices{diskReason: why}
	disk, err := diskText(root, names)
	switch {
	case err == nil:
		d.disk = disk
	case len(names) > 0 || why == "":
		d.diskReason = err.Error()
	}
	own, err := openText(root, ioPath, true)
	if err != nil {
		d.ownReason = hint(err, noIO)
		return d
	}
	d.own = &textSource{own, keyed(ioRows)}
	return d
}

// Read returns the bytes so far.
func (d *Devices) Read() DeviceBytes {
	b := DeviceBytes{Reason: map[string]string{}}
	own, why := sample(d.own, ioPlaces, d.ownReason)
	b.OwnRead = b.value(fieldOwnRead, own[ioReadBytes], why)
	b.OwnWrite = b.value(fieldOwnWrite, own[ioWriteBytes], why)
	disk, why := sample(d.disk, diskPlaces, d.diskReason)
	b.Read = b.value(fieldRead, disk[diskReadBytes], why)
	b.Write = b.value(fieldWrite, disk[diskWriteBytes], why)
	return b
}

// Since returns the bytes since an earlier reading.
func (d *Devices) Since(base DeviceBytes) DeviceBytes { return d.Read().Minus(base) }

// Close gives the files back.
func (d *Devices) Close() error {
	var errs []error
	for _, s := range []*textSource{d.own, d.disk} {
		if s != nil {
			errs = append(errs, s.close())
		}
	}
	d.own, d.disk = nil, nil
	d.ownReason, d.diskReason = "closed", "closed"
	return errors.Join(errs...)
}

// sample reads a source. Values that are absent are so because of why.
func sample(s *textSource, places int, without string) (v []int64, why string) {
	v = make([]int64, places)
	none(v)
	if s == nil {
		return v, without
	}
	if err := s.end(v); err != nil {
		return v, err.Error()
	}
	return v, "no such value in " + s.path
}

func (b *DeviceBytes) value(field string, v int64, why string) *int64 {
	if v == absent {
		b.Reason[field] = why
		return nil
	}
	return &v
}

// Minus takes an earlier reading off. The process's own account never goes
// backwards; that of a device does when it is taken away and comes back.
func (b DeviceBytes) Minus(base DeviceBytes) DeviceBytes {
	d := DeviceBytes{Reason: map[string]string{}}
	anew := smaller(b.Read, base.Read) || smaller(b.Write, base.Write)
	less := func(field string, now, before *int64, anew bool) *int64 {
		switch {
		case now == nil:
			return d.value(field, absent, b.Reason[field])
		case before == nil:
			return d.value(field, absent, base.Reason[field])
		case anew:
			return d.value(field, absent, errBackwards.Error())
		}
		return d.value(field, *now-*before, "")
	}
	d.OwnRead = less(fieldOwnRead, b.OwnRead, base.OwnRead, false)
	d.OwnWrite = less(fieldOwnWrite, b.OwnWrite, base.OwnWrite, false)
	d.Read = less(fieldRead, b.Read, base.Read, anew)
	d.Write = less(fieldWrite, b.Write, base.Write, anew)
	return d
}

func smaller(a, b *int64) bool { return a != nil && b != nil && *a < *b }
