//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

func (r *reading) power(model string) Power {
	p := Power{Temperatures: r.temperatures(), Throttling: r.throttling(model)}
	p.Source, p.Battery = r.supply()
	return p
}

// supply tells whether the machine runs on its battery. Batteries of devices
// (a mouse, a headset) have the scope "Device" and do not count.
func (r *reading) supply() (source string, charge *int64) {
	onAC, onBattery := false, false
	for _, dir := range r.glob("/sys/class/power_supply/*") {
		if r.optional(dir+"/scope") == "Device" {
			continue
		}
		switch kind := r.optional(dir + "/type"); kind {
		case "Battery":
			switch r.optional(dir + "/status") {
			case "Discharging":
				onBattery = true
			case "Charging", "Full", "Not charging":
				onAC = true
			}
			if n, err := r.readNumber(dir+"/capacity", 1); err == nil && charge == nil {
				charge = &n
			}
		case "Mains", "USB", "Wireless":
			onAC = onAC || r.optional(dir+"/online") == "1"
		}
	}
	switch {
	case onBattery: // even with a charger that is too weak
		return PowerBattery, charge
	case onAC:
		return PowerAC, charge
	}
	r.missing("power.source", errors.New("nothing under /sys/class/power_supply says where the power comes from"))
	return "", charge
}

func (r *reading) temperatures() []Temperature {
	var list []Temperature
	zones := r.glob("/sys/class/thermal/thermal_zone[0-9]*")
	for _, dir := range zones {
		zone := r.optional(dir + "/type")
		n, err := r.readNumber(dir+"/temp", 1)
		if err != nil {
			r.missing("power.temperatures."+zone, err)
			continue
		}
		list = append(list, Temperature{zone, float64(n) / 1000}) // the file counts thousandths of a degree
	}
	if len(zones) == 0 {
		r.missing("power.temperatures", errors.New("there is no /sys/class/thermal/thermal_zone*"))
	}
	return list
}

// throttling asks a Raspberry Pi's firmware whether it has slowed the machine
// down. The firmware node in sysfs that holds the same bits is left alone:
// reading it makes the kernel log a warning.
func (r *reading) throttling(model string) *Throttling {
	const fact = "power.throttling"
	if !strings.Contains(model, "Raspberry Pi") {
		r.missing(fact, errors.New("only a Raspberry Pi's firmware tells"))
		return nil
	}
	err := errors.New("vcgencmd is not to be run")
	if r.Vcgencmd != nil {
		var out string
		if out, err = r.Vcgencmd(); err == nil {
			var t *Throttling
			if t, err = parseThrottled(out); err == nil {
				return t
			}
		}
	}
	for _, dir := range r.glob("/sys/class/hwmon/hwmon[0-9]*") {
		if r.optional(dir+"/name") != "rpi_volt" {
			continue
		}
		switch alarm := r.optional(dir + "/in0_lcrit_alarm"); alarm {
		case "0":
			return &Throttling{Source: "hwmon"}
		case "1":
			return &Throttling{Source: "hwmon", Now: []string{throttleBits[0]}}
		}
	}
	r.missing(fact, fmt.Errorf("%w, and no hwmon rpi_volt has an in0_lcrit_alarm", err))
	return nil
}

// throttleBits are bits 0 to 3 of the firmware's answer; bits 16 to 19 say
// that the same has occurred since boot.
var throttleBits = [4]string{"under-voltage", "frequency capped", "throttled", "soft temperature limit"}

// parseThrottled decodes the output of "vcgencmd get_throttled":
// "throttled=0x50000".
func parseThrottled(out string) (*Throttling, error) {
	value, found := strings.CutPrefix(strings.TrimSpace(out), "throttled=0x")
	bits, err := strconv.ParseUint(value, 16, 64)
	if !found || err != nil {
		return nil, fmt.Errorf("vcgencmd get_throttled printed %.80q", out)
	}
	t := &Throttling{Source: "vcgencmd"}
	for i, name := range throttleBits {
		if bits>>i&1 != 0 {
			t.Now = append(t.Now, name)
		}
		if bits>>(i+16)&1 != 0 {
			t.Past = append(t.Past, name)
		}
	}
	return t, nil
}

// runVcgencmd is the default Reader.Vcgencmd. It needs the group video. The
// firmware answers in a millisecond or, when it is stuck, never.
func runVcgencmd() (string, error) {
	path, err := exec.LookPath("vcgencmd")
	if err != nil {
		return "", errors.New("vcgencmd is not installed")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "get_throttled")
	cmd.WaitDelay = time.Second // do not wait for a pipe that a grandchild holds
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("vcgencmd get_throttled: %w", err)
	}
	return string(out), nil
}

// ReadThrottling reads that one fact, which may be asked for often. root is "/",
// or a folder with a proc and a sys for tests.
func ReadThrottling(root string) (*Throttling, error) {
	g := &reading{Reader: *NewReader(root), unknown: map[string]string{}}
	t := g.throttling(g.model())
	if t == nil {
		return nil, fmt.Errorf("throttling is not known: %s", g.unknown["power.throttling"])
	}
	return t, nil
}
