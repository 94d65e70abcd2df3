package harness

import (
	"time"

	"mmapbench/internal/counters"
	"mmapbench/internal/reason"
	"mmapbench/results"
)

// deviceCounters are those of a results.DeviceIO, in the order of its fields.
var deviceCounters = []string{counters.IOReadBytes, counters.IOWriteBytes, counters.DiskReadBytes,
	counters.DiskWriteBytes}

// hostCounters are those of a results.Others that are of the whole host.
var hostCounters = []string{counters.Pressure, counters.Stolen, counters.Wanted}

// A window is what counters showed before the timed laps began. The thread's own wait
// is read last before them and first after them, so that it does not contain the
// reading of the others.
type window struct{ device, host, thread counters.Sample }

func open(m *counters.Set) (w window) {
	w.device, w.host = m.Sample(deviceCounters...), m.Sample(hostCounters...)
	w.thread = m.Sample(counters.Waited)
	return w
}

// close writes what was counted since the window was opened into the trial.
func (w window) close(m *counters.Set, t *results.Trial, devices []string) {
	waited := m.Sample(counters.Waited).Since(w.thread)
	device, host := m.Sample(deviceCounters...).Since(w.device), m.Sample(hostCounters...).Since(w.host)
	t.Device = deviceIO(devices, device)
	t.Others = othersOf(waited[0], host)
}

// othersOf puts what counters gained into the form of the run file.
func othersOf(waited counters.Change, host []counters.Change) *results.Others {
	o := &results.Others{Reasons: map[string]reason.Reason{}}
	for _, c := range []struct {
		name string
		into **time.Duration
		counters.Change
		unit time.Duration
	}{
		{"waited_ns", &o.Waited, waited, time.Nanosecond},
		{"pressure_ns", &o.Pressure, host[0], time.Microsecond},
		{"stolen_ns", &o.Stolen, host[1], results.StealTick},
		{"wanted_ns", &o.Wanted, host[2], results.StealTick},
	} {
		if c.N == nil {
			o.Reasons[c.name] = reason.Reason{Code: reason.NotCounted, Detail: c.Reason}
			continue
		}
		*c.into = new(time.Duration(*c.N) * c.unit)
	}
	return o
}

// deviceIO puts what deviceCounters gained into the form of the run file.
func deviceIO(devices []string, gained []counters.Change) *results.DeviceIO {
	io := &results.DeviceIO{Names: devices, OwnRead: gained[0].N, OwnWrite: gained[1].N,
		DeviceRead: gained[2].N, DeviceWrite: gained[3].N, Reason: map[string]string{}}
	for i, field := range []string{"own_read", "own_write", "device_read", "device_write"} {
		if gained[i].N == nil {
			io.Reason[field] = gained[i].Reason
		}
	}
	return io
}
