//go:build linux

package host

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// card reads the registers of an SD card or eMMC that the kernel shows
// (Documentation/driver-api/mmc/mmc-dev-attrs.rst).
func (r *reading) card(fact, disk string) *Card {
	dev := disk + "/device/"
	fact += "."
	c := &Card{
		Type:         r.text(fact+"type", dev+"type"),
		Manufacturer: r.text(fact+"manfid", dev+"manfid"),
		OEM:          r.text(fact+"oemid", dev+"oemid"),
		Date:         r.text(fact+"date", dev+"date"),
		CID:          r.text(fact+"cid", dev+"cid"),
		Bus:          r.bus(fact+"bus", disk),
	}
	if c.Type == "MMC" {
		return c
	}
	ssr, err := r.readFile(dev + "ssr")
	if err == nil {
		var classes SDClasses
		if classes, err = parseSSR(ssr); err == nil {
			c.Classes = &classes
			return c
		}
		err = fmt.Errorf("%sssr: %w", dev, err)
	}
	r.missing(fact+"classes", err)
	return c
}

// parseSSR decodes the SD Status register as the kernel prints it: 512 bits in
// 128 hexadecimal digits, bit 511 first.
//
// The fields are SPEED_CLASS 447:440, UHS_SPEED_GRADE 399:396,
// VIDEO_SPEED_CLASS 391:384 and APP_PERF_CLASS 339:336 (SD Physical Layer
// Simplified Specification 6.00, table 4-44). Linux numbers bits in the same
// way: it takes AU_SIZE from 431:428 (mmc_read_ssr in drivers/mmc/core/sd.c).
func parseSSR(text string) (SDClasses, error) {
	reg, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(reg) != 64 {
		return SDClasses{}, fmt.Errorf("%.140q is not a register of 512 bits", text)
	}
	if strings.Trim(string(reg), "\x00") == "" { // a real one names at least its bus width
		return SDClasses{}, fmt.Errorf("the card did not give its status")
	}
	// at returns the byte whose lowest bit is the given one.
	at := func(bit int) byte { return reg[63-bit/8] }

	var c SDClasses
	switch speed := at(440); {
	case speed >= 1 && speed <= 3:
		c.Speed = fmt.Sprintf("C%d", 2*speed)
	case speed == 4:
		c.Speed = "C10"
	}
	if grade := at(392) >> 4; grade != 0 {
		c.UHS = fmt.Sprintf("U%d", grade)
	}
	if video := at(384); video != 0 {
		c.Video = fmt.Sprintf("V%d", video)
	}
	if app := at(336) & 15; app != 0 {
		c.Application = fmt.Sprintf("A%d", app)
	}
	return c, nil
}

// bus reads how the host talks to the card, from the directory in debugfs of
// the host that the card is in: …/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0.
func (r *reading) bus(fact, disk string) string {
	host, _, found := strings.Cut(filepath.Base(filepath.Dir(filepath.Dir(disk))), ":")
	if !found {
		r.missing(fact, fmt.Errorf("the path %s names no host", disk))
		return ""
	}
	path := "/sys/kernel/debug/" + host + "/ios"
	text, err := r.readFile(path)
	if err != nil {
		r.missing(fact, err)
		return ""
	}
	bus := parseIOS(text)
	if bus == "" {
		r.missing(fact, fmt.Errorf("%s is not in the form that was expected", path))
	}
	return bus
}

// parseIOS puts together timing, clock, width and voltage from lines such as
// "timing spec:	6 (sd uhs SDR104)" and "clock:		200000000 Hz".
func parseIOS(text string) string {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if _, rest, ok := strings.Cut(value, "("); ok {
			value = strings.TrimSuffix(rest, ")")
		}
		values[strings.TrimSpace(key)] = value
	}
	clock := values["actual clock"] // what the host made of the request; not every host tells
	if clock == "" {
		clock = values["clock"]
	}
	var parts []string
	if values["timing spec"] != "" {
		parts = append(parts, values["timing spec"])
	}
	if hz, err := strconv.ParseInt(strings.TrimSuffix(clock, " Hz"), 10, 64); err == nil {
		parts = append(parts, fmt.Sprintf("%g MHz", float64(hz)/1e6))
	}
	for _, key := range []string{"bus width", "signal voltage"} {
		if values[key] != "" {
			parts = append(parts, values[key])
		}
	}
	return strings.Join(parts, ", ")
}
