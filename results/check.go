package results

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"mmapbench/internal/units"
)

// Check reports what no plan has, so that whatever works on a plan need not ask:
// numbers out of bounds, and parts that do not belong together.
func (p *Plan) Check() error {
	if err := (walker{}).walk(reflect.ValueOf(p), member{}); err != nil {
		return err.in("plan")
	}
	for _, check := range []func() error{p.checkLists, p.checkNames, p.checkWays, p.checkArms, p.checkSpeeds,
		p.checkGate} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// Shown returns a copy of the plan whose text is fit to be shown.
func (p *Plan) Shown() *Plan {
	b, err := json.Marshal(p)
	shown := &Plan{}
	if err == nil {
		err = json.Unmarshal(b, shown)
	}
	if err != nil {
		panic(fmt.Sprintf("a plan is JSON: %v", err)) // it has no interface, and Check allows no infinity
	}
	Show(shown)
	return shown
}

// Speed finds the calibration of a target.
func (p *Plan) Speed(target string) (Calibration, bool) {
	for _, c := range p.Calibration {
		if c.Target == target {
			return c, true
		}
	}
	return Calibration{}, false
}

func (p *Plan) checkLists() error {
	for _, list := range []struct {
		field string
		n     int
		most  int
	}{
		{"arms", len(p.Arms), MaxArms}, {"left_out", len(p.LeftOut), MaxArms},
		{"targets", len(p.Targets), maxList}, {"commands", len(p.Commands), maxList},
		{"calibration", len(p.Calibration), maxList},
	} {
		if list.n > list.most {
			return wrong("plan."+list.field, "has %d elements: more than %d are not run", list.n, list.most)
		}
	}
	return nil
}

// checkNames refuses names that are missing or there twice.
func (p *Plan) checkNames() error {
	var targets, commands []string
	for _, t := range p.Targets {
		targets = append(targets, t.Name)
	}
	for _, c := range p.Commands {
		commands = append(commands, c.Name)
	}
	if err := checkNames("plan.targets", targets); err != nil {
		return err
	}
	return checkNames("plan.commands", commands)
}

// checkWays refuses what no command is run with.
func (p *Plan) checkWays() error {
	for i, c := range p.Commands {
		if o := c.Way.Output; o != "" && !slices.Contains(Outputs, o) {
			return wrong(fmt.Sprintf("plan.commands[%d].way.output", i), "is %q, and none of %s",
				o, strings.Join(Outputs, ", "))
		}
	}
	return nil
}

func checkNames(field string, names []string) error {
	for i, name := range names {
		switch {
		case name == "":
			return wrong(field, "has one without a name, the element %d", i)
		case len(name) > maxName:
			return wrong(field, "has a name of %d bytes", len(name))
		case slices.Contains(names[:i], name):
			return wrong(field, "has two that are called %q", name)
		}
	}
	return nil
}

func (p *Plan) checkArms() error {
	targets, commands := map[string]bool{}, map[string]bool{}
	for _, t := range p.Targets {
		targets[t.Name] = true
	}
	for _, c := range p.Commands {
		commands[c.Name] = true
	}
	for i, a := range p.Arms {
		at := func(field string) string { return "plan.arms[" + strconv.Itoa(i) + "]." + field }
		switch {
		case a.ID != i:
			return wrong(at("id"), "is %d: the id of an arm is its place, %d", a.ID, i)
		case len(a.Workload) > maxName || len(a.Backend) > maxName:
			return wrong(at("backend"), "or its workload has a name of %d bytes", max(len(a.Workload), len(a.Backend)))
		case !targets[a.Target]:
			return wrong(at("target"), "is %q: the plan has no such target", a.Target)
		case a.Workload != Exec:
			if err := a.checkNumbers(at); err != nil {
				return err
			}
		case !commands[a.Backend]:
			return wrong(at("backend"), "is %q: the plan has no such command", a.Backend)
		case a.Record != 0 || a.Bytes != 0:
			return wrong(at("bytes"), "and record are %d and %d: what a command moves is not known", a.Bytes, a.Record)
		}
	}
	return nil
}

// checkNumbers refuses numbers that no arm with accesses has, or that do not follow from
// each other.
func (a Arm) checkNumbers(at func(field string) string) error {
	for _, f := range []struct {
		name string
		n    int64
	}{{"size", a.Size}, {"record", a.Record}, {"ops", a.Ops}, {"bytes", a.Bytes}} {
		if f.n <= 0 {
			return wrong(at(f.name), "is %d: must be at least 1", f.n)
		}
	}
	if a.Record > a.Size {
		return wrong(at("record"), "is %d: the file has only %d bytes", a.Record, a.Size)
	}
	if a.Ops > MaxBytes/a.Record {
		return wrong(at("ops"), "is %d: with records of %s more than a lap can be",
			a.Ops, units.FormatSize(a.Record))
	}
	if level, _, err := ParseSync(a.Sync); err != nil || level != a.Sync || level != "" && a.Durability == "" {
		return wrong(at("sync"), "is %q: no arm has that", a.Sync)
	}
	if err := a.checkBytes(); err != "" {
		return wrong(at("bytes"), "%s", err)
	}
	return nil
}

// checkBytes says why the bytes of a lap do not follow from the arm's other numbers. An
// operation of a workload that makes its own accesses is several of them, so that its
// bytes are a multiple.
func (a Arm) checkBytes() string {
	once := a.Ops * a.Record // no more than MaxBytes
	switch writes := a.Durability != ""; {
	case a.Replays() && !writes && a.Bytes > once:
		return fmt.Sprintf("is %d: %d accesses of at most %d bytes are %d bytes", a.Bytes, a.Ops, a.Record, once)
	case a.Replays() && !writes:
	case writes && a.Bytes != a.Size:
		return fmt.Sprintf("is %d: a lap that writes is of the whole file, %d bytes", a.Bytes, a.Size)
	case !writes && a.Bytes%once != 0:
		return fmt.Sprintf("is %d: %d accesses of %d bytes are %d bytes", a.Bytes, a.Ops, a.Record, once)
	}
	return ""
}

// checkSpeeds refuses a speed so small that the time expected from it is none.
func (p *Plan) checkSpeeds() error {
	for i, c := range p.Calibration {
		if slow := min(orMost(c.ColdScan), orMost(c.WarmScan), orMost(c.DurableWrite)); slow < 1 {
			return wrong("plan.calibration["+strconv.Itoa(i)+"]", "has a speed of %v: less than a byte a second", slow)
		}
	}
	return nil
}

// orMost is a speed, or the largest where it is unknown.
func orMost(speed float64) float64 {
	if speed == 0 {
		return math.MaxFloat64
	}
	return speed
}

func (p *Plan) checkGate() error {
	if p.Gate == nil {
		return nil
	}
	if n := max(len(p.Gate.Looks), len(p.Gate.Metrics)); n > maxList {
		return wrong("plan.gate", "has %d looks or metrics", n)
	}
	for i, look := range p.Gate.Looks {
		if i > 0 && look <= p.Gate.Looks[i-1] {
			return wrong("plan.gate.looks["+strconv.Itoa(i)+"]", "is %d: not after the look before it", look)
		}
	}
	for i, a := range p.Arms {
		if !slices.Contains([]string{SideBase, SideControl, SideNew}, a.Side) {
			return wrong("plan.arms["+strconv.Itoa(i)+"].side", "is %q: no side of a gate", a.Side)
		}
	}
	return nil
}
