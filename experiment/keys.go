package experiment

import (
	"fmt"
	"reflect"
	"time"

	"mmapbench/results"
)

// A key is what an experiment file may hold at its top: a field of Experiment that has
// a name for it, a measuring option, the list of a factor, or the grids.
type key struct {
	name string
	kind reflect.Type
	set  func(e *Experiment, value reflect.Value)
}

// gridKey is the key of the tables that hold factors alone.
const gridKey = "grid"

// topKeys lists the keys at the top of a file.
func topKeys() (keys []key) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Experiment]()) {
		if name := f.Tag.Get("toml"); name != "" {
			keys = append(keys, key{name, f.Type, func(e *Experiment, v reflect.Value) {
				reflect.ValueOf(e).Elem().FieldByIndex(f.Index).Set(v)
			}})
		}
	}
	for _, o := range results.Options {
		field := func(e *Experiment) reflect.Value { return reflect.ValueOf(o.Field(&e.Measure)).Elem() }
		kind := field(&Experiment{}).Type()
		if kind == reflect.TypeFor[time.Duration]() {
			kind = reflect.TypeFor[Duration]()
		}
		keys = append(keys, key{o.Key, kind, func(e *Experiment, v reflect.Value) {
			field(e).Set(v.Convert(field(e).Type()))
		}})
	}
	keys = append(keys, gridKeys()...)
	return append(keys, key{gridKey, reflect.SliceOf(structOf(gridKeys())), func(e *Experiment, v reflect.Value) {
		for i := range v.Len() {
			g := Experiment{}
			fill(&g, gridKeys(), v.Index(i))
			e.Grid = append(e.Grid, g.Factors)
		}
	}})
}

// gridKeys lists the keys of a grid.
func gridKeys() (keys []key) {
	for _, f := range results.Listed() {
		keys = append(keys, key{f.Key, reflect.TypeFor[List](), func(e *Experiment, v reflect.Value) {
			if e.Factors == nil {
				e.Factors = Factors{}
			}
			e.Factors[f.Key] = v.Interface().(List)
		}})
	}
	return keys
}

// structOf is a type that the decoder can fill: a struct with a field for each key.
func structOf(keys []key) reflect.Type {
	var fields []reflect.StructField
	for i, k := range keys {
		tag := reflect.StructTag(fmt.Sprintf("toml:%q", k.name))
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("Key%d", i), Type: k.kind, Tag: tag})
	}
	return reflect.StructOf(fields)
}

// fill takes over the values of such a struct.
func fill(e *Experiment, keys []key, values reflect.Value) {
	for i, k := range keys {
		if v := values.Field(i); !v.IsZero() {
			k.set(e, v)
		}
	}
}
