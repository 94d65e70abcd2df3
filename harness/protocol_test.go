package harness_test

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"mmapbench/harness"
	"mmapbench/results"
)

func TestWorkRefusesAnotherProtocol(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{text: `{"protocol":999999,"colour":"red"}`, want: "version 999999"},
		{text: `{"colour":"red"}`, want: "version 0"},
		{text: `{"protocol":2,"colour":"red"}`, want: `the field "colour", which`},
		{text: `{"protocol":2,"arm":{"threads":4}}`, want: `the field "arm.threads", which`},
	} {
		err := harness.Work(strings.NewReader(c.text), io.Discard, catalogue())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.text, err, c.want)
		}
	}
}

// TestOlderWorkersAreGivenWhatTheyKnow: a worker without a field gets the plans that
// do not use the field.
func TestOlderWorkersAreGivenWhatTheyKnow(t *testing.T) {
	older := harness.Speaks()
	older.Fields = slices.DeleteFunc(older.Fields,
		func(f string) bool { return f == "measure.smaps" || f == "measure.cold_laps" || f == "arm.consumer" })
	reads := results.Arm{Workload: "seqscan", Backend: "pread", Consumer: "sum"}
	appends := results.Arm{Workload: "append", Backend: "pread"}
	for _, c := range []struct {
		name, want string
		plan       results.Plan
	}{
		{name: "default", plan: results.Plan{Measure: results.Measure{Latency: "auto", MinTrial: 1},
			Arms: []results.Arm{appends}}},
		{name: "option", plan: results.Plan{Measure: results.Measure{Smaps: true}, Arms: []results.Arm{appends}},
			want: `the field "measure.smaps"`},
		{name: "cold laps", plan: results.Plan{Measure: results.Measure{ColdLaps: 2}, Arms: []results.Arm{appends}},
			want: `the field "measure.cold_laps"`},
		{name: "factor", plan: results.Plan{Arms: []results.Arm{appends, reads}}, want: `the field "arm.consumer"`},
	} {
		switch err := older.Understands(&c.plan); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		if err := harness.Speaks().Understands(&c.plan); err != nil {
			t.Errorf("%s: this program: %v", c.name, err)
		}
	}
}

// TestProtocolHasTheseFields: whoever takes a field out raises harness.Protocol. A field
// that is not in the list has omitempty, so that older workers get the plans that do
// not use the field.
func TestProtocolHasTheseFields(t *testing.T) {
	const version = 2
	want := strings.Fields(`protocol
		arm.id arm.target arm.workload arm.backend arm.size arm.record arm.ops arm.bytes arm.consumer arm.cache
		arm.durability arm.side
		measure.min_trial_ns measure.latency measure.duration_ns measure.cooldown_c measure.no_counters
		measure.phase_counters measure.smaps seed data_seed every op_time_ns examine
		folder data out rehearsal rehearsal_size refill devices no_device unseen settle
		command way.shell way.output way.exit_codes way.limit_ns way.prepare way.conclude files`)
	s := harness.Speaks()
	for _, f := range want {
		if s.Version != version || !slices.Contains(s.Fields, f) {
			t.Errorf("version %d of the protocol has no field %s, which version %d has", s.Version, f, version)
		}
	}
	zero, err := json.Marshal(harness.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Fields {
		name := f[strings.LastIndex(f, ".")+1:]
		if !slices.Contains(want, f) && strings.Contains(string(zero), `"`+name+`"`) {
			t.Errorf("the field %s is new in the protocol, and has no omitempty", f)
		}
	}
}
