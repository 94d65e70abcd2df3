package results

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"mmapbench/internal/host"
	"mmapbench/internal/plain"
)

// Limits of what a run may be asked. They are far above any use, and far below
// the numbers that overflow when they are added up.
const (
	MaxRounds   = 1_000_000
	MaxArms     = 100_000
	MaxFile     = 1 << 50 // bytes of a dataset
	MaxRecord   = 1 << 30 // bytes of one access, which is held in memory
	MaxOps      = 1 << 50 // accesses of one lap
	MaxBytes    = 1 << 60 // the most bytes of one lap
	MaxDuration = 24 * time.Hour
	MaxMinTrial = 10 * time.Minute
	MaxBudget   = 366 * 24 * time.Hour
	MaxCooldown = 150 // °C
	maxList     = 1000
	maxName     = 1000 // bytes
)

// A span is what a number may be, both ends included.
type span struct{ min, max float64 }

func (s span) String() string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	return fmt.Sprintf("from %s to %s", number(s.min), number(s.max))
}

func (s span) has(f float64) bool { return f >= s.min && f <= s.max }

func (s span) refuse(shown any) *fieldError {
	return &fieldError{"", fmt.Sprintf("is %v: no run has that, only what is %v", shown, s)}
}

// spans of fields that have one of their own, by type and field.
var spans = map[string]span{
	"Plan.Rounds":              {1, MaxRounds},
	"Plan.Budget":              {0, float64(MaxBudget)},
	"Measure.MinTrial":         {0, float64(MaxMinTrial)},
	"Measure.Duration":         {0, float64(MaxDuration)},
	"Measure.ColdLaps":         {0, MaxColdLaps},
	"Measure.Cooldown":         {0, MaxCooldown},
	"Plan.Expected":            {0, math.MaxInt64},
	"Plan.ReadBytes":           {0, math.MaxInt64},
	"Plan.WriteBytes":          {0, math.MaxInt64},
	"Way.ExitCodes":            {0, 255},
	"Way.Limit":                {0, float64(MaxBudget)},
	"Gate.Looks":               {1, MaxRounds},
	"Gate.Tolerance":           {0, 100},
	"GateMetric.Tolerance":     {0, 100},
	"Calibration.ColdScan":     {0, 1e15},
	"Calibration.ColdAccess":   {0, 3600},
	"Calibration.WarmScan":     {0, 1e15},
	"Calibration.DurableWrite": {0, 1e15},
	"Calibration.DurableSync":  {0, 3600},
	"Calibration.DirectScan":   {0, 1e15},
	"Arm.ID":                   {0, MaxArms - 1},
	"Arm.Size":                 {0, MaxFile},
	"Arm.Record":               {0, MaxRecord},
	"Arm.Ops":                  {0, MaxOps},
	"Arm.Bytes":                {0, MaxBytes},
	"Trial.Round":              {0, MaxRounds - 1},
	"Trial.Arm":                {0, MaxArms - 1},
	"Trial.Temperature":        {-273.15, 1000},
}

// spanOf returns what a number of the type may be where spans says nothing: no
// measurement is negative, and none comes near to where sums overflow.
func spanOf(t reflect.Type) span {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return span{0, float64(10 * 366 * 24 * time.Hour)}
	case t.Kind() == reflect.Float64:
		return span{-1e18, 1e18}
	}
	return span{0, 1 << 60}
}

// manyLines are the fields whose text may have several: what a command or a worker
// said, and errors that name several causes.
var manyLines = map[string]bool{"TrialError.Text": true, "TrialError.Said": true,
	"TrialError.Stack": true, "Trial.Said": true, "End.Reason": true,
	"End.Said": true}

// A fieldError says which field of a line has a value that no run has.
type fieldError struct{ field, says string }

func (e *fieldError) Error() string { return strings.TrimPrefix(e.field, ".") + " " + e.says }

// in returns the error as that of a field in the named one.
func (e *fieldError) in(outer string) *fieldError {
	return &fieldError{outer + e.field, e.says}
}

func wrong(field, format string, args ...any) error {
	return &fieldError{field, fmt.Sprintf(format, args...)}
}

// clean goes through a line of a run file, which anybody may have written: it makes
// every text fit to be shown, and reports the first number that is out of bounds.
func clean(line any) error {
	if err := (walker{text: true}).walk(reflect.ValueOf(line), member{}); err != nil {
		return err
	}
	return nil
}

// Show makes every text in what v points to fit to be shown.
func Show(v any) { (walker{text: true, free: true}).walk(reflect.ValueOf(v), member{}) }

// A walker goes through a line or a part of one.
type walker struct {
	text bool // make text fit to be shown
	free bool // let numbers be what they are
}

// A member is a field of a struct, and what its value may be.
type member struct {
	index []int
	name  string // the name in JSON
	field string // the field's name in Go, with the type before it
	span  *span
	lines bool
}

func (w walker) walk(v reflect.Value, m member) *fieldError {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return w.walk(v.Elem(), m)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Counters]() {
			return w.counters(v.Addr().Interface().(*Counters))
		}
		for _, f := range membersOf(v.Type()) {
			if err := w.walk(v.FieldByIndex(f.index), f); err != nil {
				return err.in("." + f.name)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := w.walk(v.Index(i), m); err != nil {
				return err.in(fmt.Sprintf("[%d]", i))
			}
		}
	case reflect.Map:
		return w.walkMap(v, m)
	case reflect.String:
		if text := v.String(); w.text && !plain.Is(text) {
			v.SetString(m.show(text))
		}
	case reflect.Int, reflect.Int64, reflect.Float64:
		return w.number(v, m)
	}
	return nil
}

// walkMap does what walk does to the values of a map and to its keys.
func (w walker) walkMap(v reflect.Value, m member) *fieldError {
	for _, key := range v.MapKeys() {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		name := plain.Line(key.String())
		if err := w.walk(value, m); err != nil {
			return err.in("." + name)
		}
		if !w.text {
			continue
		}
		if name != key.String() {
			v.SetMapIndex(key, reflect.Value{})
		}
		v.SetMapIndex(reflect.ValueOf(name), value)
	}
	return nil
}

// plainKeys are the lists of keys, by their first, that were found to be plain: trials
// share them.
var plainKeys sync.Map

func arePlain(keys []CounterKey) bool {
	if len(keys) == 0 {
		return true
	}
	if n, ok := plainKeys.Load(&keys[0]); ok && n == len(keys) {
		return true
	}
	for _, k := range keys {
		if !plain.Is(k.Phase) || !plain.Is(k.Name) {
			return false
		}
	}
	plainKeys.Store(&keys[0], len(keys))
	return true
}

// counters does what walk does to counters. Their keys may be shared, and are never
// changed in place.
func (w walker) counters(c *Counters) *fieldError {
	s := spanOf(reflect.TypeFor[int64]())
	for i, n := range c.Values {
		if n != Unread && !w.free && !s.has(float64(n)) {
			k := c.Keys[i]
			return s.refuse(n).in("." + plain.Line(k.Name)).in("." + plain.Line(k.Phase))
		}
	}
	if !w.text || arePlain(c.Keys) {
		return nil
	}
	shown := map[string]map[string]*int64{}
	for _, k := range c.Keys {
		phase, name := plain.Line(k.Phase), plain.Line(k.Name)
		if shown[phase] == nil {
			shown[phase] = map[string]*int64{}
		}
		shown[phase][name] = c.Get(k.Phase, k.Name)
	}
	*c = CountersOf(shown)
	return nil
}

func (m member) show(text string) string {
	if m.lines {
		return plain.Text(text)
	}
	return plain.Line(text)
}

func (w walker) number(v reflect.Value, m member) *fieldError {
	s := spanOf(v.Type())
	if m.span != nil {
		s = *m.span
	}
	switch {
	case w.free:
	case v.CanInt() && !s.has(float64(v.Int())):
		return s.refuse(v.Int())
	case v.CanFloat() && !s.has(v.Float()):
		return s.refuse(v.Float())
	}
	return nil
}

var members sync.Map // type -> []member

// membersOf lists the fields of a type that a run file holds.
func membersOf(t reflect.Type) []member {
	if list, ok := members.Load(t); ok {
		return list.([]member)
	}
	var list []member
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "" {
			continue // such as the parts of a time.Time
		}
		of := t.Name() + "." + f.Name
		if n := len(f.Index); n > 1 { // the field of an embedded struct
			of = t.FieldByIndex(f.Index[:n-1]).Type.Name() + "." + f.Name
		}
		m := member{index: f.Index, name: name, field: of, lines: manyLines[of]}
		if s, ok := spans[of]; ok {
			m.span = &s
		}
		if t.PkgPath() == reflect.TypeFor[host.Facts]().PkgPath() {
			m.span = &span{math.MinInt64, math.MaxInt64} // facts, as the machine has them
		}
		list = append(list, m)
	}
	members.Store(t, list)
	return list
}
