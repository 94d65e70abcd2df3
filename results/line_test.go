package results

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A trial with all that one may have, as Writer writes it.
const fullTrial = `{"type":"trial","round":1,"arm":4,"started":"2026-11-25T10:55:37.002625024Z","laps":2,` +
	`"setup":{"wall_ns":2486688,"user_ns":1456000,"system_ns":1258000,"minor_faults":0,"major_faults":0,` +
	`"voluntary_switches":0,"involuntary_switches":0,"blocks_in":0,"blocks_out":0},` +
	`"body":{"wall_ns":12686640,"user_ns":9955000,"system_ns":2428000,"minor_faults":128,"major_faults":0,` +
	`"voluntary_switches":0,"involuntary_switches":2,"blocks_in":0,"blocks_out":0},"sync":null,"teardown":null,` +
	`"cache":{"want":"cold","how":"fadvise","proof":"weak","reason":"ü <b>","pages":256,"resident_before":null,` +
	`"resident_after":256,"cachestat_before":1,"cachestat_after":null,"below":{"first_ns":1,"again_ns":2,"reads":3}},` +
	`"device":{"names":["mmcblk0"],"own_read":0,"own_write":null,"device_read":0,"device_write":7,` +
	`"reason":{"own_write":"why"}},` +
	`"latency":{"every":23,"clock_ns":395.632,"count":90,"p50_ns":3537,"p90_ns":29919,"p99_ns":59967,"p999_ns":71776,` +
	`"max_ns":71776,"histogram":"HISTFAAAAJV42g=="},"series":[{"elapsed_ns":1,"ops":2,"bytes":3,"minor_faults":4,` +
	`"major_faults":5,"device_read":6,"device_write":null,"shootdowns":7}],` +
	`"counters":{"body":{"io.rchar":0,"perf.cycles":null},"setup":{"io.rchar":12}},` +
	`"counter_reasons":{"perf.cycles":"gone"},` +
	`"check":{"ok":true,"got":"6f","want":"6f"},"settle_ns":21155344,"cooldown_ns":3,` +
	`"prepare_ns":54447440,"verify_ns":12340912,` +
	`"temperature_c":41.5,"said":"two\nlines","leftovers":[{"pid":4,"name":"x","runs":true}],"warnings":["hot"],` +
	`"excluded":"not cold: 3 pages","error":{"kind":"command","text":"a\nb","stack":"c"}}`

// agree wants a line decoded fast to be what encoding/json makes of it.
func agree(t *testing.T, d *decoder, line []byte) {
	t.Helper()
	fast, fastErr := d.line(line)
	slow, slowErr := slowLine(line)
	if (fastErr == nil) != (slowErr == nil) || fastErr != nil && fastErr.Error() != slowErr.Error() {
		t.Fatalf("%s\nfast: %v\nslow: %v", line, fastErr, slowErr)
	}
	if diff := cmp.Diff(slow, fast); diff != "" {
		t.Fatalf("%s\n(-slow +fast):\n%s", line, diff)
	}
	skips := newDecoder()
	skips.noCounters = true
	short, err := skips.line(line)
	if slowErr != nil {
		return // skipped counters may be what is wrong
	}
	for _, trial := range []any{slow, short} {
		if trial, ok := trial.(*Trial); ok {
			trial.Counters = Counters{}
		}
	}
	if diff := cmp.Diff(slow, short); err != nil || diff != "" {
		t.Fatalf("%s\nwithout counters: %v\n(-slow +fast):\n%s", line, err, diff)
	}
}

// TestTheFastWayAgrees changes every part of a line in ways that other writers may
// know, and some that none should.
func TestTheFastWayAgrees(t *testing.T) {
	d := newDecoder()
	agree(t, d, []byte(fullTrial))
	if got, err := d.line([]byte(fullTrial)); err != nil || len(d.layouts) != 1 ||
		len(got.(*Trial).Counters.Keys) != 3 {
		t.Errorf("%+v, %v: the line was not decoded the fast way", got, err)
	}
	texts := []string{"", " ", "0", "-", "9", "null", `"x"`, "{}", "1e3", "\\u0007", "\u202e", "\xff", "A"}
	for at := range fullTrial {
		with := texts[at%len(texts)]
		agree(t, d, []byte(fullTrial[:at]+with+fullTrial[at:]))
		agree(t, d, []byte(fullTrial[:at]+with+fullTrial[at+1:]))
		agree(t, d, []byte(fullTrial[:at]))
	}
	for _, change := range [][2]string{
		{`"laps":2`, `"LAPS":2`}, {`"laps":2`, `"laps":1,"laps":2`}, {`"laps":2`, `"laps":null`},
		{`"laps":2`, `"laps":2.0`},
		{`"laps":2`, `"laps":2,"later":{"x":[1]}`}, {`"laps":2`, `"laps":99999999999999999999`}, {`"hot"`, `"\ud800"`},
		{`{"body":{`, `{"body":{},"lap":{`}, {`"io.rchar":0,`, `"io.rchar":0,"io.rchar":1,`},
		{`"io.rchar":0`, `"io.rchar":-1`},
		{`{"body":{"io.rchar":0,"perf.cycles":null}`, `{"body":null`}, {`"setup":{"io.rchar":12}`, `"a":{"b":-0}`},
		{`"io.rchar":0`, `"io.rchar":-9223372036854775808`}, {`"counters":{`, `"counters":{"z":{"a":1},`},
		{`"started":"2026-11-25T10:55:37.002625024Z"`, `"started":"2026-11-25 10:55:37"`},
		{`"settle_ns":21155344`, `"settle_ns":"1s"`}, {`"io.rchar":0`, `"}":0`}, {`"io.rchar":0`, `"{":0`},
		{`{"body":{"io.rchar":0,"perf.cycles":null},"setup":{"io.rchar":12}}`, `null`},
	} {
		line := strings.Replace(fullTrial, change[0], change[1], 1)
		if line == fullTrial {
			t.Errorf("%s is not in the line", change[0])
		}
		agree(t, d, []byte(line))
	}
}

func FuzzLine(f *testing.F) {
	f.Add([]byte(fullTrial))
	f.Add([]byte(`{"type":"trial","round":0}`))
	f.Add([]byte(`{"type":"end","status":"complete"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.ContainsRune(line, '\n') {
			return
		}
		d := newDecoder()
		agree(t, d, line)
		agree(t, d, line) // the layout is known
	})
}
