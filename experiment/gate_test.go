package experiment_test

import (
	"slices"
	"strings"
	"testing"

	"mmapbench/experiment"
	"mmapbench/results"
	"mmapbench/schedule"
	"mmapbench/target"
)

// gate builds one, with the given text as its work.
func gate(t *testing.T, text string, g results.Gate, sites ...target.Site) *results.Plan {
	t.Helper()
	p, err := tryGate(t, text, g, sites...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func tryGate(t *testing.T, text string, g results.Gate, sites ...target.Site) (*results.Plan, error) {
	t.Helper()
	g.Looks = []int{2, 4}
	e := load(t, text)
	e.Gate = &g
	return experiment.Build(e, catalogue(), sites)
}

// shared is what the sides of a gate have in common, and what not.
func shared(a results.Arm, factor string) (key results.Arm, level string) {
	key = a
	key.ID, key.Side = 0, ""
	switch factor {
	case results.GateTarget:
		level, key.Target = a.Target, ""
	case results.GateBackend, results.GateExec:
		level, key.Backend = a.Backend, ""
	}
	return key, level
}

// triples checks that the arms come in threes that share all but the factor.
func triples(t *testing.T, p *results.Plan, want int) {
	t.Helper()
	if len(p.Arms) != 3*want {
		t.Fatalf("%d arms, want %d of each side: %+v, left out %v", len(p.Arms), want, p.Arms, p.LeftOut)
	}
	for i := 0; i < len(p.Arms); i += 3 {
		base, control, fresh := p.Arms[i], p.Arms[i+1], p.Arms[i+2]
		kb, lb := shared(base, p.Gate.Factor)
		kc, lc := shared(control, p.Gate.Factor)
		kn, _ := shared(fresh, p.Gate.Factor)
		if kb != kc || kb != kn || lb != lc || base.Side != results.SideBase || control.Side != results.SideControl ||
			fresh.Side != results.SideNew || base.ID != i {
			t.Errorf("arms %+v\n%+v\n%+v", base, control, fresh)
		}
	}
}

const gateWork = "size='16M'\nrecord='64k'\nworkload=['seqscan','random']\ncache=['cold','cached']\nops='all'\n"

func TestGateOfBinaries(t *testing.T) {
	p := gate(t, gateWork+"backend=['pread','mmap']", results.Gate{Factor: results.GateBinary, Base: "/a",
		New: "/b"}, fast)
	triples(t, p, 8)
	one := build(t, gateWork+"backend=['pread','mmap']", fast)
	// The file is brought back into the cache once a round, whatever the sides.
	if p.ReadBytes < 2*one.ReadBytes || p.ReadBytes > 3*one.ReadBytes {
		t.Errorf("reads %d bytes, at most three times %d", p.ReadBytes, one.ReadBytes)
	}
}

func TestGateOfBackends(t *testing.T) {
	p := gate(t, gateWork+"backend='read'", results.Gate{Factor: results.GateBackend, Base: "pread",
		New: "mmap:populate"}, fast)
	triples(t, p, 4)
	if p.Arms[0].Backend != "pread" || p.Arms[2].Backend != "mmap:populate" {
		t.Errorf("sides %q and %q", p.Arms[0].Backend, p.Arms[2].Backend)
	}
	// What one side cannot do is left out and named.
	p = gate(t, "size='16M'\nrecord='64k'\nworkload=['seqscan','append']\ncache='cached'",
		results.Gate{Factor: results.GateBackend, Base: "pread", New: "mmap:private"}, fast)
	triples(t, p, 1)
	if !slices.ContainsFunc(p.LeftOut, func(l results.LeftOut) bool { return strings.HasPrefix(l.Arm, "append") }) {
		t.Errorf("left out %v, want append", p.LeftOut)
	}
	if _, err := tryGate(t, "size='16M'\nworkload='append'", results.Gate{Factor: results.GateBackend, Base: "pread",
		New: "mmap:private"}, fast); err == nil {
		t.Error("a gate with nothing to compare was planned")
	}
}

func TestGateOfTargets(t *testing.T) {
	base, fresh := fast, fast
	base.Name, fresh.Name = results.SideBase, results.SideNew
	base.Dir, fresh.Dir = "/a", "/b"
	fresh.Speed.ColdAccess *= 1000 // would lead to fewer accesses
	p := gate(t, "size='16M'\nworkload='random'\nbackend='pread'\ncache='cold'",
		results.Gate{Factor: results.GateTarget, Base: "/a", New: "/b"}, base, fresh)
	triples(t, p, 1)
	if p.Arms[0].Target != results.SideBase || p.Arms[2].Target != results.SideNew || p.Arms[0].Ops != p.Arms[2].Ops {
		t.Errorf("arms %+v", p.Arms)
	}
}

func TestGateOfCommands(t *testing.T) {
	e := &experiment.Experiment{Name: "exec", Commands: []results.Command{{Name: results.SideBase, Line: "true"},
		{Name: results.SideNew, Line: "false"}}}
	e.Gate = &results.Gate{Factor: results.GateExec, Base: "true", New: "false"}
	p, err := experiment.Build(e, catalogue(), nil)
	if err != nil {
		t.Fatal(err)
	}
	triples(t, p, 1)
	for i, want := range []string{"true", "true", "false"} {
		if c, err := p.CommandOf(p.Arms[i]); err != nil || c.Line != want {
			t.Errorf("arm %d runs %q, %v; want %q", i, c.Line, err, want)
		}
	}
}

// TestGateOrder: every arm once a round, the sides of one piece of work next to
// each other, each side at each place as often, and the cache states together.
func TestGateOrder(t *testing.T) {
	p := gate(t, gateWork+"backend=['pread','mmap']", results.Gate{Factor: results.GateBinary, Base: "/a",
		New: "/b"}, fast)
	places := map[string]int{}
	for round := range 12 {
		order := schedule.Order(p, round)
		if got := slices.Sorted(slices.Values(order)); len(got) != len(p.Arms) || got[0] != 0 ||
			len(slices.Compact(got)) != len(p.Arms) {
			t.Fatalf("round %d: %v", round, order)
		}
		changes := 0
		for i := 0; i < len(order); i += 3 {
			first, _ := shared(p.Arms[order[i]], p.Gate.Factor)
			for k := range 3 {
				a := p.Arms[order[i+k]]
				if key, _ := shared(a, p.Gate.Factor); key != first {
					t.Fatalf("round %d: %+v beside %+v", round, a, first)
				}
				places[a.Side+string(rune('0'+k))]++
			}
			if i > 0 && p.Arms[order[i]].Cache != p.Arms[order[i-1]].Cache {
				changes++
			}
		}
		if changes != 1 {
			t.Errorf("round %d changes the cache state %d times", round, changes)
		}
	}
	for place, n := range places {
		if n != 12*8/3 {
			t.Errorf("%s comes %d times, want %d", place, n, 12*8/3)
		}
	}
}
